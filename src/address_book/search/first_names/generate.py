#!/usr/bin/env python3
"""Writes forms.txt, the table of first names, from own.txt and three packages of PyPI.

    pip download --no-deps --no-binary rigour rigour==2.6.1     (only its archive is needed)
    pip download --no-deps nicknames==1.0.1 faker==40.63.0
    python3 generate.py FOLDER_OF_THE_ARCHIVES

The table's format is described in first_names.rs.
"""

import ast
import csv
import difflib
import glob
import io
import pathlib
import re
import sys
import tarfile
import unicodedata
import zipfile
from collections import Counter, defaultdict

HERE = pathlib.Path(__file__).parent
APOSTROPHES = "'’ʼ`´‘"
SOURCES = """\
# own.txt: written for this project, MIT.
# rigour 2.6.1, rust/data/names/person_names.txt: names of Wikidata (CC0) in many languages; the package is MIT.
# nicknames 1.0.1, names.csv (github.com/carltonnorthern/nicknames): English short forms, Apache-2.0.
# Faker 40.63.0, lists of first names by country, MIT: decides which names of Wikidata are common first names."""

# Pairs of the published English list that are two names, or are not in use.
LEFT_OUT = {
    ("marie", "mitzi"), ("mary", "mitzi"), ("robert", "hob"), ("charles", "chick"), ("henry", "hence"),
    ("alexandria", "alexander"), ("delores", "della"), ("jean", "jacob"), ("virginia", "jane"), ("prescott", "scott"),
}
# The fewest letters of a short form; a shorter form is often found by chance.
TOO_SHORT = 2


# Reading.

def form(text):
    """A form as the search compares it, or None if it is not a single word without digits."""
    text = unicodedata.normalize("NFC", text.strip().lower())
    text = "".join(c for c in text if c not in APOSTROPHES)
    text = re.sub("[\u0610-\u061a\u064b-\u0652\u0670\u05b0-\u05c7]", "", text)
    # Stress marks, and ties between the letters of a transliteration.
    text = re.sub("[\u0301\u0361]", "", text)
    if not text or not all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in text):
        return None
    return text if not any(c.isdigit() for c in text) else None


def plain(text):
    return text.replace("ё", "е")


def script(text):
    return unicodedata.name(text[0], "OTHER").split(" ")[0].replace("KATAKANA", "KANA").replace("HIRAGANA", "KANA")


def read_own():
    families, rows, language = [], [], ("none", "")
    for line in (HERE / "own.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("="):
            families.append(forms_of(line[1:]))
        elif line.startswith("@"):
            language = tuple((line[1:].split() + [""])[:2])
        else:
            full, short = line.split(":")
            expanded, _, as_they_are = short.partition(";") if ";" in short or language[0] != "none" else ("", "", short)
            rows.append((forms_of(full), expanded.split(), forms_of(as_they_are), language))
    return families, rows


def forms_of(text):
    return [f for f in map(form, text.split()) if f]


def read_nicknames(folder):
    text = member(folder, "nicknames-*.whl", "nicknames/names.csv")
    for row in csv.DictReader(io.StringIO(text)):
        one, other = form(row["name1"]), form(row["name2"])
        if one and other and (one, other) not in LEFT_OUT:
            yield one, other


def read_wikidata(folder):
    for line in member(folder, "rigour-*.tar.gz", "/person_names.txt").splitlines():
        yield [f for f in map(form, line.partition(" => ")[0].split(",")) if f]


def read_first_names(folder):
    """The first names in Faker's lists, each with the number of lists that have it."""
    names = Counter()
    with zipfile.ZipFile(archive(folder, "[Ff]aker-*.whl")) as wheel:
        for path in wheel.namelist():
            if not re.fullmatch(r"faker/providers/person/\w+/__init__\.py", path):
                continue
            found = set()
            for node in ast.walk(ast.parse(wheel.read(path))):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").startswith("first_name"):
                    words = (n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))
                    found |= {form(w) for w in words if isinstance(w, str)}
            names.update(found - {None})
    return names


def archive(folder, pattern):
    return sorted(glob.glob(f"{folder}/{pattern}"))[-1]


def member(folder, pattern, name):
    path = archive(folder, pattern)
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(name).decode("utf-8")
    with tarfile.open(path) as sdist:
        path = next(path for path in sdist.getnames() if path.endswith(name))
        return sdist.extractfile(path).read().decode("utf-8")


# Affectionate forms by their suffixes.

def expanded(short, language, gender):
    if language == "pl":
        return polish(short.rstrip("-"), gender)
    if short[-1] not in "ая":
        return [short, *([short + "ко"] if language == "uk" and gender == "m" else [])]
    if language == "uk":
        suffixes = ["ка", "очка", "уся", "уня"] if short[-1] == "а" else ["ька", "ечка", "юся", "юня"]
        return [short, *(short[:-1] + suffix for suffix in suffixes)]
    return [short, *russian(short[:-1], short[-1], gender)]


def russian(stem, vowel, gender):
    his = gender == "m"
    if vowel == "я" and stem[-1] in "аеиоуыэюя":
        suffixes = ["йка", "ечка", "юша", "юшка"]
    elif vowel == "я":
        suffixes = ["ька", "енька", "ечка", "юша", "юшка", "юха", "юня"] + (["ик", "ян", "ёк"] if his else ["юся"])
    elif stem[-1] in "шжчщ":
        suffixes = ["ка", "енька", "ечка", "уля", "уня", "ута"] + (["ок", "ик"] if his else ["уся"])
    elif stem[-1] in "кгх":
        suffixes = ["уля", "уся", "уша"]
    else:
        suffixes = ["ка", "очка", "уля", "уся", "уша", "уня"] + (["ик", "ок", "он", "ян", "ан"] if his else [])
    return [stem + suffix for suffix in suffixes]


def polish(stem, gender):
    suffixes = ["ek", "uś", "eczek"] if gender == "m" else ["ka", "unia", "usia", "cia", "eczka", "uś"]
    if gender == "m" and stem[-1] in "zsn":
        suffixes += ["io", "iu", "ik"]
    soft = {"ś": "si", "ź": "zi", "ć": "ci", "ń": "ni"}
    softened = stem[:-1] + soft[stem[-1]] if stem[-1] in soft else stem
    return [(stem if s[0] in "kc" else softened) + s.removeprefix("i" if softened[-1] == "i" else "-") for s in suffixes]


# Names of Wikidata.

CYRILLIC = dict(zip("абвгґдеёєжзиіїйклмнопрстуўфхцчшщъыьэюя", (
    "a b v g g d e e e zh z i i i i k l m n o p r s t u u f kh ts ch sh sh  y  e yu ya").split(" ")))


def latin(text):
    text = "".join(CYRILLIC.get(c, c) for c in text)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def is_spelling_of(one, other, least):
    """True if both are spelt alike and of one gender: Martin is not Martina."""
    one, other = latin(one), latin(other)
    return (one[-1] == "a") == (other[-1] == "a") and difflib.SequenceMatcher(None, one, other).ratio() >= least


OTHER_SCRIPTS = ("GREEK", "ARABIC", "HEBREW", "GEORGIAN", "ARMENIAN", "HANGUL", "KANA", "CJK", "DEVANAGARI")


def sound(text):
    """Nearly the sounds that the search compares across scripts."""
    return re.sub(r"(.)\1", r"\1", latin(text).replace("j", "i").replace("y", "i").replace("w", "v"))


def from_wikidata(name, rows, known, sounds, most):
    """The name in other alphabets, and its other spellings, except spellings that are other names."""
    found, count = [], Counter()
    # The row with the most alphabets is the first name itself; other rows are rarer names that are spelt alike.
    rows = sorted(rows, key=lambda row: (-len({script(f) for f in row}), -len(row)))[:2]
    for other in (f for row in rows for f in row if f != name):
        kind = script(other)
        if other in known or other in found or len(other) < 2 or count[kind] >= most.get(kind, 0):
            continue
        if kind in ("LATIN", "CYRILLIC"):
            is_another = sound(other) in sounds and sound(other) != sound(name)
            if is_another or not is_spelling_of(name, other, 0.75 if kind == "LATIN" else 0.6):
                continue
        found.append(other)
        count[kind] += 1
    return found


# The table.

class Table:
    def __init__(self, families):
        self.families = [dict.fromkeys(family) for family in families]
        self.of_full = defaultdict(list)
        for number, family in enumerate(self.families):
            for name in family:
                self.of_full[name].append(number)
        self.rows = defaultdict(list)

    def family(self, names):
        """The families of these full forms; a new family if there is none."""
        numbers = sorted({n for name in names for n in self.of_full[name]})
        if not numbers:
            numbers = [len(self.families)]
            self.families.append({})
        for number in numbers:
            for name in names:
                if number not in self.of_full[name] and not self.of_full[name]:
                    self.of_full[name].append(number)
                if number in self.of_full[name]:
                    self.families[number][name] = None
        return numbers

    def add(self, full, short):
        for number in self.family(full):
            self.rows[number].append((list(full), list(dict.fromkeys(short))))

    def lines(self):
        for number, family in enumerate(self.families):
            rows = self.merged(self.rows[number])
            in_rows = {f for full, _ in rows for f in full}
            alone = sorted(f for f in family if f not in in_rows)
            parts = [" ".join(alone)] if alone else []
            parts += sorted(f"{' '.join(sorted(full))}: {' '.join(sorted(set(short) - set(full)))}" for full, short in rows)
            if len(alone) > 1 or rows:
                yield " | ".join(parts)

    @staticmethod
    def merged(rows):
        """Rows of the same full forms are one."""
        merged = {}
        for full, short in rows:
            merged.setdefault(tuple(sorted(full)), []).extend(short)
        return [(list(full), short) for full, short in merged.items()]


def main(folder):
    families, own_rows = read_own()
    first_names = read_first_names(folder)
    table = Table(families)
    own_full = {f for family in families for f in family} | {f for full, *_ in own_rows for f in full}
    own_short = {f for _, _, short, _ in own_rows for f in short}
    own_short |= {form(s) for _, short, _, _ in own_rows for s in short if not s.endswith("-")}
    names = {plain(name) for name in own_full | {name for name in first_names if len(name) > 3}}
    for full, short, as_they_are, (language, gender) in own_rows:
        by_rule = {form(f) for s in short for f in expanded(s, language, gender)}
        written = {form(s) for s in short if not s.endswith("-")} | set(as_they_are)
        forms = written | {f for f in by_rule if len(f) > 3 and plain(f) not in names}
        table.add(full, sorted(f for f in forms if len(f) >= TOO_SHORT))

    edges = list(read_nicknames(folder))
    nicknames_of = Counter(one for one, _ in edges)
    both_ways = set(edges)
    english = defaultdict(list)
    for one, other in edges:
        is_reverse = (other, one) in both_ways and len(other) > len(one)
        is_name = other in own_full and other not in own_short
        is_name_too = other not in own_short and nicknames_of[other] >= 3
        if not (is_reverse or is_name or is_name_too or one in own_short - own_full or len(other) < TOO_SHORT):
            english[one].append(other)
    for one, short in english.items():
        table.add([one], short)

    by_form = defaultdict(list)
    rows = list(read_wikidata(folder))
    for row in rows:
        for name in row:
            by_form[name].append(row)
    known = own_full | own_short
    sounds = {sound(name) for name in known}
    few = dict.fromkeys(OTHER_SCRIPTS, 1) | {"CJK": 2, "ARABIC": 2, "KANA": 2, "LATIN": 2, "CYRILLIC": 2}
    for number, family in enumerate(table.families):
        for name in list(family):
            if script(name) in ("LATIN", "CYRILLIC") and (first_names[name] or name in own_full):
                for other in from_wikidata(name, by_form[name], known, sounds, few):
                    family[other] = None
    # Common first names in at least two scripts that have no forms so far.
    taken = {f for family in table.families for f in family} | own_short
    new = defaultdict(list)
    for row in rows:
        seeds = sorted((f for f in row if first_names[f]), key=lambda f: (-first_names[f], f))
        seeds_latin = [f for f in seeds if script(f) == "LATIN" and f not in taken and len(f) > 2]
        if seeds_latin and (first_names[seeds_latin[0]] >= 3 or len({script(f) for f in seeds}) > 1):
            new[seeds_latin[0]].append(row)
    for name, of_name in sorted(new.items()):
        if name not in taken:
            others = from_wikidata(name, of_name, known | taken, sounds, dict.fromkeys(few, 1))
            taken |= {name, *others}
            if any(script(other) in OTHER_SCRIPTS for other in others):
                table.families.append(dict.fromkeys([name, *others]))
    lines = sorted(set(table.lines()))
    head = f"""\
# Forms of first names. Written by generate.py; change own.txt or that script, not this file.
#
# Sources:
{SOURCES}
#
# Each line is one name in all languages: `full forms | full forms: short forms | ...`. A short form belongs to the full
# forms before its colon.
"""
    (HERE / "forms.txt").write_text(head + "".join(line + "\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

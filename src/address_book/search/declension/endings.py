"""Writes endings.tsv: the endings of declined Russian and Ukrainian names, and the endings of their nominatives.

    pip download --no-deps pytrovich==0.2.0 shevchenko==1.0.0
    python3 endings.py pytrovich-*.whl shevchenko-*.whl > endings.tsv

Both packages are MIT: the Russian rules are petrovich-rules (https://github.com/petrovich/petrovich-rules), the
Ukrainian ones those of shevchenko-js (https://github.com/tooleks/shevchenko-js). A rule describes how words with an ending
decline. This script applies each rule to the rule's own examples and writes a row for each change: the ending of the
declined word, the ending of the nominative, and the cases in which a man's and a woman's name changes in this way.
"""

import collections
import json
import re
import sys
import zipfile

RUSSIAN = "pytrovich/petrovich-rules/rules.json"
UKRAINIAN = "shevchenko/word_declension/rules/artifacts/declension-rules.json"
CASES = {
    "genitive": "g",
    "dative": "d",
    "accusative": "a",
    "ablative": "i",
    "locative": "l",
    "vocative": "v",
}
# Forms that are missing in the rules: the longer instrumental (Анною), the Russian locative of some stems (Бобке, Пне),
# and consonants that change in the vocative (козаче).
OTHERS = [
    ("ою", "а", "mw", "i"),
    ("ою", "ая", "w", "i"),
    ("ею", "ая", "w", "i"),
    ("ею", "яя", "w", "i"),
    ("ке", "ок", "m", "l"),
    ("не", "ень", "m", "l"),
    ("ле", "ель", "m", "l"),
    ("же", "г", "m", "v"),
    ("че", "к", "m", "v"),
    ("че", "ець", "m", "v"),
]


def read(wheel, path):
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(archive.read(path))


def russian(rules):
    """Nominatives and declined words by petrovich-rules: `--ой` takes two letters away."""
    genders = {"male": "m", "female": "w", "androgynous": "mw"}
    for kind in rules.values():
        for rule in kind["exceptions"] + kind["suffixes"]:
            for ending in rule["test"]:
                # A rule changes only the last letters of the stem, so any stem will do.
                word = "***" + ending
                for case, change in zip("gdail", rule["mods"]):
                    if change == ".":
                        continue
                    added = change.lstrip("-")
                    kept = word[: len(word) - (len(change) - len(added))]
                    yield word, kept + added, genders[rule["gender"]], case


def ukrainian(rules):
    """Nominatives and declined words by shevchenko-js: groups of a pattern are replaced, or get an ending."""
    for rule in rules:
        pattern = re.compile(rule["pattern"]["modify"])
        genders = "".join({"masculine": "m", "feminine": "w"}[gender] for gender in rule["gender"])
        for word in rule["examples"]:
            match = pattern.search(word)
            for case, letter in CASES.items():
                for change in rule["grammaticalCases"].get(case, []):
                    groups = list(match.groups(""))
                    for number, command in change.items():
                        kept = groups[int(number)] if command["action"] == "append" else ""
                        groups[int(number)] = kept + command["value"]
                    yield word, word[: match.start()] + "".join(groups) + word[match.end() :], genders, letter


def plain(word):
    return word.replace("ё", "е").replace("'", "")


def change(word, declined):
    """The endings of both words, from the first letter that differs. A nominative that ends in a vowel keeps that vowel in
    its ending."""
    word, declined = plain(word), plain(declined)
    same = 0
    while word[same : same + 1] == declined[same : same + 1] != "":
        same += 1
    if word[same:] == "" and word[-1] in "аеиоуыэюяіїє":
        same -= 1
    return declined[same:], word[same:]


def main(petrovich, shevchenko):
    rows = collections.defaultdict(set)
    changes = [*russian(read(petrovich, RUSSIAN)), *ukrainian(read(shevchenko, UKRAINIAN))]
    for word, declined, genders, case in changes:
        rows[change(word, declined)].update((gender, case) for gender in genders)
    for declined, nominative, genders, case in OTHERS:
        rows[declined, nominative].update((gender, case) for gender in genders)
    print("# Made by endings.py from petrovich-rules and shevchenko-js, both MIT. Declined, nominative, men's cases, women's:")
    print("# genitive, dative, accusative, instrumental, locative, vocative.")
    for (declined, nominative), forms in sorted(rows.items()):
        if declined != nominative:
            cases = ["".join(case for case in "gdailv" if (gender, case) in forms) for gender in "mw"]
            print("\t".join([declined, nominative, *cases]))


main(*sys.argv[1:])

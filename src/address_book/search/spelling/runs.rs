//! Splits Chinese, Japanese and Korean names that are written without a space between surname and given name. Pure.
//!
//! A contact's name is split where its surname most likely ends. A question may be a surname alone, so it is read in
//! every way: as it was typed, as one word, and split after each letter. One of these readings always has the same
//! words as the contact.

use unicode_script::{Script, UnicodeScript};

/// The most letters of a name.
const LONGEST: usize = 6;

/// Surnames of two letters. Other surnames count as one letter, or as two letters in a Chinese or Japanese name of
/// four.
const LONG_SURNAMES: &[&str] = &[
    "欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "东方", "東方", "皇甫", "尉迟", "尉遲", "公孙", "公孫",
    "慕容", "令狐", "司徒", "夏侯", "长孙", "長孫", "宇文", "轩辕", "軒轅", "端木", "南宫", "南宮", "独孤", "獨孤",
    "남궁", "황보", "제갈", "사공", "선우", "독고", "서문",
];

/// The words of a contact's name; a single word that is a whole name is split into surname and given name.
pub(in crate::address_book::search) fn taken_apart(words: Vec<String>) -> Vec<String> {
    let [name] = words.as_slice() else { return words };
    let border = match letters(name) {
        Some(letters) => border(name, &letters),
        None => return words,
    };
    match border.and_then(|border| name.split_at_checked(border)) {
        Some((surname, given)) => vec![surname.to_owned(), given.to_owned()],
        None => words,
    }
}

/// The other readings of a question's words: split after each letter, and as one word.
pub(in crate::address_book::search) fn other_readings(words: &[String]) -> Vec<Vec<String>> {
    let name = words.concat();
    let Some(letters) = letters(&name).filter(|_| words.len() <= 2) else {
        return Vec::new();
    };
    let borders = letters
        .iter()
        .skip(1)
        .filter_map(|(border, _)| name.split_at_checked(*border));
    let apart = borders.map(|(surname, given)| vec![surname.to_owned(), given.to_owned()]);
    let readings = apart.chain([vec![name.clone()]]);
    readings.filter(|reading| reading != words).collect()
}

/// The letters of a name, each with the byte where it begins; `None` if the name is too short, too long, or not
/// Chinese, Japanese or Korean.
fn letters(name: &str) -> Option<Vec<(usize, char)>> {
    let is_of = |c: char| {
        matches!(
            c.script(),
            Script::Han | Script::Hangul | Script::Hiragana | Script::Katakana
        )
    };
    let letters: Vec<(usize, char)> = name.char_indices().take(LONGEST + 1).collect();
    let is_name = (2..=LONGEST).contains(&letters.len()) && letters.iter().all(|(_, c)| is_of(*c));
    (is_name
        && letters
            .iter()
            .any(|(_, c)| matches!(c.script(), Script::Han | Script::Hangul)))
    .then_some(letters)
}

/// The byte where the surname of a name most likely ends.
fn border(name: &str, letters: &[(usize, char)]) -> Option<usize> {
    let is_kana = |c: char| matches!(c.script(), Script::Hiragana | Script::Katakana);
    let first_kana = letters.iter().find(|(_, c)| is_kana(*c));
    let surname = match (letters, first_kana) {
        (_, Some((border, _))) => return (*border > 0).then_some(*border),
        _ if LONG_SURNAMES.iter().any(|surname| name.starts_with(surname)) => 2,
        ([_, _] | [_, _, _], _) => 1,
        ([(_, first), _, _, _], _) if first.script() == Script::Han => 2,
        ([_, _, _, _], _) => 1,
        _ => return None,
    };
    letters.get(surname).map(|(border, _)| *border)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_space_is_split_where_the_surname_ends() {
        for (name, expected) in [
            ("祖坤", "祖 坤"),
            ("王小明", "王 小明"),
            ("欧阳修", "欧阳 修"),
            ("田中太郎", "田中 太郎"),
            ("松田さゆり", "松田 さゆり"),
            ("김민수", "김 민수"),
            ("남궁민", "남궁 민"),
            ("佐々木花子", "佐々木花子"),
            ("さゆり", "さゆり"),
            ("王", "王"),
            ("Klein", "Klein"),
        ] {
            assert_eq!(taken_apart(vec![name.to_owned()]).join(" "), expected);
        }
    }

    #[test]
    fn a_question_is_read_in_every_way() {
        let read = |words: &str| {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            other_readings(&words)
                .iter()
                .map(|words| words.join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(read("田中"), ["田 中"]);
        assert_eq!(read("하 미경"), ["하미 경", "하미경"]);
        assert_eq!(read("Anna Klein"), Vec::<String>::new());
        assert_eq!(read("株式会社東京銀行"), Vec::<String>::new());
    }
}

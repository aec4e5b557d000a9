//! Writes words of scripts other than Latin and Cyrillic in Latin letters, as passports and the press do. Pure.
//!
//! The tables follow those of Unicode's CLDR (`common/transforms`, Unicode License v3), without the marks that nobody
//! types. Where people write names otherwise than the table, a word has a second reading. Chinese characters are read
//! in Mandarin, by the crate `pinyin`. Arabic and Hebrew leave vowels out. In their readings `w` may be a vowel, `ḥ`
//! stands for h, ch or kh, and `ẓ` stands for d or z.

use std::sync::LazyLock;

use pinyin::ToPinyin;
use unicode_script::Script;

use super::letters::plain;
use super::scheme::replaced;

/// Pairs of letters and their replacement. The longer of two entries that begin alike comes first.
type Table = LazyLock<Vec<(&'static str, &'static str)>>;

/// Reads a table, in which each entry is letters and then their replacement; `-` is an empty replacement.
fn table(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut words = text.split_whitespace();
    let mut pairs = Vec::new();
    while let (Some(letter), Some(others)) = (words.next(), words.next()) {
        pairs.push((letter, if others == "-" { "" } else { others }));
    }
    pairs
}

/// Greek, as passports write it.
static GREEK: Table = LazyLock::new(|| {
    table(
        "γγ ng γξ nx γχ nch αυ av ευ ev ου ou α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s
         ς s τ t υ y φ f χ ch ψ ps ω o",
    )
});

/// Greek, as it is spoken: some pairs of vowels are one sound, and some pairs of consonants are b, d or g.
static SPOKEN_GREEK: Table =
    LazyLock::new(|| table("ου u αι e ει i οι i υι i μπ b ντ d γκ g γγ g γι yi γε ye αυ af ευ ef χ h"));

static GEORGIAN: Table = LazyLock::new(|| {
    table(
        "ა a ბ b გ g დ d ე e ვ v ზ z თ t ი i კ k ლ l მ m ნ n ო o პ p ჟ zh რ r ს s ტ t უ u ფ p ქ k ღ gh ყ q შ sh ჩ ch
         ც ts ძ dz წ ts ჭ ch ხ kh ჯ j ჰ h",
    )
});

static ARMENIAN: Table = LazyLock::new(|| {
    table(
        "ու u և ev եւ ev ա a բ b գ g դ d ե e զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ ch մ m յ y ն n
         շ sh ո o չ ch պ p ջ j ռ r ս s վ v տ t ր r ց ts ւ v փ p ք k օ o ֆ f",
    )
});

static HEBREW: Table = LazyLock::new(|| {
    table(
        "א a ב b ג g ד d ה h ו w ז z ח ḥ ט t י y כ k ך k ל l מ m ם m נ n ן n ס s ע a פ p ף p צ ts ץ ts ק k ר r ש sh
         ת t",
    )
});

/// Arabic, with the letters that Persian and Urdu add.
static ARABIC: Table = LazyLock::new(|| {
    table(
        "ا a ب b پ p ت t ٹ t ث th ج j چ ch ح h خ kh د d ڈ d ذ ẓ ر r ڑ r ز z ژ zh س s ش sh ص s ض ẓ ط t ظ ẓ ع a غ gh
         ف f ڤ v ق q ک k گ g ل l م m ن n ں n ه h و w ی y ے y ء -",
    )
});

/// Devanagari; nine other scripts of India have the same letters in the same places.
static INDIC: Table = LazyLock::new(|| {
    table(
        "क़ q ख़ kh ग़ gh ज़ z ड़ r ढ़ rh फ़ f य़ y 
         अ a आ a इ i ई i उ u ऊ u ऋ ri ऍ e ऎ e ए e ऐ ai ऑ o ऒ o ओ o औ au ा a ि i ी i ु u ू u ृ ri ॅ e ॆ e े e ै ai ॉ o
         ॊ o ो o ौ au ं n ँ n ः h ् - क k ख kh ग g घ gh ङ n च ch छ chh ज j झ jh ञ n ट t ठ th ड d ढ dh ण n त t थ th
         द d ध dh न n ऩ n प p फ f ब b भ bh म m य y र r ऱ r ल l ळ l ऴ l व v श sh ष sh स s ह h",
    )
});

static KANA: Table = LazyLock::new(|| {
    table(
        "きゃ kya きゅ kyu きょ kyo しゃ sha しゅ shu しょ sho ちゃ cha ちゅ chu ちょ cho にゃ nya にゅ nyu にょ nyo ひゃ hya
         ひゅ hyu ひょ hyo みゃ mya みゅ myu みょ myo りゃ rya りゅ ryu りょ ryo ぎゃ gya ぎゅ gyu ぎょ gyo じゃ ja じゅ ju じょ jo
         びゃ bya びゅ byu びょ byo ふぁ fa ふぃ fi ふぇ fe ふぉ fo てぃ ti でぃ di しぇ she じぇ je ちぇ che うぃ wi うぇ we うぉ wo
         あ a い i う u え e お o か ka き ki く ku け ke こ ko さ sa し shi す su せ se そ so た ta ち chi つ tsu て te と to な na
         に ni ぬ nu ね ne の no は ha ひ hi ふ fu へ he ほ ho ま ma み mi む mu め me も mo や ya ゆ yu よ yo ら ra り ri る ru
         れ re ろ ro わ wa を o ん n が ga ぎ gi ぐ gu げ ge ご go ざ za じ ji ず zu ぜ ze ぞ zo だ da ぢ ji づ zu で de ど do
         ば ba び bi ぶ bu べ be ぼ bo ぱ pa ぴ pi ぷ pu ぺ pe ぽ po ゔ v っ - ー - ぁ a ぃ i ぅ u ぇ e ぉ o ゃ ya ゅ yu ょ yo",
    )
});

/// The first consonants of Hangul syllables in the order of Unicode: in the official romanization, and as people write
/// names. [`VOWELS`], in the same two ways, and [`FINALS`] are the other parts of a syllable.
static INITIALS: LazyLock<[Vec<&str>; 2]> = LazyLock::new(|| {
    [
        "g kk n d tt r m b pp s ss - j jj ch k t p h",
        "k k n t t r m p p s s - j j ch k t p h",
    ]
    .map(|text| text.split(' ').collect())
});
static VOWELS: LazyLock<[Vec<&str>; 2]> = LazyLock::new(|| {
    [
        "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
        "a ae ya yae u e yu ye o wa wae oe yo oo wo we wi yu eu ui i",
    ]
    .map(|text| text.split(' ').collect())
});
static FINALS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "- k k ks n nj n t l k m l l l p l m p p t t ng t t k t p t"
        .split(' ')
        .collect()
});

/// Korean surnames as people write them in Latin letters, which often differs from both romanizations.
static KOREAN_SURNAMES: Table = LazyLock::new(|| {
    table(
        "김 kim 이 lee 이 yi 이 rhee 박 park 박 pak 최 choi 정 jung 정 chung 정 jeong 강 kang 조 cho 조 jo 윤 yoon 장 jang 장 chang
         임 lim 임 im 한 han 오 oh 서 seo 신 shin 권 kwon 황 hwang 안 ahn 송 song 류 ryu 류 yoo 유 yoo 유 yu 홍 hong
         전 jun 전 chun 고 ko 고 koh 문 moon 손 sohn 손 son 양 yang 배 bae 배 pae 백 baek 백 paik 허 hur 허 huh 노 noh 노 roh
         남 nam 심 shim 하 ha 주 joo 주 chu 구 koo 구 ku 곽 kwak 성 sung 차 cha 우 woo 민 min 진 jin 나 na 라 ra 지 ji 엄 um
         원 won 천 chun 방 bang 공 kong 현 hyun 함 ham 변 byun 염 yum 여 yeo 추 choo 도 do 소 so 석 suk 선 sun 설 sul 마 ma
         길 gil 연 yun 위 wi 표 pyo 명 myung 기 ki 반 ban 왕 wang 금 keum 옥 ok 육 yook 인 in 맹 maeng 제 je 모 mo 탁 tak
         국 kook 어 uh 은 eun 편 pyun 용 yong",
    )
});

/// The readings of a word in lower case, in Latin letters; none for Latin, Cyrillic and unknown scripts.
pub(super) fn readings(lower: &str, script: Script) -> Vec<String> {
    let plain = plain(lower);
    let by = |table: &Table| vec![replaced(&plain, table)];
    match script {
        Script::Greek => vec![
            replaced(&plain, &GREEK),
            replaced(&replaced(&plain, &SPOKEN_GREEK), &GREEK),
        ],
        Script::Georgian => by(&GEORGIAN),
        Script::Armenian => armenian(&plain),
        Script::Hebrew => by(&HEBREW),
        Script::Arabic => by(&ARABIC),
        Script::Hangul => hangul(lower),
        Script::Han => japanese_or_chinese(lower),
        Script::Devanagari
        | Script::Bengali
        | Script::Gurmukhi
        | Script::Gujarati
        | Script::Oriya
        | Script::Tamil
        | Script::Telugu
        | Script::Kannada
        | Script::Malayalam => vec![indic(lower)],
        _ => Vec::new(),
    }
}

/// True for Arabic and Hebrew, which leave vowels out.
pub(super) fn has_no_vowels(script: Script) -> bool {
    matches!(script, Script::Arabic | Script::Hebrew)
}

/// The readings of an Armenian word. At the beginning, ե may also be ye, and ո may be vo.
fn armenian(plain: &str) -> Vec<String> {
    let reading = replaced(plain, &ARMENIAN);
    let glide = match plain.chars().next() {
        Some('ե') if !plain.starts_with("եւ") => Some("y"),
        Some('ո') if !plain.starts_with("ու") => Some("v"),
        _ => None,
    };
    let with_glide = glide.map(|glide| format!("{glide}{reading}"));
    [reading].into_iter().chain(with_glide).collect()
}

/// The reading of a word in a script of India. A consonant has an a after it, unless a vowel, a virama or the end of
/// the word follows.
fn indic(lower: &str) -> String {
    const FIRST: u32 = 0x900;
    const LETTERS: u32 = 0x80;
    const NUKTA: char = '\u{93c}';
    let in_devanagari = |c: char| match u32::from(c) {
        code @ 0x900..=0xd7f => char::from_u32(FIRST + (code - FIRST) % LETTERS).unwrap_or(c),
        _ => c,
    };
    let mut letters = lower.chars().map(in_devanagari).peekable();
    let mut reading = String::new();
    while let Some(letter) = letters.next() {
        let nukta = letters.next_if_eq(&NUKTA);
        let with_nukta: String = [letter].into_iter().chain(nukta).collect();
        reading.push_str(&replaced(&with_nukta, &INDIC));
        let is_vowel = |next: &char| matches!(next, '\u{93e}'..='\u{94d}' | '\u{955}'..='\u{957}');
        if matches!(letter, 'क'..='ह') && letters.peek().is_some_and(|next| !is_vowel(next)) {
            reading.push('a');
        }
    }
    reading
}

/// The readings of a Hangul word: in both romanizations, and as people write it as a surname.
fn hangul(lower: &str) -> Vec<String> {
    const FIRST: u32 = 0xac00;
    const VOWELS_AND_FINALS: u32 = 21 * 28;
    let read = |by: usize| {
        let mut reading = String::new();
        for c in lower.chars() {
            let Some(code) = u32::from(c).checked_sub(FIRST) else {
                continue;
            };
            let part = |parts: &Vec<&'static str>, at: u32| parts.get(at as usize).copied().unwrap_or_default();
            let initial = INITIALS.get(by).map(|parts| part(parts, code / VOWELS_AND_FINALS));
            let vowel_of = |by| VOWELS.get(by).map(|parts| part(parts, code % VOWELS_AND_FINALS / 28));
            // 정 may be Jung, but 서, without a final consonant, is never Su.
            let is_open = code % 28 == 0 && matches!(vowel_of(by), Some("u" | "yu"));
            let vowel = vowel_of(if is_open { 0 } else { by });
            let parts = [initial, vowel, Some(part(&FINALS, code % 28))];
            reading.extend(parts.into_iter().flatten().filter(|part| *part != "-"));
        }
        reading
    };
    let mut readings = vec![read(0), read(1)];
    let surname = KOREAN_SURNAMES.iter().filter(|(surname, _)| *surname == lower);
    readings.extend(surname.map(|(_, reading)| (*reading).to_owned()));
    readings
}

/// The readings of a Chinese or Japanese word: kana by their sounds, Chinese characters in Mandarin. In a word with
/// kana, a long o or u is written with or without its second letter.
fn japanese_or_chinese(lower: &str) -> Vec<String> {
    let hiragana = |c: char| match u32::from(c) {
        code @ 0x30a1..=0x30f6 => char::from_u32(code - 0x60).unwrap_or(c),
        _ => c,
    };
    let kana: String = lower.chars().map(hiragana).collect();
    let mut reading = String::new();
    for c in replaced(&kana, &KANA).chars() {
        match c.to_pinyin() {
            Some(sound) => reading.push_str(&sound.plain().replace('ü', "u")),
            None => reading.push(c),
        }
    }
    let short = reading.replace("ou", "o").replace("oo", "o").replace("uu", "u");
    let has_long = kana.contains(|c| matches!(c, 'ぁ'..='ゔ')) && short != reading;
    [reading].into_iter().chain(has_long.then_some(short)).collect()
}

//! Replaces letters by a scheme of transliteration. Pure.

/// Pairs of letters and their replacement. The longer of two entries that begin alike comes first.
pub(super) type Scheme = &'static [(&'static str, &'static str)];

/// Pairs that belong to every scheme.
const EVERYWHERE: Scheme = &[("x", "ks"), ("w", "v"), ("y", "i"), ("j", "i")];

/// The text transliterated by `scheme` and [`EVERYWHERE`]; letters that are in neither stay.
pub(super) fn transcribed(text: &str, scheme: Scheme) -> String {
    by_pairs(text, [scheme, EVERYWHERE])
}

/// The text with letters replaced, at each place by the first pair that fits.
pub(super) fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    by_pairs(text, [pairs, &[]])
}

fn by_pairs(text: &str, pairs: [&[(&str, &str)]; 2]) -> String {
    let mut replaced = String::with_capacity(text.len());
    // The first bytes of all pairs, as a set; some bytes share a bit.
    let bit = |letters: &str| letters.bytes().next().map_or(0, |byte| 1_u64 << (byte % 64));
    let firsts = pairs
        .iter()
        .copied()
        .flatten()
        .fold(0, |set, (letters, _)| set | bit(letters));
    let mut rest = text;
    'letters: while let Some(first) = rest.chars().next() {
        let begins_so = |letters: &str| letters.as_bytes().first() == rest.as_bytes().first();
        let may_begin = firsts & bit(rest) != 0;
        for (letters, others) in pairs.iter().copied().flatten().take_while(|_| may_begin) {
            if begins_so(letters)
                && let Some(after) = rest.strip_prefix(letters)
            {
                replaced.push_str(others);
                rest = after;
                continue 'letters;
            }
        }
        replaced.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    replaced
}

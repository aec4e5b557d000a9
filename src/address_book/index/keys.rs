//! Tables that find items by number or by the hash of a key, and the keys of words. Pure.
//!
//! A word is found by its keys: its spelling, a part of its spelling, its consonants, or a group of first names.

/// Items in numbered groups, one group after another.
#[derive(Debug, Default)]
pub(super) struct Groups<T> {
    /// Where the items of each group begin, and where the last group ends.
    starts: Box<[u32]>,
    items: Box<[T]>,
}

impl<T: Copy + Default> Groups<T> {
    /// Groups items by the number beside them; the numbers are below `count`.
    pub(super) fn new(count: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> Self {
        let mut ends = vec![0_u32; count + 1];
        for (group, _) in pairs.clone() {
            if let Some(count) = ends.get_mut(group as usize) {
                *count += 1;
            }
        }
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end;
        }
        // Each item goes before its group's end, and the end moves down by one: after the last item it is the start.
        let mut items = vec![T::default(); end as usize];
        for (group, item) in pairs {
            if let Some(end) = ends.get_mut(group as usize)
                && let Some(place) = items.get_mut(end.saturating_sub(1) as usize)
            {
                *end -= 1;
                *place = item;
            }
        }
        Self {
            starts: ends.into_boxed_slice(),
            items: items.into_boxed_slice(),
        }
    }

    /// The items of a group, those added last first.
    pub(super) fn get(&self, group: u32) -> &[T] {
        let at = group as usize;
        let (Some(start), Some(end)) = (self.starts.get(at), self.starts.get(at + 1)) else {
            return &[];
        };
        self.items.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// Items by the hashes of their keys. A look-up also returns items with other hashes, so the caller has to compare.
#[derive(Debug, Default)]
pub(super) struct KeyTable<T> {
    buckets: Groups<T>,
    shift: u32,
}

/// Items of a bucket, on average.
const IN_A_BUCKET: usize = 3;

impl<T: Copy + Default> KeyTable<T> {
    /// Stores pairs of a key's hash and an item.
    pub(super) fn new(pairs: &[(u32, T)]) -> Self {
        let count = (pairs.len() / IN_A_BUCKET).next_power_of_two();
        let shift = u32::BITS - count.trailing_zeros();
        let pairs = pairs.iter().map(|(hash, item)| (bucket(*hash, shift), *item));
        Self {
            buckets: Groups::new(count, pairs),
            shift,
        }
    }

    /// The items with this hash, and a few with other hashes.
    pub(super) fn get(&self, hash: u32) -> &[T] {
        self.buckets.get(bucket(hash, self.shift))
    }
}

fn bucket(hash: u32, shift: u32) -> u32 {
    hash.checked_shr(shift).unwrap_or_default()
}

/// The part of a word that a key is made of. Equal letters in keys of different kinds have different hashes.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyKind {
    /// A whole text, or a whole spelling with or without one of its letters.
    Whole,
    /// The first letters of a spelling.
    Beginning,
    /// The first half of a spelling, with or without one of its letters.
    FirstHalf,
    /// The last half of a spelling, with or without one of its letters.
    LastHalf,
    /// The consonants of a word.
    Consonants,
    /// The number of a group of first names.
    FirstName,
}

/// The hash of a key.
pub(super) fn hash(kind: KeyKind, letters: impl IntoIterator<Item = impl Into<u64>>) -> u32 {
    let add = |hash: u64, value: u64| (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let hash = letters.into_iter().map(Into::into).fold(add(0, kind as u64 + 1), add);
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// The hash of a whole text, such as an address.
pub(super) fn text_hash(text: &str) -> u32 {
    hash(KeyKind::Whole, text.chars())
}

/// Adds the hashes of `letters` without one letter, for each letter.
pub(super) fn without_one(kind: KeyKind, letters: &[char], add: &mut impl FnMut(u32)) {
    for left_out in 0..letters.len() {
        // Leaving out the second of two equal letters makes the same key.
        if left_out > 0 && letters.get(left_out) == letters.get(left_out - 1) {
            continue;
        }
        add(hash(kind, without(letters, left_out)));
    }
}

/// The letters without the one at `left_out`.
pub(super) fn without(letters: &[char], left_out: usize) -> impl Iterator<Item = char> {
    let letters = letters.iter().enumerate().filter(move |(at, _)| *at != left_out);
    letters.map(|(_, letter)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_their_hashes() {
        for count in [0, 1, 2, 3, 100, 5_000] {
            let entries: Vec<(u32, u32)> = (0..count)
                .map(|number| (hash(KeyKind::Whole, number.to_string().chars()), number))
                .collect();
            let table = KeyTable::new(&entries);
            assert!(entries.iter().all(|(hash, number)| table.get(*hash).contains(number)));
            let found: usize = entries.iter().map(|(hash, _)| table.get(*hash).len()).sum();
            assert!(found <= 12 * entries.len(), "{found} for {count}");
        }
    }
}

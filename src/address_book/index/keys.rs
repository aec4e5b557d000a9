//! Small tables from hashes to numbers, and the hashes of parts of words. Pure.

/// Numbers in groups, one group after another.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Where the numbers of each group begin, and where the last ends.
    starts: Box<[u32]>,
    numbers: Box<[u32]>,
}

impl Groups {
    /// Groups the numbers of pairs of a group and a number; groups are below `count`.
    pub(super) fn new(count: usize, entries: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut ends = vec![0_u32; count + 1];
        for (group, _) in entries.clone() {
            if let Some(count) = ends.get_mut(group as usize) {
                *count += 1;
            }
        }
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end;
        }
        // Each group is filled from its end, so that the ends become the starts.
        let mut numbers = vec![0; end as usize];
        for (group, number) in entries {
            if let Some(end) = ends.get_mut(group as usize)
                && let Some(place) = numbers.get_mut(end.saturating_sub(1) as usize)
            {
                *end -= 1;
                *place = number;
            }
        }
        Self {
            starts: ends.into_boxed_slice(),
            numbers: numbers.into_boxed_slice(),
        }
    }

    /// The numbers of a group, those that came last first.
    pub(super) fn get(&self, group: u32) -> &[u32] {
        let at = group as usize;
        let (Some(start), Some(end)) = (self.starts.get(at), self.starts.get(at + 1)) else {
            return &[];
        };
        self.numbers.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// Numbers by the hashes of what they are found by. A hash brings a few others too: the caller compares.
#[derive(Debug, Default)]
pub(super) struct Keys {
    buckets: Groups,
    shift: u32,
}

/// Numbers of a bucket, on average.
const IN_A_BUCKET: usize = 3;

impl Keys {
    /// Stores pairs of a hash and a number.
    pub(super) fn new(entries: &[(u32, u32)]) -> Self {
        let count = (entries.len() / IN_A_BUCKET).next_power_of_two();
        let shift = u32::BITS - count.trailing_zeros();
        let entries = entries.iter().map(|(hash, number)| (bucket(*hash, shift), *number));
        Self {
            buckets: Groups::new(count, entries),
            shift,
        }
    }

    /// The numbers that have this hash, and a few that have not.
    pub(super) fn get(&self, hash: u32) -> &[u32] {
        self.buckets.get(bucket(hash, self.shift))
    }
}

fn bucket(hash: u32, shift: u32) -> u32 {
    hash.checked_shr(shift).unwrap_or_default()
}

/// Which part of a word a hash is of, so that equal letters of different parts have different hashes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// All of it, maybe without a letter.
    Whole,
    /// Its first letters.
    Beginning,
    /// Its first half, maybe without a letter.
    FirstHalf,
    /// Its last half, maybe without a letter.
    LastHalf,
    /// Its consonants.
    Consonants,
    /// The number of a group of first names.
    FirstName,
}

/// The hash of a part of a word, or of what stands for it.
pub(super) fn hash(part: Part, letters: impl IntoIterator<Item = impl Into<u64>>) -> u32 {
    let add = |hash: u64, value: u64| (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let hash = letters.into_iter().map(Into::into).fold(add(0, part as u64 + 1), add);
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// The hashes of a part of a word and of it without each one of its letters.
pub(super) fn without_one(part: Part, letters: &[char], add: &mut impl FnMut(u32)) {
    for left_out in 0..letters.len() {
        // Without one of two equal letters is the same.
        if left_out > 0 && letters.get(left_out) == letters.get(left_out - 1) {
            continue;
        }
        add(hash(part, without(letters, left_out)));
    }
}

pub(super) fn without(letters: &[char], left_out: usize) -> impl Iterator<Item = char> {
    let letters = letters.iter().enumerate().filter(move |(at, _)| *at != left_out);
    letters.map(|(_, letter)| *letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_hashes() {
        for count in [0, 1, 2, 3, 100, 5_000] {
            let entries: Vec<(u32, u32)> = (0..count)
                .map(|number| (hash(Part::Whole, number.to_string().chars()), number))
                .collect();
            let keys = Keys::new(&entries);
            assert!(entries.iter().all(|(hash, number)| keys.get(*hash).contains(number)));
            let found: usize = entries.iter().map(|(hash, _)| keys.get(*hash).len()).sum();
            assert!(found <= 12 * entries.len(), "{found} for {count}");
        }
    }
}

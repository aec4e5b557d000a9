//! How long a document is kept before it is read again. Pure.

use std::time::Duration;

/// Documents that may not be kept at all are kept so long: a sign-in reads the document several times.
const MIN: Duration = Duration::from_secs(5 * 60);
const MAX: Duration = Duration::from_secs(24 * 3600);

/// How long a document is kept, by the header `Cache-Control` that it came with.
pub(super) fn kept_for(cache_control: Option<&str>) -> Duration {
    let directives = || cache_control.unwrap_or_default().split(',').map(str::trim);
    let forbids = |directive: &str| {
        let name = directive.split('=').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache")
    };
    if directives().any(forbids) {
        return MIN;
    }
    let max_age = directives().find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        let seconds = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("max-age").then_some(seconds)
    });
    let is_number = |seconds: &&str| !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is too large for the type means long.
    let seconds = max_age
        .filter(is_number)
        .map(|seconds| seconds.parse().unwrap_or(u64::MAX));
    Duration::from_secs(seconds.unwrap_or_default()).clamp(MIN, MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_kept_as_its_host_says_between_five_minutes_and_a_day() {
        for (header, minutes) in [
            (None, 5),
            (Some(""), 5),
            (Some("public"), 5),
            (Some("public, max-age=300"), 5),
            (Some("max-age=3600"), 60),
            (Some("Max-Age = \"3600\" ,public"), 60),
            (Some("max-age=0"), 5),
            (Some("max-age=-1"), 5),
            (Some("max-age=x"), 5),
            (Some("s-maxage=7200"), 5),
            (Some("max-age=86401"), 24 * 60),
            (Some("max-age=99999999999999999999999"), 24 * 60),
            (Some("no-cache, max-age=3600"), 5),
            (Some("max-age=3600, no-store"), 5),
            (Some("no-cache=\"Set-Cookie\", max-age=3600"), 5),
        ] {
            assert_eq!(kept_for(header), Duration::from_secs(minutes * 60), "{header:?}");
        }
    }
}

//! Settings of the HTTP server: which callers it admits.

use super::env_vars;
use super::error::Error;
use super::layer::Layer;
use super::rate;
use crate::portal::{GivenSecret, read_small_file};
use crate::transports::guard::{CallerLimit, Settings, Token};

pub(super) fn guard(layer: &Layer) -> Result<Settings, Error> {
    // The default is for other machines only; a limit that the user sets also counts programs on this machine.
    let limits_loopback = layer.get(&env_vars::CALLER_LIMIT).is_some();
    Ok(Settings {
        token: token(layer)?,
        allowed_hosts: layer.read(&env_vars::ALLOWED_HOSTS, str::parse)?,
        allowed_origins: layer.read(&env_vars::ALLOWED_ORIGINS, str::parse)?,
        trusted_proxies: layer.read(&env_vars::TRUSTED_PROXIES, str::parse)?,
        caller_limit: layer
            .read(&env_vars::CALLER_LIMIT, rate::parse)?
            .map(|(per_second, burst)| CallerLimit {
                per_second,
                burst,
                limits_loopback,
            }),
    })
}

/// The token that every request must carry. It is checked at the start: with a wrong one every client would fail.
fn token(layer: &Layer) -> Result<Option<Token>, Error> {
    let Some(given) = layer.get(&env_vars::HTTP_TOKEN) else {
        return Ok(None);
    };
    let wrong = |problem: String| Error::of_value(&given.source, problem);
    match given.value.clone() {
        GivenSecret::Text(text) => Token::from_text(text).map_err(|error| wrong(error.to_string())),
        GivenSecret::File(path) => {
            let token = Token::from_reader(move || read_small_file(&path));
            match token.problem() {
                None => Ok(token),
                Some(problem) => Err(wrong(format!("names a file that holds no token: {problem}"))),
            }
        }
    }
    .map(Some)
}

//! The settings of the HTTP server: whom to let in.

use super::layer::Layer;
use super::{Error, env_vars, or_off};
use crate::portal::{GivenSecret, RateLimit, read_small_file};
use crate::transports::guard::{CallerLimit, Settings, Token};

pub(super) fn guard(layer: &Layer) -> Result<Settings, Error> {
    let caller_limit = layer.read(&env_vars::CALLER_LIMIT, or_off::<RateLimit>)?;
    Ok(Settings {
        token: token(layer)?,
        allowed_hosts: layer.read(&env_vars::ALLOWED_HOSTS, str::parse)?,
        allowed_origins: layer.read(&env_vars::ALLOWED_ORIGINS, str::parse)?,
        caller_limit: caller_limit.map(|limit| CallerLimit {
            per_second: limit.per_second,
            burst: limit.burst,
            // A limit that is given is for everybody.
            limits_loopback: layer.get(&env_vars::CALLER_LIMIT).is_some(),
        }),
    })
}

/// A token that cannot work is better noticed now than by every client.
fn token(layer: &Layer) -> Result<Option<Token>, Error> {
    let Some(given) = layer.get(&env_vars::HTTP_TOKEN) else {
        return Ok(None);
    };
    match given.value.clone() {
        GivenSecret::Text(text) => Token::from_text(text).map_err(|error| given.origin.wrong(error)),
        GivenSecret::File(path) => {
            let token = Token::from_reader(move || read_small_file(&path));
            match token.problem() {
                None => Ok(token),
                Some(problem) => Err(given
                    .origin
                    .wrong(format_args!("names a file that holds no token: {problem}"))),
            }
        }
    }
    .map(Some)
}

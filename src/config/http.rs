//! The settings of the HTTP server: whom to let in.

use std::fmt::Display;
use std::str::FromStr;

use secrecy::ExposeSecret;

use super::env_vars;
use super::layer::{Given, Maybe, SecretSource};
use super::{Error, parsed};
use crate::portal::read_small_file;
use crate::transports::guard::{CallerLimit, Settings, Token};

pub(super) fn guard(
    token: Maybe<SecretSource>,
    hosts: Maybe<String>,
    origins: Maybe<String>,
    caller_limit: Maybe<String>,
) -> Result<Settings, Error> {
    Ok(Settings {
        token: token.map(checked_token).transpose()?,
        allowed_hosts: parsed_or_default(hosts, env_vars::ALLOWED_HOSTS.example)?,
        allowed_origins: parsed_or_default(origins, env_vars::ALLOWED_ORIGINS.example)?,
        caller_limit: match caller_limit {
            None => Some(CallerLimit::DEFAULT),
            Some(given) if given.value.trim().eq_ignore_ascii_case("off") => None,
            Some(given) => Some(parsed(given, env_vars::CALLER_LIMIT.example)?),
        },
    })
}

fn parsed_or_default<T>(given: Maybe<String>, example: &'static str) -> Result<T, Error>
where
    T: FromStr<Err: Display> + Default,
{
    let parsed = given.map(|given| parsed(given, example)).transpose()?;
    Ok(parsed.unwrap_or_default())
}

/// A token that cannot work is better noticed now than by every client.
fn checked_token(given: Given<SecretSource>) -> Result<Token, Error> {
    let Given { value, origin } = given;
    let wrong = |problem: String, example| Error::Value {
        origin: origin.clone(),
        problem,
        example,
    };
    match value {
        SecretSource::Text(text) => {
            let text = text.expose_secret().trim().into();
            Token::from_text(text).map_err(|error| wrong(error.to_string(), env_vars::HTTP_TOKEN.example))
        }
        SecretSource::File(path) => {
            let token = Token::from_reader(move || read_small_file(&path));
            match token.problem() {
                None => Ok(token),
                Some(problem) => Err(wrong(
                    format!("names a file that holds no token: {problem}"),
                    env_vars::HTTP_TOKEN_FILE.example,
                )),
            }
        }
    }
}

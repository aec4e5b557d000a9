//! The user that an access belongs to, from `profile` of the portal's old API. Pure.
//!
//! See <https://apidocs.bitrix24.com/api-reference/common/users/profile.html>.

use serde::Deserialize;

use super::error::{Error, Speaker, Unreadable};
use super::foreign_text::clean;
use super::loose::Loose;

/// The most characters of a user's name.
const MAX_NAME: usize = 80;

/// The part of the result of `profile` in use.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub(super) struct ProfileReply {
    pub(super) id: Loose,
    pub(super) name: Loose,
    pub(super) last_name: Loose,
}

/// A user of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user's id.
    pub id: u64,
    /// First and last name, cleaned and cut; `None` if the user has none.
    pub name: Option<String>,
}

impl TryFrom<Loose<ProfileReply>> for Profile {
    type Error = Error;

    fn try_from(reply: Loose<ProfileReply>) -> Result<Self, Error> {
        let ProfileReply { id, name, last_name } = reply.object.unwrap_or_default();
        let id = id.text.parse().ok().filter(|id| *id > 0).ok_or(Error::Unreadable {
            from: Speaker::OldApi,
            http_status: 200,
            reason: Unreadable::Shape,
        })?;
        let name = format!("{} {}", name.text, last_name.text);
        let name = clean(&name, MAX_NAME).text.into_owned();
        Ok(Self {
            id,
            name: Some(name).filter(|name| !name.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(reply: &str) -> Result<Profile, Error> {
        serde_json::from_str::<Loose<ProfileReply>>(reply).unwrap().try_into()
    }

    #[test]
    fn a_profile_has_an_id_and_perhaps_a_name() {
        let boris = profile(r#"{"ID":"7","NAME":"Boris\u202e\n","LAST_NAME":" Ivanov","ADMIN":false}"#).unwrap();
        assert_eq!((boris.id, boris.name.as_deref()), (7, Some("Boris Ivanov")));
        assert_eq!(profile(r#"{"ID":7,"NAME":null}"#).unwrap().name, None);
        let long = profile(&format!(r#"{{"ID":7,"NAME":"{}"}}"#, "x".repeat(500))).unwrap();
        assert_eq!(long.name.unwrap().chars().count(), MAX_NAME);
    }

    #[test]
    fn a_profile_without_an_id_is_refused() {
        for reply in [
            "{}",
            "[]",
            "null",
            r#"{"ID":""}"#,
            r#"{"ID":0}"#,
            r#"{"ID":"-1"}"#,
            r#"{"ID":"7a"}"#,
        ] {
            assert!(profile(reply).is_err(), "{reply}");
        }
    }
}

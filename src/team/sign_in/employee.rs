//! Finds the employee that new tokens of the portal belong to, and checks that they are for this server's portal.
//!
//! Only the answer of the authorization server and the portal's own `profile` count. `domain` and everything in the
//! callback's query have no influence, and nothing is called at an address out of an answer.

use url::Url;

use super::stop::Stop;
use crate::portal::{EmployeeId, Error, IssuedTokens, Origin, Profile};
use crate::team::parts::Parts;

/// The employee of the tokens, with the name that the portal shows; empty if it shows none now. The portal's id is still
/// to be [checked](check_member_id).
///
/// # Errors
/// [`Stop::AnotherPortal`], [`Stop::NotAllowed`], [`Stop::NoEmployee`], and failures of the portal.
pub(super) async fn employee(parts: &Parts, tokens: &IssuedTokens) -> Result<(EmployeeId, String), Stop> {
    let endpoint = tokens.client_endpoint.as_deref().ok_or(Stop::NoEmployee)?;
    if !is_at(endpoint, &parts.settings.portal) {
        return Err(Stop::AnotherPortal);
    }
    let member_id = tokens.member_id.as_deref().ok_or(Stop::NoEmployee)?;
    let profile = parts.application.profile(&tokens.access_token).await;
    let (user_id, name) = user(profile, tokens.user_id)?;
    let employee = EmployeeId {
        member_id: member_id.into(),
        user_id,
    };
    Ok((employee, name))
}

/// Checks that the employee's portal is the one that this store is for. The first employee's portal decides it, so this
/// comes last: the tokens of another portal or of nobody decide nothing.
///
/// # Errors
/// [`Stop::AnotherPortal`], and failures of the store.
pub(super) async fn check_member_id(parts: &Parts, employee: &EmployeeId) -> Result<(), Stop> {
    let pinned = parts.store.pin_member_id(&employee.member_id).await?;
    let is_ours = *pinned == *employee.member_id;
    is_ours.then_some(()).ok_or(Stop::AnotherPortal)
}

/// The user's id and name. The authorization server names the user in `issued`, or else only `profile` does.
fn user(profile: Result<Profile, Error>, issued: Option<u64>) -> Result<(u64, String), Stop> {
    match (profile, issued) {
        (Ok(profile), Some(id)) if profile.id != id => Err(Stop::NoEmployee),
        (Ok(profile), _) => Ok((profile.id, profile.name.unwrap_or_default())),
        (Err(error), _) if error.is_about_the_employee() => Err(Stop::NotAllowed),
        (Err(error), None) => Err(Stop::Portal(error)),
        (Err(error), Some(id)) => {
            tracing::info!(error.code = error.code(), "the portal does not name the employee");
            Ok((id, String::new()))
        }
    }
}

/// Why the exchange of a code failed.
pub(super) fn exchange_failed(error: Error) -> Stop {
    match error.code().to_ascii_lowercase().as_str() {
        // The portal's code has expired, since it lives for 30 seconds, or was withdrawn.
        "invalid_grant" => Stop::Expired,
        "authorization_error" | "user_access_error" => Stop::NotAllowed,
        "invalid_client" | "wrong_client" | "application_not_found" | "not_installed" => {
            Stop::ApplicationRefused(error)
        }
        _ => Stop::Portal(error),
    }
}

/// True if the address is at the portal's host.
fn is_at(address: &str, portal: &Origin) -> bool {
    let url = Url::parse(address).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.is_some_and(|host| host.trim_matches(['[', ']']) == portal.host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::{Refusal, Speaker};

    fn refused(code: &str) -> Error {
        Error::Refused(Refusal {
            by: Speaker::OldApi,
            code: code.to_owned(),
            http_status: 403,
            message: String::new(),
            validation: Vec::new(),
        })
    }

    fn profile(id: u64, name: &str) -> Result<Profile, Error> {
        Ok(Profile {
            id,
            name: Some(name.to_owned()),
        })
    }

    #[test]
    fn n42_authorization_server_and_portal_must_name_the_same_employee() {
        assert!(matches!(user(profile(7, "Boris"), Some(8)), Err(Stop::NoEmployee)));
        assert_eq!(user(profile(7, "Boris"), Some(7)).unwrap(), (7, "Boris".to_owned()));
        assert_eq!(user(profile(7, "Boris"), None).unwrap(), (7, "Boris".to_owned()));
    }

    #[test]
    fn a_profile_that_fails_ends_the_sign_in_only_if_it_must() {
        for code in ["authorization_error", "user_access_error"] {
            assert!(
                matches!(user(Err(refused(code)), Some(7)), Err(Stop::NotAllowed)),
                "{code}"
            );
            assert!(
                matches!(user(Err(refused(code)), None), Err(Stop::NotAllowed)),
                "{code}"
            );
        }
        let refusal = || Err(refused("insufficient_scope"));
        assert_eq!(user(refusal(), Some(7)).unwrap(), (7, String::new()));
        assert!(matches!(user(refusal(), None), Err(Stop::Portal(_))));
    }

    #[test]
    fn n42_an_address_is_at_the_portal_if_its_host_is_the_same() {
        let portal: Origin = "https://acme.bitrix24.com".parse().unwrap();
        for ours in ["https://acme.bitrix24.com/rest/", "https://ACME.bitrix24.com:443/rest/"] {
            assert!(is_at(ours, &portal), "{ours}");
        }
        for other in [
            "",
            "acme.bitrix24.com",
            "/rest/",
            "https://acme.bitrix24.com.evil.example/rest/",
            "https://evil.example/acme.bitrix24.com/",
            "https://acme.bitrix24.com@evil.example/rest/",
            "https://oauth.bitrix.info/rest/",
            "https://acme.bitrix24.com./rest/",
        ] {
            assert!(!is_at(other, &portal), "{other}");
        }
        let local: Origin = "http://[::1]:8025".parse().unwrap();
        assert!(is_at("http://[::1]:8025/rest/", &local));
    }
}

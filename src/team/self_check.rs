//! The checks of `doctor --team`. No check signs anyone in or changes the store.

use crate::portal::{
    ApplicationClient, ClientSettings, ConnectionFailure, Error, Finding, GivenSecret, Origin, Portal,
};

use super::server_key::ServerKeys;
use super::settings::Settings;
use super::store::Store;
use super::tokens::refusal::UNKNOWN_CLIENT;

/// The names of the checks that [`network`] makes, in order.
pub const NETWORK_CHECKS: [&str; 3] = ["portal", "application", "public URL"];

const STORE: &str = "store";

/// Checks that the store answers, that it was made with one of `keys`, and that its tokens are sealed by one of them.
pub async fn store(store: &dyn Store, keys: &ServerKeys, place: &str) -> Finding {
    let ids = keys.ids();
    let checked = async {
        store.check().await?;
        let made_with = store.key_id().await?;
        let other = store.pairs_sealed_otherwise(keys.sealing_id(), MOST_PAIRS).await?;
        Ok::<_, super::store::Unavailable>((made_with, store.grants(None).await?.len(), other))
    };
    let (made_with, grants, other) = match checked.await {
        Ok(found) => found,
        Err(error) => return Finding::failed_with_steps(STORE, format!("{place}: {error}"), &[CHECK_STORE]),
    };
    if made_with.is_some_and(|made_with| !ids.contains(&made_with)) {
        return Finding::failed_with_steps(
            STORE,
            format!("{place}: the store was made with another server key"),
            &[OTHER_KEY],
        );
    }
    let unknown = other.iter().filter(|(_, pair)| !ids.contains(&pair.key_id)).count();
    let saw = match grants {
        1 => format!("{place}: 1 sign-in"),
        grants => format!("{place}: {grants} sign-ins"),
    };
    match (unknown, other.len()) {
        (0, 0) => Finding::ok(STORE, saw),
        (0, old) => Finding::warning(
            STORE,
            format!("{saw}; the tokens of {old} employees are sealed by an older key"),
            &["run `bitrix24-mail-mcp team rekey`, then remove the older key"],
        ),
        (unknown, _) => Finding::failed_with_steps(
            STORE,
            format!("{saw}; the tokens of {unknown} employees are sealed by a key that is not set"),
            &["add that key to BITRIX24_MCP_SERVER_KEY; without it these employees have to sign in again"],
        ),
    }
}

/// The most pairs that are looked at: more would not change the advice.
const MOST_PAIRS: usize = 1000;
/// What to do if a store cannot be opened or does not answer.
pub const CHECK_STORE: &str = "check the store of BITRIX24_MCP_STORE: a database has to run, be reachable from here, and let its user make tables; a file has to be writable, and its disk must not be full";

/// What to do if the store was made with another server key.
pub const OTHER_KEY: &str = "set BITRIX24_MCP_SERVER_KEY to the key that the store was made with (to rotate the key: the new one, a blank and the old one); or remove the store's file, with its -wal and -shm, or make a new database: everybody signs in again";

/// Checks the portal, the application's id and secret, and the public URL, by requests that every server refuses.
pub async fn network(settings: &Settings, portal: &Portal) -> Vec<Finding> {
    let application = settings.application(portal);
    vec![
        of_portal(&application, settings).await,
        of_application(&application, settings).await,
        of_public_url(settings, portal).await,
    ]
}

async fn of_portal(application: &ApplicationClient, settings: &Settings) -> Finding {
    match application.answers().await {
        Ok(()) => Finding::ok("portal", format!("{} answers", settings.portal)),
        Err(error) => Finding::failed("portal", error),
    }
}

/// A refresh token that was never issued: a server that knows the application refuses the token, another server refuses
/// the application.
const NO_TOKEN: &str = "doctor";

async fn of_application(application: &ApplicationClient, settings: &Settings) -> Finding {
    if let Err(error) = settings.client_secret.read() {
        return Finding::failed_with_steps(
            "application",
            format!("no client secret: {error}"),
            &["write the application key into the file of BITRIX24_CLIENT_SECRET_FILE, or correct its path"],
        );
    }
    match application.refresh(NO_TOKEN.into()).await {
        Err(Error::Refused(refusal)) if refusal.code.eq_ignore_ascii_case("invalid_grant") => Finding::ok(
            "application",
            format!("{} knows the client id and its secret", settings.oauth_server),
        ),
        Err(error) => Finding::failed("application", error),
        Ok(_) => Finding::warning(
            "application",
            format!(
                "{} issued tokens for a token that it cannot know",
                settings.oauth_server
            ),
            &["check BITRIX24_OAUTH_SERVER: it may be the address of another program"],
        ),
    }
}

/// The code of a server whose store does not answer, or that has too much to do.
const UNAVAILABLE: &str = "temporarily_unavailable";

/// Asks the token endpoint at the public URL for tokens of a client that does not exist. No secret of this server is
/// sent: another program may listen there. Other token endpoints refuse the client by the same code, so this server is
/// known by its description.
async fn of_public_url(settings: &Settings, portal: &Portal) -> Finding {
    const NAME: &str = "public URL";
    let url = settings.public_url.issuer();
    let Ok(server) = url.parse::<Origin>() else {
        return Finding::skipped(NAME, "it cannot be read");
    };
    let stranger = portal.application_client(ClientSettings {
        portal: settings.portal.clone(),
        server,
        client_id: NO_TOKEN.to_owned(),
        client_secret: GivenSecret::Text(NO_TOKEN.into()),
    });
    match stranger.refresh(NO_TOKEN.into()).await {
        Err(Error::Refused(refusal)) if refusal.code == "invalid_client" && refusal.message == UNKNOWN_CLIENT => {
            Finding::ok(NAME, format!("a team's server answers at {url}"))
        }
        Err(Error::Unreachable { failure, .. }) => {
            let (saw, step) = unreachable_url(failure);
            Finding::warning(NAME, format!("{url}: {saw}"), &[step])
        }
        Err(Error::TimedOut { .. }) => {
            let (saw, step) = unreachable_url(ConnectionFailure::NotAccepted);
            Finding::warning(NAME, format!("{url}: {saw}"), &[step])
        }
        Err(Error::Refused(refusal)) if refusal.http_status == 503 && refusal.code == UNAVAILABLE => Finding::warning(
            NAME,
            format!("{url}: a server answers there, but cannot serve now"),
            &["look at what the check of the store says, and at the log of that server"],
        ),
        _ => Finding::failed_with_steps(
            NAME,
            format!("another program answers at {url}"),
            &["check BITRIX24_MCP_PUBLIC_URL, and that the proxy passes every path on to this server"],
        ),
    }
}

/// What keeps this machine from reaching the public URL, and what to do.
fn unreachable_url(failure: ConnectionFailure) -> (&'static str, &'static str) {
    match failure {
        ConnectionFailure::NameNotResolved => (
            "the host name has no address",
            "add the host name to DNS, or correct BITRIX24_MCP_PUBLIC_URL",
        ),
        ConnectionFailure::Refused => (
            "nothing listens there",
            "start the server, and the proxy before it if there is one",
        ),
        ConnectionFailure::Tls | ConnectionFailure::Certificate(_) | ConnectionFailure::NoRootCertificates => (
            "TLS cannot be set up",
            "check the certificate of the proxy: it has to be valid for the host name, with all intermediate certificates",
        ),
        ConnectionFailure::NotAccepted | ConnectionFailure::Lost => (
            "no answer",
            "check that the server runs, the proxy before it, and the firewall between this machine and them",
        ),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::super::store::sqlite::SqliteStore;
    use super::*;
    use crate::portal::Status;

    fn keys() -> ServerKeys {
        let key = ServerKeys::generate().unwrap();
        key.expose_secret().parse().unwrap()
    }

    #[tokio::test]
    async fn n83_a_store_that_was_made_with_another_key_fails_and_a_new_one_stays_new() {
        let folder = tempfile::tempdir().unwrap();
        let kept = SqliteStore::open(&folder.path().join("team.sqlite3")).unwrap();
        let (own, other) = (keys(), keys());
        for keys in [&own, &other] {
            assert_eq!(store(&kept, keys, "place").await.status, Status::Ok);
        }
        assert!(kept.pin_key(&own.ids()).await.unwrap(), "the check remembers no key");
        assert_eq!(store(&kept, &own, "place").await.status, Status::Ok);
        let found = store(&kept, &other, "place").await;
        assert_eq!(found.status, Status::Failed);
        assert!(found.saw.contains("was made with another server key"), "{found:?}");
    }
}

//! `doctor --team`: checks the settings, the store, the portal, the application and the public URL of a team's server.

use std::path::PathBuf;

use super::check::Check;
use crate::cli::exit::hint_of_store;
use crate::config::{self, StoreAddress};
use crate::fixit::Audience;
use crate::portal::{self, Credentials, Finding, GivenSecret, Portal};
use crate::team::{OpenError, PostgresStore, Settings, SqliteStore, self_check};

/// Makes all checks. True beside them if the settings themselves are at fault.
pub(super) async fn examine(settings: &config::Settings) -> (Vec<Check>, bool) {
    let team = match settings.team.complete(&settings.portal.credentials) {
        Ok(team) => team,
        Err(error) => {
            let failed = Check::failed(
                "settings",
                error.to_string(),
                &["run `bitrix24-mail-mcp --help` for the list of settings"],
            );
            let rest = std::iter::once("store").chain(self_check::NETWORK_CHECKS);
            let rest = rest.map(|name| Check::skipped(name, "because settings failed"));
            return (std::iter::once(failed).chain(rest).collect(), true);
        }
    };
    let secret_files = settings.secret_files.iter().map(PathBuf::as_path);
    let line = format!("{} for {}", team.public_url.resource(), team.portal);
    let mut checks = vec![
        of_team(Finding::ok_if_private("settings", line, secret_files)),
        store(settings, &team).await,
    ];
    let portal = Portal::new(portal::Settings {
        timeout: settings.portal.timeout,
        ..portal::Settings::new(Credentials::Team {
            portal: team.portal.clone(),
        })
    });
    checks.extend(self_check::network(&team, &portal).await.into_iter().map(of_team));
    (checks, false)
}

fn of_team(finding: Finding) -> Check {
    Check::of(Audience::Team, finding)
}

async fn store(settings: &config::Settings, team: &Settings) -> Check {
    let path = match settings.team_store() {
        Ok(StoreAddress::Sqlite(path)) => path,
        Ok(StoreAddress::Postgres(address)) => return database(address, team).await,
        Err(error) => return Check::failed("store", error.to_string(), &[]),
    };
    let place = path.display().to_string();
    if !path.exists() {
        return Check::ok("store", format!("{place} will be made by the first `serve --team`"));
    }
    match SqliteStore::open_for_command(&path) {
        Ok(store) => of_team(self_check::store(&store, &team.server_keys, &place).await),
        Err(error) => cannot_be_opened(&error),
    }
}

async fn database(address: GivenSecret, team: &Settings) -> Check {
    let store = match PostgresStore::open_for_command(address, 1).await {
        Ok(store) => store,
        Err(OpenError::Missing(place)) => {
            return Check::ok(
                "store",
                format!("the tables {place} will be made by the first `serve --team`"),
            );
        }
        Err(error) => return cannot_be_opened(&error),
    };
    match store.describe().await {
        Ok(place) => of_team(self_check::store(&store, &team.server_keys, &place.to_string()).await),
        Err(error) => Check::failed("store", error.to_string(), &[self_check::CHECK_STORE]),
    }
}

fn cannot_be_opened(error: &OpenError) -> Check {
    let steps: Vec<_> = hint_of_store(error).into_iter().collect();
    Check::failed("store", error.to_string(), &steps)
}

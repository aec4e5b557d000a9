//! Opens a store in PostgreSQL: waits for the server, and brings the tables to this program's version.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, Error};

use super::connector::Connector;
use super::trouble::{Kind, Trouble};
use crate::team::store::open_error::OpenError;
use crate::team::store::schema::{self, VERSION};

/// How long a server waits for the database at its start: both may start at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one try may take. Another server's migration may be under way.
const TRY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
/// How often the log says that the server waits.
const SAID_EVERY: Duration = Duration::from_secs(5);

/// Only one server at a time changes the tables. The number means nothing.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7238041569813)";

/// The tables of the first schema in the search path, apart from those of extensions: how many there are, and whether
/// the store's own is among them.
const TABLES: &str = "
SELECT count(*), COALESCE(bool_or(c.relname = 'schema' AND EXISTS (
  SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'key_id'
)), false)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
)";

/// Milliseconds since 1970 by the database's clock, the same throughout a statement.
const CLOCK: &str = "CREATE OR REPLACE FUNCTION now_ms() RETURNS BIGINT LANGUAGE sql STABLE AS
$$ SELECT floor(extract(epoch FROM statement_timestamp()) * 1000)::BIGINT $$";

/// Why a try has failed.
enum Failed {
    /// The store is of a newer version, of another program, or missing.
    Final(OpenError),
    /// The database.
    Database(Trouble),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Database(Trouble::from(&error))
    }
}

/// Who opens the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// A server, which makes a missing store and waits for the database.
    Server,
    /// A command.
    Command,
}

/// Brings the tables to this program's version.
///
/// # Errors
/// [`OpenError`].
pub(super) async fn open(connector: &Connector, opener: Opener) -> Result<(), OpenError> {
    let begun = Instant::now();
    let mut said_at: Option<Instant> = None;
    loop {
        let tried = timeout(TRY, migrate(connector, opener)).await;
        let trouble = match tried.unwrap_or_else(|_| Err(Failed::Database(Trouble::lost("it does not answer")))) {
            Ok(()) => return Ok(()),
            Err(Failed::Final(error)) => return Err(error),
            Err(Failed::Database(trouble)) => trouble,
        };
        let left = PATIENCE.saturating_sub(begun.elapsed());
        let may_wait = opener == Opener::Server && matches!(trouble.kind, Kind::Lost | Kind::Conflict);
        if !may_wait || left.is_zero() {
            return Err(OpenError::NoDatabase(name(connector), advised(trouble.reason)));
        }
        if said_at.is_none_or(|said_at| said_at.elapsed() >= SAID_EVERY) {
            said_at = Some(Instant::now());
            tracing::warn!(
                "{}: {}; trying again for up to {} seconds",
                connector.address(),
                trouble.reason,
                left.as_secs().max(1)
            );
        }
        sleep(PAUSE).await;
    }
}

fn name(connector: &Connector) -> String {
    format!("in {}", connector.address())
}

/// The reason, with what its message does not say.
fn advised(reason: String) -> String {
    let advice = [
        (
            "(SQLSTATE 42501)",
            "let this user own the database, or grant it CREATE on the schema",
        ),
        (
            "(SQLSTATE 3D000)",
            "make the database, as docs/replicas.md describes it",
        ),
        ("(SQLSTATE 28P01)", "check user and password in the address"),
        (
            "server does not support TLS",
            "set TLS up at the server, or give another sslmode if nobody can listen between it and this machine",
        ),
    ];
    match advice.iter().find(|(said, _)| reason.contains(said)) {
        Some((_, advice)) => format!("{reason}; {advice}"),
        None => reason,
    }
}

async fn migrate(connector: &Connector, opener: Opener) -> Result<(), Failed> {
    let opened = connector.connect().await.map_err(Failed::Database)?;
    let migrated = migrate_over(&opened.client, connector, opener).await;
    if migrated.is_err() {
        opened.abort();
    }
    migrated
}

/// In one transaction, so that of two servers at once one makes the tables and the other finds them.
async fn migrate_over(client: &Client, connector: &Connector, opener: Opener) -> Result<(), Failed> {
    let other_tables = || OpenError::OtherTables(connector.address().to_string());
    client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    client.batch_execute(LOCK).await?;
    let tables = client.query_typed_one(TABLES, &[]).await?;
    let found: i64 = match (tables.try_get::<_, i64>(0)?, tables.try_get::<_, bool>(1)?) {
        (0, _) => 0,
        (_, false) => return Err(Failed::Final(other_tables())),
        (_, true) => {
            let version = client.query_typed_opt("SELECT version FROM schema", &[]).await?;
            let version = version.ok_or_else(|| Failed::Final(other_tables()))?;
            version.try_get(0)?
        }
    };
    if found > VERSION {
        return Err(Failed::Final(OpenError::Newer(name(connector))));
    }
    if found == 0 && opener == Opener::Command {
        return Err(Failed::Final(OpenError::Missing(name(connector))));
    }
    if found < VERSION {
        client.batch_execute(CLOCK).await?;
        let id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
        for migration in schema::missing(found, "BYTEA", id) {
            client.batch_execute(&migration).await?;
        }
        client
            .batch_execute(&format!("UPDATE schema SET version = {VERSION}"))
            .await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}

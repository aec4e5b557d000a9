//! Why a store cannot be opened.

/// Why a store cannot be opened. A store is named by its file, or as `in PostgreSQL at HOST:PORT/DATABASE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another server has the store.
    #[error("another server uses the store {0}; stop it, or give this server a store of its own")]
    InUse(String),
    /// A newer version of this program has changed the tables.
    #[error("a newer version of this program made the store {0}; use that version, or restore an older backup")]
    Newer(String),
    /// The file is no store.
    #[error("{0} is not a store of this program; give this server one of its own")]
    Foreign(String),
    /// The database has tables of another program.
    #[error("{0} has tables of another program; give this server a database of its own")]
    OtherTables(String),
    /// There is no store, and a command makes none.
    #[error("there is no store {0} yet; the first start of the server makes it")]
    Missing(String),
    /// The system or SQLite refuses.
    #[error("the store {0} cannot be used: {1}")]
    Unusable(String, String),
    /// The address of the database is wrong.
    #[error("the store's address {0}")]
    Address(String),
    /// The database does not answer, or refuses.
    #[error("the store {0} cannot be used: {1}")]
    NoDatabase(String, String),
}

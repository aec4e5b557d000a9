//! Fields that the revision 2026-07-28 requires on results: how long and by whom a result may be cached, and which
//! server sent it. Older clients do not get these fields, so their results are shorter.
//!
//! | result | how long | by whom |
//! |---|---|---|
//! | lists of tools, prompts, resources and templates; the fix-it table | an hour: they change only with the binary | anybody |
//! | contacts | as long as this server itself would return the same page from its cache; 0 without a cache | the client alone |
//!
//! See <https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching>.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    MetaObject, PaginatedRequestParams, ProtocolVersion, ReadResourceResult,
};
use rmcp::service::{RequestContext, RoleServer};

/// This server's name and version.
pub(super) fn implementation() -> Implementation {
    Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Bitrix24 mail contacts")
}

/// True if the client speaks 2026-07-28 or later.
pub(super) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// The `_meta` that names this server.
pub(super) fn server_info_meta() -> MetaObject {
    let mut meta = MetaObject::default();
    if let Ok(server_info) = serde_json::to_value(implementation()) {
        meta.0
            .insert("io.modelcontextprotocol/serverInfo".to_owned(), server_info);
    }
    meta
}

/// How long a result may be cached, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hints {
    ttl: Duration,
    scope: CacheScope,
}

impl Hints {
    /// For a result that changes only with the binary: an hour, by anybody.
    pub(super) const OF_THE_BINARY: Self = Self {
        ttl: Duration::from_secs(60 * 60),
        scope: CacheScope::Public,
    };

    /// For a result that only the client may cache, for `ttl`.
    pub(super) fn private(ttl: Duration) -> Self {
        Self {
            ttl,
            scope: CacheScope::Private,
        }
    }
}

/// A result that carries hints.
pub(super) trait Hinted: Sized {
    fn slots(&mut self) -> (&mut Option<u64>, &mut Option<CacheScope>, &mut Option<MetaObject>);

    /// Adds `hints` and the server's name, if the client speaks 2026-07-28 or later.
    fn hinted(mut self, hints: Hints, context: &RequestContext<RoleServer>) -> Self {
        if is_modern(context) {
            let (ttl_ms, scope, meta) = self.slots();
            *ttl_ms = Some(u64::try_from(hints.ttl.as_millis()).unwrap_or(u64::MAX));
            *scope = Some(hints.scope);
            *meta = Some(server_info_meta());
        }
        self
    }
}

macro_rules! hinted {
    ($($result:ty),+) => {
        $(impl Hinted for $result {
            fn slots(&mut self) -> (&mut Option<u64>, &mut Option<CacheScope>, &mut Option<MetaObject>) {
                (&mut self.ttl_ms, &mut self.cache_scope, &mut self.meta)
            }
        })+
    };
}

hinted!(
    ListToolsResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult
);

/// The `_meta` of a result that has no cache hints; `None` for a client older than 2026-07-28.
pub(super) fn meta(context: &RequestContext<RoleServer>) -> Option<MetaObject> {
    is_modern(context).then(server_info_meta)
}

/// A list that has one page and changes only with the binary, with its cache hints.
///
/// # Errors
/// A protocol error for any cursor, since this server hands out none. An empty cursor means the first page.
pub(super) fn one_page<R: Hinted>(
    request: Option<&PaginatedRequestParams>,
    context: &RequestContext<RoleServer>,
    list: R,
) -> Result<R, ErrorData> {
    let cursor = request
        .and_then(|request| request.cursor.as_deref())
        .unwrap_or_default();
    if !cursor.is_empty() {
        return Err(ErrorData::invalid_params(
            "the list has one page, so there is no cursor",
            None,
        ));
    }
    Ok(list.hinted(Hints::OF_THE_BINARY, context))
}

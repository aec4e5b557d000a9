//! Reads the parameters of `initialize` as clients really send them. Pure.
//!
//! | given | read as |
//! |---|---|
//! | `[]` (PHP's empty object), null or nothing in place of `params`, `capabilities`, `clientInfo`, `elicitation` | the empty object |
//! | no `protocolVersion` | the newest revision that has a handshake |
//! | no name or no version of the client | `unknown` |
//! | another type than the specification's | an error that names the field |
//!
//! An `initialize` of a revision without that method is left as it is ([`names_its_revision`]).
//!
//! Only the fields in use are kept: the revision, the client's name and version, and its capability for elicitation.
//! The other fields could have any size, and a session keeps these parameters to its end.

use rmcp::model::{
    ClientCapabilities, ElicitationCapability, FormElicitationCapability, Implementation, InitializeRequestParams,
    ProtocolVersion, UrlElicitationCapability,
};

use super::members::Members;

/// The most characters of a client's name, and of its version.
const MAX_NAME: usize = 100;

/// True if the request names its revision in `_meta`, as requests do from 2026-07-28 on. Those revisions have no
/// `initialize`, so rmcp answers that the method is unknown.
pub(super) fn names_its_revision(params: Option<&str>) -> bool {
    let revision = || {
        let params = Members::of(params?)?;
        let meta = Members::of(params.get("_meta")?)?;
        meta.get("io.modelcontextprotocol/protocolVersion").map(|_| ())
    };
    revision().is_some()
}

/// An error message about a field.
pub(super) type Problem = String;

/// Parses the `params` of an `initialize`.
pub(super) fn parse_params(params: Option<&str>) -> Result<InitializeRequestParams, Problem> {
    let params = Members::of_or_empty(params).ok_or_else(|| problem("params", "an object"))?;
    let capabilities = capabilities(params.get("capabilities"))?;
    let revision = match text(&params, "protocolVersion", "protocolVersion")? {
        Some(revision) => serde_json::from_value(revision.into()).unwrap_or_default(),
        None => ProtocolVersion::LATEST_WITH_INITIALIZE,
    };
    let client = client(params.get("clientInfo"))?;
    Ok(InitializeRequestParams::new(capabilities, client).with_protocol_version(revision))
}

/// Parses the `capabilities` of a client.
pub(super) fn capabilities(given: Option<&str>) -> Result<ClientCapabilities, Problem> {
    let given = Members::of_or_empty(given).ok_or_else(|| problem("capabilities", "an object"))?;
    let mut capabilities = ClientCapabilities::default();
    if let Some(elicitation) = non_null(&given, "elicitation") {
        let given = Members::of_or_empty(Some(elicitation))
            .ok_or_else(|| problem("capabilities.elicitation", "an object, empty or with `form` and `url`"))?;
        let mut elicitation = ElicitationCapability::new();
        elicitation.form = non_null(&given, "form").map(|_| FormElicitationCapability::new());
        elicitation.url = non_null(&given, "url").map(|_| UrlElicitationCapability::new());
        capabilities.elicitation = Some(elicitation);
    }
    Ok(capabilities)
}

/// Parses `clientInfo`.
pub(super) fn client(given: Option<&str>) -> Result<Implementation, Problem> {
    let given =
        Members::of_or_empty(given).ok_or_else(|| problem("clientInfo", "an object with `name` and `version`"))?;
    let or_unknown = |text: Option<String>| match text {
        Some(text) => text.chars().take(MAX_NAME).collect(),
        None => "unknown".to_owned(),
    };
    let name = or_unknown(text(&given, "name", "clientInfo.name")?);
    let version = or_unknown(text(&given, "version", "clientInfo.version")?);
    Ok(Implementation::new(name, version))
}

/// The member `key`, unless it is missing or null.
fn non_null<'a>(members: &'a Members<'_>, key: &str) -> Option<&'a str> {
    members.get(key).filter(|value| *value != "null")
}

fn text(members: &Members<'_>, key: &str, field: &str) -> Result<Option<String>, Problem> {
    match non_null(members, key) {
        None => Ok(None),
        Some(_) => members.string(key).map(Some).ok_or_else(|| problem(field, "text")),
    }
}

fn problem(field: &str, expected: &str) -> Problem {
    format!("`{field}` of `initialize` must be {expected}")
}

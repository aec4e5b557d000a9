//! The parameters of `initialize`, as clients really send them. Pure.
//!
//! | given | taken as |
//! |---|---|
//! | `[]` (PHP's empty object), null or nothing in place of `params`, `capabilities`, `clientInfo`, `elicitation` | the empty object |
//! | no `protocolVersion` | the newest revision that has a handshake |
//! | no name or no version of the client | `unknown` |
//! | another type than the specification's | an error that names the field |
//!
//! An `initialize` of a revision that has none is left as it is ([`is_of_a_revision_without_it`]).
//!
//! Kept is what is read: the revision, name and version of the client, and whether it can show a form. The rest could
//! be any size, and a session keeps it to its end.

use rmcp::model::{
    ClientCapabilities, ElicitationCapability, FormElicitationCapability, Implementation, InitializeRequestParams,
    ProtocolVersion, UrlElicitationCapability,
};

use super::members::Members;

/// Letters of a client's name, and of its version.
const MAX_NAME: usize = 100;

/// True if the request names its revision in `_meta`, as requests do from 2026-07-28 on. Those revisions have no
/// `initialize`, so rmcp answers it as an unknown method.
pub(super) fn is_of_a_revision_without_it(params: Option<&str>) -> bool {
    let names_its_revision = || {
        let params = Members::of(params?)?;
        let meta = Members::of(params.get("_meta")?)?;
        meta.get("io.modelcontextprotocol/protocolVersion").map(|_| ())
    };
    names_its_revision().is_some()
}

/// What is wrong with a field.
pub(super) type Problem = String;

/// What `params` of an `initialize` means.
pub(super) fn understood(params: Option<&str>) -> Result<InitializeRequestParams, Problem> {
    let params = Members::meant_by(params).ok_or_else(|| problem("params", "an object"))?;
    let capabilities = capabilities(params.get("capabilities"))?;
    let revision = match text(&params, "protocolVersion", "protocolVersion")? {
        Some(revision) => serde_json::from_value(revision.into()).unwrap_or_default(),
        None => ProtocolVersion::LATEST_WITH_INITIALIZE,
    };
    let client = client(params.get("clientInfo"))?;
    Ok(InitializeRequestParams::new(capabilities, client).with_protocol_version(revision))
}

/// What `capabilities` of a client means.
pub(super) fn capabilities(given: Option<&str>) -> Result<ClientCapabilities, Problem> {
    let given = Members::meant_by(given).ok_or_else(|| problem("capabilities", "an object"))?;
    let mut capabilities = ClientCapabilities::default();
    if let Some(elicitation) = is_given(&given, "elicitation") {
        let given = Members::meant_by(Some(elicitation))
            .ok_or_else(|| problem("capabilities.elicitation", "an object, empty or with `form` and `url`"))?;
        let mut elicitation = ElicitationCapability::new();
        elicitation.form = is_given(&given, "form").map(|_| FormElicitationCapability::new());
        elicitation.url = is_given(&given, "url").map(|_| UrlElicitationCapability::new());
        capabilities.elicitation = Some(elicitation);
    }
    Ok(capabilities)
}

/// What `clientInfo` means.
pub(super) fn client(given: Option<&str>) -> Result<Implementation, Problem> {
    let given = Members::meant_by(given).ok_or_else(|| problem("clientInfo", "an object with `name` and `version`"))?;
    let or_unknown = |text: Option<String>| match text {
        Some(text) => text.chars().take(MAX_NAME).collect(),
        None => "unknown".to_owned(),
    };
    let name = or_unknown(text(&given, "name", "clientInfo.name")?);
    let version = or_unknown(text(&given, "version", "clientInfo.version")?);
    Ok(Implementation::new(name, version))
}

/// A member that is there and not null.
fn is_given<'a>(members: &'a Members<'_>, key: &str) -> Option<&'a str> {
    members.get(key).filter(|value| *value != "null")
}

fn text(members: &Members<'_>, key: &str, field: &str) -> Result<Option<String>, Problem> {
    match is_given(members, key) {
        None => Ok(None),
        Some(_) => members.string(key).map(Some).ok_or_else(|| problem(field, "text")),
    }
}

fn problem(field: &str, expected: &str) -> Problem {
    format!("`{field}` of `initialize` must be {expected}")
}

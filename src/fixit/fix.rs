//! One row of the fix-it table: the advice for one failure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The base address of Bitrix24's REST documentation.
pub const DOCS: &str = "https://apidocs.bitrix24.com/";

/// The advice for one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fix {
    /// The error code, compared without regard to case; a `*` at its end stands for any ending.
    pub code: &'static str,
    /// HTTP statuses this row is for; empty for any.
    pub statuses: &'static [u16],
    /// What the failure means, in one sentence.
    pub meaning: &'static str,
    /// The person or group that can fix the failure.
    pub who: Who,
    /// What to do, in order.
    pub steps: &'static [&'static str],
    /// Whether calling again helps.
    pub retry: Retry,
    /// Seconds to wait before calling again; `None` if calling again does not help or the wait is unknown.
    pub retry_after_seconds: Option<u32>,
    /// Page of Bitrix24's documentation, relative to [`DOCS`].
    pub page: &'static str,
}

/// A row without a wait before calling again.
pub(super) const fn row(
    code: &'static str,
    statuses: &'static [u16],
    meaning: &'static str,
    who: Who,
    steps: &'static [&'static str],
    retry: Retry,
    page: &'static str,
) -> Fix {
    Fix {
        code,
        statuses,
        meaning,
        who,
        steps,
        retry,
        retry_after_seconds: None,
        page,
    }
}

/// Who can mend a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The assistant, by calling again with other arguments or later.
    Assistant,
    /// The person whose address book it is.
    User,
    /// An administrator of the Bitrix24 portal.
    PortalAdmin,
    /// Bitrix24's technical support.
    #[serde(rename = "bitrix24_support")]
    Bitrix24Support,
    /// The person who installed this server or runs its network.
    Operator,
}

/// Whether calling again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Not before something was changed.
    Never,
    /// After a while.
    Later,
    /// At once, with corrected arguments where the steps say so.
    Now,
}

impl Fix {
    /// The full address of the documentation page.
    pub fn docs(&self) -> String {
        format!("{DOCS}{}", self.page)
    }

    /// This row with the seconds to wait before calling again.
    pub(super) const fn after(self, seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }

    pub(super) fn is_for_code(&self, code: &str) -> bool {
        match self.code.strip_suffix('*') {
            Some(start) => code
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => self.code.eq_ignore_ascii_case(code),
        }
    }
}

impl Who {
    /// The name in JSON and in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::User => "user",
            Self::PortalAdmin => "portal_admin",
            Self::Bitrix24Support => "bitrix24_support",
            Self::Operator => "operator",
        }
    }
}

impl Retry {
    /// The name in JSON and in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Later => "later",
            Self::Now => "now",
        }
    }
}

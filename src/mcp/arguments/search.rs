//! The arguments that `list_mail_contacts` and `list_mail_employees` share. Pure.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::argument::{Argument, Form};
use super::lenient;
use crate::address_book::GivenPagination;

/// The arguments `query` and `pagination`.
pub(crate) const SEARCH: &[Argument] = &[
    Argument {
        path: "query",
        other_names: &[
            "q",
            "search",
            "searchquery",
            "searchterm",
            "searchstring",
            "text",
            "term",
            "name",
            "contact",
            "email",
            "recipient",
            "person",
            "find",
        ],
        form: Form::One(lenient::text),
    },
    Argument {
        path: "pagination",
        other_names: &["paging"],
        form: Form::Object {
            properties: PAGINATION,
            problem: "must be an object with page, limit or offset, like {\"limit\":20}",
        },
    },
];

const PAGINATION: &[Argument] = &[
    Argument {
        path: "pagination.page",
        other_names: &["pagenumber", "pageno"],
        form: Form::One(lenient::any),
    },
    Argument {
        path: "pagination.limit",
        other_names: &["perpage", "pagesize", "maxresults", "count", "size", "top"],
        form: Form::One(lenient::any),
    },
    Argument {
        path: "pagination.offset",
        other_names: &["nextoffset", "start", "skip"],
        form: Form::One(lenient::any),
    },
];

/// The numbers as the client sent them: `address_book::Query` checks them, by the portal's own rules.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Pagination {
    /// Page number from 1; wins over offset.
    #[schemars(with = "Option<u32>", range(min = 1))]
    page: Option<Value>,
    /// Contacts a page, 1 to 200, default 50.
    #[schemars(with = "Option<u32>", range(min = 1, max = 200))]
    limit: Option<Value>,
    /// Contacts to skip, e.g. next_offset.
    #[schemars(with = "Option<u32>", range(min = 0))]
    offset: Option<Value>,
}

impl From<Pagination> for GivenPagination {
    fn from(Pagination { page, limit, offset }: Pagination) -> Self {
        Self { page, limit, offset }
    }
}

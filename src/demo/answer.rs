//! The demo portal's HTTP answers: results, and errors in both of the portal's shapes. Pure.

use serde_json::{Value, json};

use super::php;

/// The language of the portal's messages. A client that matches on message texts fails in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
}

/// The prefix of REST 3.0 error codes.
pub(super) const V3: &str = "BITRIX_REST_V3_EXCEPTION_";

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<u32>,
    pub(super) set_cookie: Option<String>,
    pub(super) body: Vec<u8>,
}

const JSON: &str = "application/json; charset=utf-8";

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, JSON, php::encode(body))
    }

    pub(super) fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::raw(status, "text/html; charset=utf-8", body)
    }

    pub(super) fn redirect(status: u16, location: String) -> Self {
        Self {
            location: Some(location),
            ..Self::html(status, "<html><body><h1>Moved</h1></body></html>")
        }
    }

    /// The page of the gateway before the portal: the portal is overloaded, down or too slow.
    pub(super) fn unavailable(status: u16) -> Self {
        Self::html(
            status,
            "<!DOCTYPE html><html><head><title>Bitrix24</title></head>\
            <body><h1>Service temporarily unavailable</h1></body></html>",
        )
    }

    /// The page of a web server for a path that it does not know.
    pub(super) fn no_such_page(status: u16) -> Self {
        Self::html(status, "<html><body><h1>404 Not Found</h1></body></html>")
    }

    pub(super) fn raw(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type,
            location: None,
            retry_after: None,
            set_cookie: None,
            body: body.into(),
        }
    }

    /// The headers, with names in lower case.
    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", self.content_type.to_owned()),
            ("access-control-allow-origin", "*".to_owned()),
            (
                "access-control-allow-headers",
                "origin, content-type, accept".to_owned(),
            ),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        headers.extend(self.location.clone().map(|location| ("location", location)));
        headers.extend(self.set_cookie.clone().map(|cookie| ("set-cookie", cookie)));
        headers.extend(self.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        headers
    }

    /// An error in the envelope of REST 3.0; `validation` only where the portal has it.
    pub(super) fn envelope(status: u16, code: &str, message: &str, validation: Option<Value>) -> Self {
        let mut error = json!({"code": code, "message": message});
        if let (Some(validation), Some(error)) = (validation, error.as_object_mut()) {
            error.insert("validation".to_owned(), validation);
        }
        Self::json(status, &json!({"error": error}))
    }

    /// An error in the envelope of REST 3.0 with one of its own codes, given without the prefix.
    pub(super) fn v3(status: u16, language: Language, code: &str) -> Self {
        Self::envelope(status, &format!("{V3}{code}"), message_for(language, code), None)
    }

    /// The error for a missing `query`. The portal's source names the field `MISSING_QUERY`; its documents name it
    /// `query`.
    pub(super) fn missing_query(status: u16, language: Language) -> Self {
        let code = format!("{V3}VALIDATION_REQUESTVALIDATIONEXCEPTION");
        let text = match language {
            Language::English => "The parameter is required",
            Language::Russian => "Не указан обязательный параметр",
        };
        let validation = json!([{"message": text, "field": "MISSING_QUERY"}]);
        Self::envelope(status, &code, message_for(language, &code), Some(validation))
    }

    /// An error in the flat shape, which the old API and the layers in front of PHP use.
    pub(super) fn flat(status: u16, code: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": code, "error_description": description}))
    }
}

/// The portal's message for a code.
pub(super) fn message_for(language: Language, code: &str) -> &'static str {
    let (english, russian) = match code.trim_start_matches(V3) {
        "ACCESSDENIEDEXCEPTION" => ("Access denied", "Доступ запрещен"),
        "INSUFFICIENTSCOPEEXCEPTION" => (
            "Insufficient access permissions: required scope is missing.",
            "Недостаточно прав: отсутствует необходимый scope.",
        ),
        "METHODNOTFOUNDEXCEPTION" => ("Method not found", "Метод не найден"),
        "INVALIDJSONEXCEPTION" => (
            "Request body is not valid JSON",
            "Тело запроса не является корректным JSON",
        ),
        "RATELIMITEXCEPTION" => ("Request limit exceeded", "Превышен лимит запросов"),
        "INTERNAL_INTERNALEXCEPTION" => ("Internal error", "Внутренняя ошибка"),
        "ERROR_METHOD_NOT_FOUND" => ("Method not found!", "Метод не найден!"),
        "ERROR_BATCH_LENGTH_EXCEEDED" => ("Max batch length exceeded", "Превышена длина пакета"),
        "QUERY_LIMIT_EXCEEDED" => ("Too many requests", "Слишком много запросов"),
        _ => ("The request failed", "Запрос не выполнен"),
    };
    match language {
        Language::English => english,
        Language::Russian => russian,
    }
}

//! Requests of methods that are known here, with parameters that rmcp cannot read: it takes them for another method.
//! Pure.

/// What is wrong with a request of `method` that could not be read; `None` if there is no such method.
pub(super) fn problem(method: &str) -> Option<&'static str> {
    Some(match method {
        "prompts/get" => "`name` must be the name of a prompt, and `arguments` an object of texts",
        "resources/read" => "`uri` must be the address of a resource, as text",
        "completion/complete" => {
            "`ref` must be {\"type\":\"ref/prompt\",\"name\":…} or {\"type\":\"ref/resource\",\"uri\":…}, and `argument` \
            an object with `name` and `value` as text"
        }
        _ => return None,
    })
}

//! Prompts and resources: lists, prompts filled in, reads, and each error, in an old and in the newest revision.

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use bitrix24_mail_mcp::fixit;
use rmcp::model::{GetPromptRequestParams, ReadResourceRequestParams, ResourceContents, Role};
use serde_json::{Value, json};

use crate::support::commands::{on, on_demo};
use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{Session, call, program};
use crate::support::revisions::Client;

const LATEST: &str = "bitrix24-mail://contacts/latest";
const FIXES: &str = "bitrix24-mail://fixes";
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
const LISTS: [&str; 4] = [
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
];

fn text_of(answer: &Value) -> &str {
    let contents = answer["result"]["contents"].as_array().unwrap();
    assert_eq!(contents.len(), 1, "{answer}");
    contents[0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn capabilities_and_lists_have_the_form_of_the_revision() {
    let session = Session::demo().await;
    let client = session.client();
    let answers = json!({
        "capabilities": client.peer_info().unwrap().capabilities,
        "prompts": client.list_all_prompts().await.unwrap(),
        "resources": client.list_all_resources().await.unwrap(),
        "templates": client.list_all_resource_templates().await.unwrap(),
    });
    insta::assert_json_snapshot!("prompts_and_resources", answers);
}

#[tokio::test]
async fn only_answers_to_clients_of_2026_07_28_have_cache_hints() {
    let hour = json!(3_600_000);
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        let mut answers = Vec::new();
        for list in LISTS {
            answers.push((client.ask(list, json!({})).await, hour.clone(), "public"));
        }
        for uri in [FIXES, "bitrix24-mail://fixes/QUERY_LIMIT_EXCEEDED"] {
            answers.push((client.read(uri).await, hour.clone(), "public"));
        }
        answers.push((client.read(LATEST).await, json!(60_000), "private"));
        for (answer, ttl, scope) in answers {
            let result = &answer["result"];
            if client.is_modern {
                assert_eq!(
                    (&result["ttlMs"], &result["cacheScope"]),
                    (&ttl, &json!(scope)),
                    "{answer}"
                );
                assert_eq!(result["resultType"], "complete");
                let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
                assert_eq!(server, "bitrix24-mail-mcp");
            } else {
                for key in ["ttlMs", "cacheScope", "resultType", "_meta"] {
                    assert!(result.is_object() && result.get(key).is_none(), "{key}: {answer}");
                }
            }
        }
    }
    let mut client = Client::start("2026-07-28", on_demo()).await;
    client.read(LATEST).await;
    let kept = client.read(LATEST).await;
    assert!(
        kept["result"]["ttlMs"].as_u64().unwrap() <= 59_000,
        "what is left: {kept}"
    );
    let mut command = on_demo();
    command.env("BITRIX24_CACHE_TTL", "0");
    let answer = Client::start("2026-07-28", command).await.read(LATEST).await;
    assert_eq!(
        (&answer["result"]["ttlMs"], &answer["result"]["cacheScope"]),
        (&json!(0), &json!("private"))
    );
}

#[tokio::test]
async fn no_list_has_a_second_page() {
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        for list in LISTS {
            let answer = client.ask(list, json!({"cursor": "x"})).await;
            assert_eq!(answer["error"]["code"], -32602, "{list}: {answer}");
            for first in [json!({}), json!({"cursor": ""}), json!({"cursor": null})] {
                let answer = client.ask(list, first).await;
                assert!(answer["result"].is_object() && answer["result"].get("nextCursor").is_none());
            }
        }
    }
}

#[tokio::test]
async fn a_resource_of_contacts_has_the_content_of_the_tools_output() {
    for revision in REVISIONS {
        let portal = DemoPortal::start(Settings::default()).await.unwrap();
        let mut command = on(&portal);
        command.env("BITRIX24_CACHE_TTL", "0");
        let mut client = Client::start(revision, command).await;
        for (uri, query) in [
            (LATEST, ""),
            ("bitrix24-mail://contacts/search/client", "client"),
            ("bitrix24-mail://contacts/search/R%26D%20%2F%20Sales", "R&D / Sales"),
            ("bitrix24-mail://contacts/search/%d0%90%D0%BD%D0%BD%D0%B0", "Анна"),
            ("bitrix24-mail://contacts/search/nobody-at-all", "nobody-at-all"),
        ] {
            let read = client.read(uri).await;
            let sent: Value = serde_json::from_slice(&portal.requests().last().unwrap().body).unwrap();
            assert_eq!(sent["query"], query);
            let contents = &read["result"]["contents"][0];
            assert_eq!(
                (&contents["uri"], &contents["mimeType"]),
                (&json!(uri), &json!("application/json"))
            );
            let read: Value = serde_json::from_str(text_of(&read)).unwrap();
            let params = call(2, json!({"query": query}))["params"].clone();
            let listed = client.ask("tools/call", params).await;
            assert_eq!(read, listed["result"]["structuredContent"], "{uri}");
        }
    }
}

#[tokio::test]
async fn the_fix_it_table_can_be_read_whole_and_by_code() {
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        let answer = client.read(FIXES).await;
        assert_eq!(answer["result"]["contents"][0]["mimeType"], "text/markdown");
        assert_eq!(text_of(&answer), fixit::markdown_table());
        for (code, rows) in [
            ("BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", 3),
            ("query_limit_exceeded", 1),
            ("CRM_EMAIL_%2A", 1),
            ("CRM_EMAIL_ANYTHING", 1),
        ] {
            let answer = client.read(&format!("{FIXES}/{code}")).await;
            let start = code.trim_end_matches("%2A").trim_end_matches("ANYTHING").to_uppercase();
            let lines: Vec<_> = text_of(&answer).lines().skip(2).collect();
            assert_eq!(lines.len(), rows, "{answer}");
            assert!(
                lines.iter().all(|line| line.starts_with(&format!("| [`{start}"))),
                "{lines:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_resource_is_refused_with_the_code_of_the_revision() {
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        let not_found = if client.is_modern { -32602 } else { -32002 };
        for (uri, code) in [
            ("test://nonexistent", not_found),
            ("bitrix24-mail://contacts", not_found),
            ("bitrix24-mail://contacts/search/a/b", not_found),
            ("bitrix24-mail://fixes/NO_SUCH_CODE", not_found),
            ("bitrix24-mail://fixes/", not_found),
            ("", not_found),
            ("bitrix24-mail://contacts/search/%f", -32602),
            ("bitrix24-mail://contacts/search/%ff", -32602),
            ("bitrix24-mail://fixes/%", -32602),
        ] {
            let answer = client.read(uri).await;
            assert_eq!(
                (&answer["error"]["code"], &answer["error"]["data"]["uri"]),
                (&json!(code), &json!(uri))
            );
        }
    }
}

/// The result of a read has no `isError`, so the advice is in the data of the error.
#[tokio::test]
async fn a_failed_look_up_is_an_error_with_the_same_advice_as_the_tools() {
    for revision in REVISIONS {
        for name in ["no-mail-scope", "insufficient-scope", "html-503"] {
            let portal = portal_with_fault(name).await;
            let mut command = on(&portal);
            command.env("BITRIX24_TIMEOUT", "240ms");
            let mut client = Client::start(revision, command).await;
            let error = client.read(LATEST).await["error"].clone();
            let params = call(2, json!({}))["params"].clone();
            let called = client.ask("tools/call", params).await["result"]["structuredContent"]["error"].clone();
            assert_eq!(error["code"], -32603, "{error}");
            for key in ["code", "meaning", "fix", "who", "retry", "docs"] {
                assert_eq!(error["data"][key], called[key], "{key}: {error}");
            }
            let message = error["message"].as_str().unwrap();
            for key in ["code", "meaning"] {
                assert!(message.contains(called[key].as_str().unwrap()), "{message}");
            }
        }
        let mut client = Client::start(revision, program()).await;
        assert_eq!(client.read(LATEST).await["error"]["data"]["code"], "NO_CREDENTIALS");
        let long = format!("bitrix24-mail://contacts/search/{}", "x".repeat(256));
        let error = client.read(&long).await["error"].clone();
        assert_eq!(
            (&error["code"], &error["data"]["code"]),
            (&json!(-32602), &json!("INVALID_ARGUMENTS"))
        );
        assert_eq!(error["data"]["validation"][0]["field"], "query");
    }
}

#[tokio::test]
async fn a_read_stops_its_request_when_it_is_cancelled_or_the_input_ends() {
    for revision in REVISIONS {
        let portal = DemoPortal::start(Settings::default()).await.unwrap();
        portal.hold_answers();
        let mut client = Client::start(revision, on(&portal)).await;
        let request = client.request("resources/read", json!({"uri": LATEST}));
        client.session.send(request.clone()).await;
        portal.wait_until(|portal| portal.request_count() == 1).await;
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
        client.session.send(cancel).await;
        // Hangs here, and so fails, if the look-up continues.
        portal.wait_until(|portal| portal.abandoned() == 1).await;

        client.session.send(request).await;
        portal.wait_until(|portal| portal.request_count() == 2).await;
        let (answers, ended_well) = client.session.hang_up().await;
        assert!(ended_well);
        assert_eq!(answers[0]["error"]["data"]["code"], "CANCELLED", "{answers:?}");
        portal.wait_until(|portal| portal.abandoned() == 2).await;
    }
}

#[tokio::test]
async fn a_real_client_gets_prompts_and_reads_resources() {
    let session = Session::demo().await;
    let client = session.client();
    let arguments = json!({"to": "Anna, client@example.com", "about": "lunch"});
    let request = GetPromptRequestParams::new("draft_mail").with_arguments(arguments.as_object().unwrap().clone());
    let prompt = client.get_prompt(request).await.unwrap();
    assert_eq!((prompt.messages.len(), &prompt.messages[0].role), (1, &Role::User));
    let text = &prompt.messages[0].content.as_text().unwrap().text;
    assert!(
        text.ends_with("{\"names\":[\"Anna\",\"client@example.com\"],\"about\":\"lunch\"}"),
        "{text}"
    );
    for resource in client.list_all_resources().await.unwrap() {
        let read = client
            .read_resource(ReadResourceRequestParams::new(&resource.uri))
            .await
            .unwrap();
        let ResourceContents::TextResourceContents { uri, mime_type, .. } = &read.contents[0] else {
            panic!("no text: {read:?}");
        };
        assert_eq!((uri, mime_type), (&resource.uri, &resource.mime_type));
    }
}

#[tokio::test]
async fn the_error_names_the_problem_of_a_prompt() {
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        for (params, part) in [
            (json!({"name": "send_mail"}), "draft_mail"),
            (json!({"name": "draft_mail"}), "`to`"),
            (json!({"name": "draft_mail", "arguments": {"to": "Anna"}}), "`about`"),
            (
                json!({"name": "draft_mail", "arguments": {"to": " ", "about": "x"}}),
                "`to`",
            ),
            (
                json!({"name": "draft_mail", "arguments": {"to": 5, "about": "x"}}),
                "`to`",
            ),
            (json!({"name": "draft_mail", "arguments": {"cc": "Bob"}}), "`cc`"),
        ] {
            let error = client.ask("prompts/get", params).await["error"].clone();
            assert_eq!(error["code"], -32602, "{error}");
            assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        }
    }
}

/// rmcp treats a request that it cannot read as one of an unknown method.
#[tokio::test]
async fn unreadable_parameters_are_invalid_parameters_not_an_unknown_method() {
    for revision in REVISIONS {
        let mut client = Client::start(revision, on_demo()).await;
        for (method, params, code) in [
            ("prompts/get", json!({}), -32602),
            (
                "prompts/get",
                json!({"name": "draft_mail", "arguments": ["Anna"]}),
                -32602,
            ),
            ("resources/read", json!({}), -32602),
            ("resources/read", json!({"uri": 5}), -32602),
            ("completion/complete", json!({}), -32602),
            ("resources/subscribe", json!({"uri": LATEST}), -32601),
            ("prompts/unheard-of", json!({}), -32601),
        ] {
            let answer = client.ask(method, params).await;
            assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
        }
    }
}

//! Forms that let the user choose: when and how they are shown, and what each answer does.

use serde_json::{Value, json};

use crate::support::commands::{on, on_demo};
use crate::support::elicitation_client::{BY_REQUEST, Client, IN_RESULT, Way, addresses, anna, choices, valid, ways};
use crate::support::harness::with_metadata;
use crate::support::http_server::unlimited;
use crate::support::revisions::MODERN;

const ANNA_K: &str = "anna.k@example.net";

fn accept(content: Value) -> Value {
    json!({"action": "accept", "content": content})
}

/// The advice for a client that shows no form.
async fn unasked(client: &mut Client) -> Value {
    client.resolve(json!({"names": ["anna"]})).await
}

#[tokio::test]
async fn a_client_is_asked_in_the_words_of_its_revision() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let (form, _) = client.decide(anna(), json!({"action": "cancel"})).await;
        assert_eq!(form["mode"], "form", "{way:?}");
        assert!(form["message"].as_str().unwrap().starts_with("Whom is the mail for?"));
        let schema = &form["requestedSchema"];
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["required"], json!(["recipient_01"]));
        let field = schema["properties"]["recipient_01"].as_object().unwrap();
        let keys: Vec<_> = field.keys().map(String::as_str).collect();
        let is_old = matches!(way, Way::Stdio("2025-06-18") | Way::LegacySse("2024-11-05"));
        let expected: &[&str] = if is_old {
            &["type", "title", "enum", "enumNames"]
        } else {
            &["type", "title", "oneOf"]
        };
        assert_eq!(keys, expected, "{way:?}");
    }
}

#[tokio::test]
async fn a_choice_shows_name_address_and_cautions_in_the_order_of_the_matches() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let (form, result) = client.decide(anna(), json!({"action": "decline"})).await;
        let field = &form["requestedSchema"]["properties"]["recipient_01"];
        assert_eq!(field["title"], "anna");
        let choices = choices(field);
        let values: Vec<_> = choices.iter().map(|(value, _)| value.as_str()).collect();
        let mut expected = addresses(&result["recipients"][0]);
        expected.push("none_of_these");
        assert_eq!(values, expected, "{way:?}");
        for (value, title) in [
            (ANNA_K, "anna.k@example.net: Анна Кузнецова"),
            (
                "a.schmidt@demo-company.example",
                "a.schmidt@demo-company.example, colleague, caution: same name other address: Schmidt Anna",
            ),
            (
                "hidden@evil.example",
                "hidden@evil.example, caution: hidden characters removed, caution: same name other address: Anna Schmidt",
            ),
            ("none_of_these", "None of these"),
        ] {
            assert!(choices.contains(&(value.to_owned(), title.to_owned())), "{choices:?}");
        }
    }
}

#[tokio::test]
async fn the_chosen_match_becomes_the_only_one() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let before = unasked(&mut client).await;
        for found in before["recipients"][0]["matches"].as_array().unwrap() {
            let answer = accept(json!({"recipient_01": found["email"]}));
            let (_, result) = client.decide(anna(), answer).await;
            let chosen = json!({"asked": "anna", "status": "one", "matches": [found], "choice": "chosen"});
            assert_eq!(result["recipients"], json!([chosen]), "{way:?}");
            assert_eq!(result.get("advice"), None, "nothing is left to ask");
        }
    }
}

#[tokio::test]
async fn none_of_these_leaves_no_match() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let answer = accept(json!({"recipient_01": "none_of_these"}));
        let (_, result) = client.decide(anna(), answer).await;
        let nobody = json!({"asked": "anna", "status": "none", "matches": [], "choice": "none_of_these"});
        assert_eq!(result["recipients"], json!([nobody]), "{way:?}");
        assert!(result["advice"].as_str().unwrap().contains("Ask the user"), "{result}");
    }
}

#[tokio::test]
async fn a_form_that_is_declined_or_closed_leaves_the_ranked_list_and_the_conversation() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let before = unasked(&mut client).await;
        for (action, choice) in [("decline", "declined"), ("cancel", "cancelled")] {
            // Other content of the answer does not matter.
            for content in [Value::Null, json!({"recipient_01": ANNA_K})] {
                let answer = json!({"action": action, "content": content});
                let (_, result) = client.decide(anna(), answer).await;
                let mut expected = before["recipients"].clone();
                expected[0]["choice"] = json!(choice);
                assert_eq!(result["recipients"], expected, "{way:?}");
                let advice = result["advice"].as_str().unwrap();
                assert!(advice.contains("ask in the conversation"), "{advice}");
            }
        }
    }
}

#[tokio::test]
async fn an_acceptance_that_chooses_nobody_changes_nothing() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let before = unasked(&mut client).await;
        for content in [
            json!({}),
            json!({"recipient_02": ANNA_K}),
            json!({"recipient_1": ANNA_K}),
            json!({"recipient_01": null}),
            json!({"recipient_01": 1}),
            json!({"recipient_01": [ANNA_K]}),
        ] {
            let (_, result) = client.decide(anna(), accept(content.clone())).await;
            assert_eq!(result, before, "{way:?} {content}");
        }
        let (_, result) = client.decide(anna(), json!({"action": "accept"})).await;
        assert_eq!(result, before, "{way:?}");
    }
}

#[tokio::test]
async fn an_address_that_was_not_offered_is_never_taken() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let before = unasked(&mut client).await;
        for address in [
            "mallory@evil.example",
            // The portal has this address, but its owner is no Anna.
            "client@example.com",
            "ANNA.K@example.net",
            " anna.k@example.net",
            "anna.k@example.net: Анна Кузнецова",
            "NONE_OF_THESE",
            "",
        ] {
            let (_, result) = client.decide(anna(), accept(json!({"recipient_01": address}))).await;
            assert_eq!(result, before, "{way:?} {address}");
        }
    }
}

/// Matches beyond those of the form are in the answer, but the user has not seen them.
#[tokio::test]
async fn ten_of_many_people_are_offered_and_only_these_can_be_chosen() {
    let portal = unlimited(Some(200)).await;
    for way in [Way::Stdio(MODERN), Way::Stdio("2025-11-25")] {
        let mut client = Client::declaring(json!({"elicitation": {}}), way, on(&portal)).await;
        let arguments = json!({"names": ["person"], "sources": ["contacts"], "ask_user": true});
        let before = client
            .resolve(json!({"names": ["person"], "sources": ["contacts"]}))
            .await;
        let shown = addresses(&before["recipients"][0]);
        assert_eq!(shown.len(), 20);
        for (at, address) in shown.iter().enumerate() {
            let answer = accept(json!({"recipient_01": address}));
            let (form, result) = client.decide(arguments.clone(), answer).await;
            let offered = choices(&form["requestedSchema"]["properties"]["recipient_01"]);
            assert_eq!(offered.len(), 11, "ten and nobody");
            let is_offered = offered.iter().any(|(value, _)| value == address);
            assert_eq!(is_offered, at < 10);
            if is_offered {
                assert_eq!(addresses(&result["recipients"][0]), [*address]);
            } else {
                assert_eq!(result, before, "{way:?} {address}");
            }
        }
    }
}

fn john_client_anna() -> Value {
    json!({"names": ["john", "client@example.com", "anna"], "ask_user": true})
}

#[tokio::test]
async fn the_form_has_only_the_ambiguous_names_and_each_gets_its_answer() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let answer = accept(json!({"recipient_01": "jsmith@example.org", "recipient_03": ANNA_K}));
        let (form, result) = client.decide(john_client_anna(), answer).await;
        let schema = &form["requestedSchema"];
        let keys = ["recipient_01", "recipient_03"];
        let fields = schema["properties"].as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), keys, "{way:?}");
        assert_eq!(keys.map(|key| fields[key]["title"].as_str().unwrap()), ["john", "anna"]);
        assert_eq!(schema["required"], json!(keys));
        for (recipient, (asked, email, choice)) in result["recipients"].as_array().unwrap().iter().zip([
            ("john", "jsmith@example.org", Some("chosen")),
            ("client@example.com", "client@example.com", None),
            ("anna", ANNA_K, Some("chosen")),
        ]) {
            assert_eq!(
                (&recipient["asked"], &recipient["status"]),
                (&json!(asked), &json!("one"))
            );
            assert_eq!(addresses(recipient), [email], "{way:?}");
            assert_eq!(recipient.get("choice").and_then(Value::as_str), choice);
        }
    }
}

#[tokio::test]
async fn a_match_offered_for_one_name_cannot_be_chosen_for_another() {
    for way in ways() {
        let mut client = Client::start(way).await;
        let before = client.resolve(json!({"names": ["john"]})).await;
        let answer = accept(json!({"recipient_01": ANNA_K, "recipient_02": ANNA_K, "recipient_03": ANNA_K}));
        let (_, result) = client.decide(john_client_anna(), answer).await;
        let recipients = &result["recipients"];
        assert_eq!(recipients[0], before["recipients"][0], "{way:?}");
        assert_eq!(addresses(&recipients[1]), ["client@example.com"]);
        assert_eq!(addresses(&recipients[2]), [ANNA_K]);
    }
}

#[tokio::test]
async fn the_form_has_the_first_ten_of_many_names() {
    for way in [Way::Stdio(MODERN), Way::Stdio("2025-06-18")] {
        let mut client = Client::start(way).await;
        let names: Vec<_> = (0..12).map(|at| if at % 2 == 0 { "anna" } else { "john" }).collect();
        let keys: Vec<_> = (1..=12).map(|at| format!("recipient_{at:02}")).collect();
        let content: Value = keys.iter().map(|key| (key.clone(), json!("none_of_these"))).collect();
        let arguments = json!({"names": names, "ask_user": true});
        let (form, result) = client.decide(arguments, accept(content)).await;
        let fields = form["requestedSchema"]["properties"].as_object().unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), keys[..10].iter().collect::<Vec<_>>());
        for (at, recipient) in result["recipients"].as_array().unwrap().iter().enumerate() {
            let status = if at < 10 { "none" } else { "several" };
            assert_eq!(recipient["status"], status, "{way:?} {at}");
        }
    }
}

#[tokio::test]
async fn a_form_is_shown_only_if_the_call_wants_it_and_a_name_is_undecided() {
    for way in ways() {
        let mut client = Client::start(way).await;
        for arguments in [
            json!({"names": ["anna"]}),
            json!({"names": ["anna"], "ask_user": false}),
            json!({"names": ["anna"], "ask_user": null}),
            json!({"names": ["client@example.com"], "ask_user": true}),
            json!({"names": ["xqzwv"], "ask_user": true}),
            json!({"names": ["client@example.com", "xqzwv"], "ask_user": true}),
        ] {
            let result = client.resolve(arguments.clone()).await;
            for recipient in result["recipients"].as_array().unwrap() {
                assert_eq!(recipient.get("choice"), None, "{way:?} {arguments}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_cannot_show_a_form_gets_the_ranked_list() {
    for way in ways() {
        for capabilities in [json!({}), json!({"sampling": {}}), json!({"elicitation": {"url": {}}})] {
            let mut client = Client::declaring(capabilities.clone(), way, on_demo()).await;
            let result = client.resolve(anna()).await;
            assert_eq!(result, unasked(&mut client).await, "{way:?} {capabilities}");
            assert_eq!(result["recipients"][0]["status"], "several");
        }
    }
}

#[tokio::test]
async fn a_client_that_lists_forms_among_its_capabilities_gets_a_form() {
    for way in ways() {
        for elicitation in [json!({"form": {}}), json!({"form": {}, "url": {}})] {
            let mut client = Client::declaring(json!({"elicitation": elicitation}), way, on_demo()).await;
            let (_, result) = client.decide(anna(), accept(json!({"recipient_01": ANNA_K}))).await;
            assert_eq!(result["recipients"][0]["choice"], "chosen", "{way:?}");
        }
    }
}

/// Without a session a client cannot answer a form, whatever the client supports.
#[tokio::test]
async fn an_older_client_over_http_gets_the_ranked_list() {
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut client = Client::start(Way::Http(revision)).await;
        let result = client.resolve(anna()).await;
        assert_eq!(result, unasked(&mut client).await, "{revision}");
        // Also if the request itself has the capabilities, as only newer clients send them.
        let capabilities = json!({"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}});
        let params = json!({"arguments": anna(), "_meta": capabilities});
        let answer = client.call(params).await;
        assert_eq!(valid(&answer), result, "{revision}");
    }
}

#[tokio::test]
async fn input_required_is_for_clients_of_2026_07_28_alone() {
    for way in BY_REQUEST {
        let mut client = Client::start(*way).await;
        let question = client.call(json!({"arguments": anna()})).await;
        assert_eq!(question["method"], "elicitation/create", "{way:?}");
        assert!(!question.to_string().contains("requestState"), "{question}");
    }
    // A request that names the newest revision, in a session that began with an older one.
    let mut client = Client::start(Way::Stdio("2025-11-25")).await;
    let call = json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call",
        "params": {"name": "resolve_mail_recipients", "arguments": anna()}});
    client.send(with_metadata(call)).await;
    let answer = client.next().await;
    assert_eq!(answer["id"], 9, "it declares nothing: {answer}");
    assert_eq!(
        answer["result"]["structuredContent"]["recipients"][0]["status"],
        "several"
    );
}

#[tokio::test]
async fn a_result_that_asks_the_user_names_its_server() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let answer = client.call(json!({"arguments": anna()})).await;
        let server = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(server["name"], "bitrix24-mail-mcp", "{way:?}: {answer}");
    }
}

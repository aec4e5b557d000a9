//! The state that a client returns with the user's choice in its next call: sealed, bound to the arguments, short, and
//! without personal data.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::commands::on;
use crate::support::elicitation_client::{Client, IN_RESULT, Way, addresses, asked_in_result, valid};
use crate::support::http_server::{server, unlimited};
use crate::support::revisions::MODERN;

const CHOSEN: &str = "anna.k@example.net";

fn arguments() -> Value {
    json!({"names": ["anna", "john"], "ask_user": true})
}

fn answer() -> Value {
    json!({"recipients": {"action": "accept", "content": {"recipient_01": CHOSEN, "recipient_02": "none_of_these"}}})
}

fn second_call(arguments: &Value, state: &Value) -> Value {
    json!({"arguments": arguments, "requestState": state, "inputResponses": answer()})
}

async fn state_for(client: &mut Client, arguments: &Value) -> String {
    asked_in_result(&client.call(json!({"arguments": arguments})).await).1
}

/// Asserts the refusal, which is the same for every reason.
fn assert_not_open(answer: &Value, case: &str) {
    let refusal = json!({"code": -32602, "message": "this question to the user is not open, or not any more; call \
        resolve_mail_recipients again without requestState"});
    assert_eq!(answer["error"], refusal, "{case}: {answer}");
}

fn assert_decided(answer: &Value) {
    let result = valid(answer);
    assert_eq!(addresses(&result["recipients"][0]), [CHOSEN]);
    assert_eq!(result["recipients"][1]["choice"], "none_of_these");
}

#[tokio::test]
async fn a_state_of_another_origin_is_refused_without_a_reason() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let state = state_for(&mut client, &arguments()).await;
        let foreign = state_for(&mut Client::start(*way).await, &arguments()).await;
        let flipped = (0..state.len()).map(|at| {
            let mut bytes = state.clone().into_bytes();
            bytes[at] ^= 1;
            String::from_utf8(bytes).unwrap()
        });
        let truncated = (0..state.len()).map(|length| state[..length].to_owned());
        let parts: Vec<_> = state.split('.').collect();
        let (body, tag) = (parts[1], parts[2]);
        let forged = [
            foreign,
            format!("{state} "),
            format!("{state}."),
            format!("{state}.{tag}"),
            format!("rs2.{body}.{tag}"),
            format!("rs1.{tag}.{body}"),
            format!("rs1..{tag}"),
            "{\"names\":[0,1]}".to_owned(),
            "\u{0}".to_owned(),
            "a".repeat(100_000),
        ];
        for state in flipped.chain(truncated).chain(forged) {
            let answer = client.call(second_call(&arguments(), &json!(state))).await;
            assert_not_open(&answer, &state);
        }
        assert_decided(&client.call(second_call(&arguments(), &json!(state))).await);
    }
}

#[tokio::test]
async fn a_state_that_is_no_text_is_refused_too() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        for state in [json!(1), json!(true), json!({}), json!([]), json!(["a"])] {
            let answer = client.call(second_call(&arguments(), &state)).await;
            assert_not_open(&answer, &state.to_string());
        }
    }
}

#[tokio::test]
async fn a_state_is_valid_only_for_the_same_names_and_sources() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let state = json!(state_for(&mut client, &arguments()).await);
        for others in [
            json!({"names": ["john", "anna"]}),
            json!({"names": ["anna"]}),
            json!({"names": ["anna", "john", "john"]}),
            json!({"names": ["anna", "hanna"]}),
            json!({"names": ["anna john"]}),
            json!({"names": ["Anna", "john"]}),
            json!({"names": ["anna", "john"], "sources": ["contacts"]}),
            json!({"names": ["anna", "john"], "sources": ["employees"]}),
        ] {
            let mut others = others;
            others["ask_user"] = json!(true);
            let answer = client.call(second_call(&others, &state)).await;
            assert_not_open(&answer, &others.to_string());
        }
    }
}

#[tokio::test]
async fn equal_arguments_in_another_form_are_the_same() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let dresses = [
            arguments(),
            json!(arguments().to_string()),
            json!({"recipients": "[\"anna\", \"john\"]", "askUser": "true"}),
            json!({"names": ["anna", "john"], "ask_user": true, "sources": ["employees", "contacts"]}),
        ];
        for first in &dresses {
            let state = json!(state_for(&mut client, first).await);
            for second in &dresses {
                assert_decided(&client.call(second_call(second, &state)).await);
            }
        }
    }
}

#[tokio::test]
async fn arguments_as_json_text_bind_a_state_as_an_object_does() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let state = json!(state_for(&mut client, &json!(arguments().to_string())).await);
        let others = json!(json!({"names": ["anna"], "ask_user": true}).to_string());
        assert_not_open(&client.call(second_call(&others, &state)).await, "as text");
    }
}

#[tokio::test]
async fn a_valid_state_without_a_readable_answer_shows_the_form_again() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let question = client.call(json!({"arguments": arguments()})).await;
        let (form, state) = asked_in_result(&question);
        for responses in [
            Value::Null,
            json!({}),
            json!({"others": {"action": "accept"}}),
            json!({"recipients": null}),
            json!({"recipients": "accept"}),
            json!({"recipients": {"action": "perhaps"}}),
            json!({"recipients": {"content": {"recipient_01": CHOSEN}}}),
        ] {
            let mut params = json!({"arguments": arguments(), "requestState": state});
            if !responses.is_null() {
                params["inputResponses"] = responses.clone();
            }
            let again = client.call(params).await;
            let (same, state) = asked_in_result(&again);
            assert_eq!(same, form, "{way:?} {responses}");
            assert_decided(&client.call(second_call(&arguments(), &json!(state))).await);
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_state_is_ignored() {
    for way in IN_RESULT {
        let mut client = Client::start(*way).await;
        let question = client
            .call(json!({"arguments": arguments(), "inputResponses": answer()}))
            .await;
        asked_in_result(&question);
        let arguments = json!({"names": ["anna"]});
        let unasked = client
            .call(json!({"arguments": arguments, "inputResponses": answer()}))
            .await;
        assert_eq!(valid(&unasked), client.resolve(arguments).await, "{way:?}");
    }
}

/// The bytes of base64url without padding.
fn decoded(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes() {
        let value = alphabet.iter().position(|known| *known == digit).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

#[tokio::test]
async fn a_state_is_short_and_holds_only_which_names_were_in_the_form() {
    let names: Vec<_> = (0..50)
        .map(|at| if at % 2 == 0 { "client@example.com" } else { "anna" })
        .collect();
    let mut client = Client::start(Way::Stdio(MODERN)).await;
    for (arguments, asked) in [
        (arguments(), json!([0, 1])),
        (
            json!({"names": ["client@example.com", "anna"], "ask_user": true}),
            json!([1]),
        ),
        (
            json!({"names": names, "ask_user": true}),
            json!([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        ),
    ] {
        let state = state_for(&mut client, &arguments).await;
        assert!(state.len() < 150, "{state}");
        let parts: Vec<_> = state.split('.').collect();
        assert_eq!((parts.len(), parts[0]), (3, "rs1"));
        // The time at which it expires, the names in the form, and 32 bytes of seal.
        let body = decoded(parts[1]);
        assert_eq!(body[8..], *json!({"names": asked}).to_string().into_bytes());
        assert_eq!(decoded(parts[2]).len(), 32);
    }
}

#[tokio::test]
async fn a_state_is_accepted_even_if_the_call_no_longer_wants_a_form() {
    let mut client = Client::start(Way::Stdio(MODERN)).await;
    let state = json!(state_for(&mut client, &arguments()).await);
    let without = json!({"names": ["anna", "john"]});
    assert_decided(&client.call(second_call(&without, &state)).await);
}

#[tokio::test]
async fn an_answer_for_a_name_that_was_not_in_the_form_changes_nothing() {
    let mut client = Client::start(Way::Stdio(MODERN)).await;
    let arguments = json!({"names": ["client@example.com", "anna"], "ask_user": true});
    let state = state_for(&mut client, &arguments).await;
    let content = json!({"recipient_01": "none_of_these", "recipient_02": CHOSEN});
    let result = valid(&client.call(chosen(&arguments, &state, content)).await);
    assert_eq!(addresses(&result["recipients"][0]), ["client@example.com"]);
    assert_eq!(result["recipients"][0].get("choice"), None);
    assert_eq!(addresses(&result["recipients"][1]), [CHOSEN]);
}

fn chosen(arguments: &Value, state: &str, content: Value) -> Value {
    let responses = json!({"recipients": {"action": "accept", "content": content}});
    json!({"arguments": arguments, "requestState": state, "inputResponses": responses})
}

#[tokio::test]
async fn a_person_deleted_while_the_form_was_open_cannot_be_chosen() {
    let portal = unlimited(None).await;
    let mut command = on(&portal);
    command.env("BITRIX24_CACHE_TTL", "0");
    let mut client = Client::declaring(json!({"elicitation": {}}), Way::Stdio(MODERN), command).await;
    let arguments = json!({"names": ["anna"], "ask_user": true});
    let state = state_for(&mut client, &arguments).await;
    assert!(portal.delete_contact(1, 20));
    let params = chosen(&arguments, &state, json!({"recipient_01": CHOSEN}));
    let result = valid(&client.call(params).await);
    assert_eq!(result, client.resolve(json!({"names": ["anna"]})).await);
    assert!(!result.to_string().contains(CHOSEN), "{result}");
}

/// All but one of the people in the form were deleted while it was open.
#[tokio::test]
async fn an_answer_counts_even_if_only_one_person_is_left() {
    let portal = unlimited(None).await;
    let mut command = on(&portal);
    command.env("BITRIX24_CACHE_TTL", "0");
    let mut client = Client::declaring(json!({"elicitation": {}}), Way::Stdio(MODERN), command).await;
    let arguments = json!({"names": ["john smith"], "sources": ["contacts"], "ask_user": true});
    let state = state_for(&mut client, &arguments).await;
    for gone in [23, 24] {
        assert!(portal.delete_contact(1, gone));
    }
    let left = "john.smith@example.com";
    let alone = client.resolve(arguments.clone()).await;
    assert_eq!(alone["recipients"][0]["status"], "one", "{alone}");
    for (choice, status, matches, kept_choice) in [
        (left, "one", vec![left], Some("chosen")),
        ("none_of_these", "none", vec![], Some("none_of_these")),
        ("jsmith@example.org", "several", vec![left], None),
    ] {
        let params = chosen(&arguments, &state, json!({"recipient_01": choice}));
        let result = valid(&client.call(params).await);
        let recipient = &result["recipients"][0];
        assert_eq!(recipient["status"], status, "{choice}");
        assert_eq!(addresses(recipient), matches, "{choice}");
        assert_eq!(recipient.get("choice").and_then(Value::as_str), kept_choice, "{choice}");
    }
    for action in ["decline", "cancel"] {
        let responses = json!({"recipients": {"action": action}});
        let params = json!({"arguments": arguments, "requestState": state, "inputResponses": responses});
        assert_eq!(
            valid(&client.call(params).await),
            alone,
            "{action}: it is clear by itself"
        );
    }
}

#[tokio::test]
async fn an_expired_state_is_refused_like_any_other() {
    let portal = unlimited(None).await;
    let server = server(&portal).with_questions_open_for(Duration::ZERO);
    let mut client = Client::in_process(MODERN, server).await;
    let state = json!(state_for(&mut client, &arguments()).await);
    // A state is valid to the end of its last millisecond.
    loop {
        let answer = client.call(second_call(&arguments(), &state)).await;
        if answer.get("error").is_some() {
            assert_not_open(&answer, "expired");
            break;
        }
        assert_decided(&answer);
    }
}

//! The state of a question to an employee: for this employee and these names only, at every server with the key.

use std::time::Duration;

use bitrix24_mail_mcp::mcp::Employee;
use serde_json::{Value, json};

use crate::support::elicitation_client::asked_in_result;
use crate::support::employees::{Client, MEMBER_ID, USER_IDS, anna_and_boris, person, team_server, two_books};

const KEYS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

fn client(keys: &[[u8; 32]]) -> Client {
    Client::of(&team_server(&two_books(), Duration::ZERO, keys))
}

fn arguments() -> Value {
    json!({"names": ["John Smith"], "ask_user": true})
}

async fn state_for(client: &Client, employee: &Employee) -> String {
    let result = client.resolve(employee, json!({"arguments": arguments()})).await;
    asked_in_result(&json!({ "result": result })).1
}

async fn second_call(client: &Client, employee: &Employee, arguments: Value, state: &str, chosen: &str) -> Value {
    let answer = json!({"recipients": {"action": "accept", "content": {"recipient_01": chosen}}});
    let params = json!({"arguments": arguments, "requestState": state, "inputResponses": answer});
    client.resolve(employee, params).await
}

fn assert_chosen(answer: &Value, chosen: &str) {
    let recipient = &answer["structuredContent"]["recipients"][0];
    assert_eq!(recipient["matches"][0]["email"], chosen, "{answer}");
    assert_eq!(recipient["status"], "one", "{answer}");
}

fn assert_not_open(answer: &Value) {
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert!(
        answer["error"]["message"].as_str().unwrap().contains("is not open"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn n67_a_state_is_good_only_for_the_employee_it_was_sealed_for() {
    let client = client(&KEYS[..1]);
    let [anna, boris] = anna_and_boris();
    let state = state_for(&client, &anna).await;
    let as_person = |person| Employee { person, ..anna.clone() };
    for other in [
        boris.clone(),
        // With Anna's own tokens, so that only the person differs.
        as_person(person(MEMBER_ID, USER_IDS[1])),
        as_person(person("another", USER_IDS[0])),
        as_person(person("", USER_IDS[0])),
        as_person(person(&format!("{MEMBER_ID}\",{}", USER_IDS[0]), USER_IDS[0])),
    ] {
        assert_not_open(&second_call(&client, &other, arguments(), &state, "john1@of-anna.example").await);
    }
    let answer = second_call(&client, &anna, arguments(), &state, "john1@of-anna.example").await;
    assert_chosen(&answer, "john1@of-anna.example");
    let of_boris = state_for(&client, &boris).await;
    let answer = second_call(&client, &boris, arguments(), &of_boris, "john2@of-boris.example").await;
    assert_chosen(&answer, "john2@of-boris.example");
}

#[tokio::test(start_paused = true)]
async fn n67_a_state_is_good_only_for_the_names_it_was_sealed_for() {
    let client = client(&KEYS[..1]);
    let [anna, _] = anna_and_boris();
    let state = state_for(&client, &anna).await;
    for names in [json!(["John"]), json!(["John Smith", "John"]), json!(["john smith "])] {
        let others = json!({"names": names, "ask_user": true});
        assert_not_open(&second_call(&client, &anna, others, &state, "john1@of-anna.example").await);
    }
}

#[tokio::test(start_paused = true)]
async fn n67_a_state_is_opened_by_every_server_with_its_key_and_by_no_other() {
    let [anna, _] = anna_and_boris();
    let [old, new] = KEYS;
    let accepts = async |by: &[[u8; 32]], state: &str| {
        let answer = second_call(&client(by), &anna, arguments(), state, "john1@of-anna.example").await;
        let is_accepted = answer.get("error").is_none();
        match is_accepted {
            true => assert_chosen(&answer, "john1@of-anna.example"),
            false => assert_not_open(&answer),
        }
        is_accepted
    };
    let by_old = state_for(&client(&[old]), &anna).await;
    assert!(accepts(&[old], &by_old).await, "another server with the same key");
    assert!(accepts(&[new, old], &by_old).await, "a server to which a key was added");
    assert!(!accepts(&[new], &by_old).await);
    assert!(!accepts(&[], &by_old).await);
    let by_both = state_for(&client(&[new, old]), &anna).await;
    assert!(accepts(&[new], &by_both).await, "the first key seals");
    assert!(!accepts(&[old], &by_both).await);
    let by_none = state_for(&client(&[]), &anna).await;
    assert!(!accepts(&[], &by_none).await, "without a key each server has its own");
}

//! Keeping documents, with a network of prepared replies and a paused clock.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::advance;

use super::super::network::NoReply;
use super::super::scripted_network::{ID, Prepared, ScriptedNetwork, TRIP, good, status};
use super::{Documents, HostAway, MAX_DOCUMENTS, MAX_READINGS};

const OLD: &str = "http://127.0.0.1/callback";
const NEW: &str = "http://localhost/callback";
const CLAUDE_CODE: &str = "https://claude.ai/oauth/claude-code-client-metadata";

fn documents() -> (Documents, Arc<ScriptedNetwork>) {
    let network = Arc::new(ScriptedNetwork::new());
    let hosts = "client.example,claude.ai".parse().unwrap();
    let documents = Documents::over(&network, hosts);
    (documents, network)
}

async fn redirect_uris(documents: &Documents) -> Result<Option<Vec<String>>, HostAway> {
    let found = documents.find(ID).await?;
    Ok(found.map(|client| client.redirect_uris))
}

async fn is_known(documents: &Documents, id: &str) -> bool {
    documents.find(id).await.unwrap().is_some()
}

fn away() -> Prepared {
    Prepared::None(NoReply::Connection)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[tokio::test(start_paused = true)]
async fn n17_n18_ids_of_another_form_or_host_are_refused_unfetched() {
    let (documents, network) = documents();
    for id in [
        "b24i_1",
        "http://client.example/oauth/client.json",
        "https://client.example",
        "https://client.example/x#y",
        "https://user@client.example/x",
        "https://client.example:6379/x",
        "https://client.example/../x",
        "https://other.example/oauth/client.json",
        "https://client.example.evil.example/x",
        "https://sub.client.example/x",
        "https://client.example./x",
        "https://93.184.216.34/x",
    ] {
        assert_eq!(documents.find(id).await, Ok(None), "{id}");
    }
    assert_eq!((network.resolutions(), network.fetches()), (0, 0));
    let off = Documents::over(&network, "off".parse().unwrap());
    assert_eq!(off.find(ID).await, Ok(None));
    assert_eq!(network.resolutions(), 0);
    assert!(is_known(&documents, ID).await);
}

#[tokio::test(start_paused = true)]
async fn n22_a_hundred_callers_are_one_reading() {
    let (documents, network) = documents();
    let found = join_all((0..100).map(|_| documents.find(ID))).await;
    assert!(found.into_iter().all(|client| client.unwrap().is_some()));
    assert_eq!(network.fetches(), 1);

    network.answers(away());
    advance(minutes(6)).await;
    let found = join_all((0..100).map(|_| documents.find(ID))).await;
    assert!(found.into_iter().all(|client| client.unwrap().is_some()));
    assert_eq!(network.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn n22_while_the_host_is_away_the_last_document_is_used_for_a_day_and_then_none() {
    for answer in [away(), Prepared::Silence, status(503), status(403), status(302)] {
        let (documents, network) = documents();
        assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![OLD.to_owned()])));
        network.answers(answer);
        advance(minutes(5)).await;
        assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![OLD.to_owned()])));
        let asked = network.fetches();
        advance(minutes(4)).await;
        redirect_uris(&documents).await.unwrap();
        assert_eq!(network.fetches(), asked, "not asked again for five minutes");
        advance(minutes(23 * 60)).await;
        assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![OLD.to_owned()])));
        advance(minutes(2 * 60)).await;
        assert_eq!(redirect_uris(&documents).await, Err(HostAway));
        network.answers(good(&[NEW]));
        assert_eq!(
            redirect_uris(&documents).await,
            Err(HostAway),
            "remembered for a short time"
        );
        advance(Duration::from_secs(30)).await;
        assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![NEW.to_owned()])));
    }
}

#[tokio::test(start_paused = true)]
async fn n21_a_client_whose_document_is_gone_or_wrong_is_unknown_at_once() {
    let wrong = good(&["javascript:alert(1)"]);
    for answer in [status(404), status(410), Prepared::None(NoReply::TooLarge), wrong] {
        let (documents, network) = documents();
        assert!(is_known(&documents, ID).await);
        network.answers(answer);
        advance(minutes(5)).await;
        assert_eq!(documents.find(ID).await, Ok(None));
    }
}

#[tokio::test(start_paused = true)]
async fn n24_a_changed_document_counts_from_its_next_reading() {
    let (documents, network) = documents();
    assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![OLD.to_owned()])));
    network.answers(good(&[OLD, NEW]));
    advance(minutes(4)).await;
    assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![OLD.to_owned()])));
    advance(minutes(1)).await;
    let both = vec![OLD.to_owned(), NEW.to_owned()];
    assert_eq!(redirect_uris(&documents).await, Ok(Some(both)));
    network.answers(good(&[NEW]));
    advance(minutes(5)).await;
    assert_eq!(redirect_uris(&documents).await, Ok(Some(vec![NEW.to_owned()])));
    assert_eq!(network.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_way_out_knows_claude_code_by_its_copy() {
    let (documents, network) = documents();
    network.resolves_to(&[]);
    let client = documents.find(CLAUDE_CODE).await.unwrap().unwrap();
    assert_eq!(client.name, "Claude Code");
    advance(minutes(4)).await;
    assert!(is_known(&documents, CLAUDE_CODE).await);
    assert_eq!(network.resolutions(), 1, "each attempt could take five seconds");
    network.resolves_to(&["93.184.216.34"]);
    network.answers(status(404));
    advance(minutes(1)).await;
    assert_eq!(documents.find(CLAUDE_CODE).await, Ok(None), "the host itself says so");
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_dropped_is_taken_over_by_the_next_caller() {
    let (documents, network) = documents();
    let (dropped, found) = tokio::join!(tokio::time::timeout(TRIP / 2, documents.find(ID)), documents.find(ID));
    assert!(dropped.is_err());
    assert!(found.unwrap().is_some());
    assert_eq!(network.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn documents_and_readings_are_bounded_and_missing_ones_replace_no_good_one() {
    let (documents, network) = documents();
    assert!(is_known(&documents, ID).await);
    network.answers(status(404));
    let missing: Vec<_> = (0..3 * MAX_DOCUMENTS)
        .map(|number| format!("https://client.example/{number}"))
        .collect();
    let found = join_all(missing.iter().map(|id| documents.find(id))).await;
    assert!(found.into_iter().all(|client| !matches!(client, Ok(Some(_)))));
    for id in missing.iter().take(2 * MAX_DOCUMENTS) {
        assert_eq!(documents.find(id).await, Ok(None));
    }
    assert!(documents.entries.lock().len() <= MAX_DOCUMENTS);
    assert!(network.most_running() <= MAX_READINGS);
    let fetches = network.fetches();
    advance(minutes(1)).await;
    assert!(is_known(&documents, ID).await);
    assert_eq!(network.fetches(), fetches, "still kept");
}

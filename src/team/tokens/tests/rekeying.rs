//! Tests of sealing all pairs by another key.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::support::{call, employee, id_of, sign_in, steered};
use crate::team::records::{Lease, SealedPair};
use crate::team::store::Store;
use crate::team::test_support::{FaultyStore, TestServer, portal_settings};
use crate::team::{RekeyError, Rekeyed, ServerKeys, rekey};

fn new_key() -> String {
    ServerKeys::generate().unwrap().expose_secret().to_owned()
}

/// A server with keys `new old`, as all servers have before a rekey, whose pairs are sealed by the old one.
async fn server() -> (TestServer, Arc<FaultyStore>, ServerKeys, ServerKeys) {
    let (server, store) = steered(portal_settings()).await;
    let old = server.key.expose_secret();
    let new = new_key();
    let both: ServerKeys = format!("{new} {old}").parse().unwrap();
    assert!(store_pins(&server, &old.parse().unwrap()).await);
    (server, store, both, new.parse().unwrap())
}

async fn store_pins(server: &TestServer, keys: &ServerKeys) -> bool {
    server.store.pin_key(&keys.ids()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn n79_after_a_rekey_the_new_key_alone_opens_all_pairs_and_nobody_was_signed_out() {
    let (server, _, both, new) = server().await;
    let client = server.client("Codex").await;
    let mut people = Vec::new();
    for name in ["Anna", "Boris", "Carla"] {
        let tokens = sign_in(&server, name, &client).await;
        people.push(id_of(&employee(&server, &tokens.access).await));
    }
    assert!(
        !store_pins(&server, &new).await,
        "before, the new key alone is not enough"
    );
    let done = rekey(server.store.as_ref(), &both).await;
    assert_eq!(done, Ok(Rekeyed { resealed: 3, left: 0 }));
    for person in &people {
        let pair = server.store.pair(person).await.unwrap().unwrap();
        assert!(new.open(person, &pair).is_some());
    }
    assert!(store_pins(&server, &new).await);
    let again = rekey(server.store.as_ref(), &new).await;
    assert_eq!(again, Ok(Rekeyed { resealed: 0, left: 0 }));
}

#[tokio::test(start_paused = true)]
async fn n79_a_pair_that_is_being_refreshed_is_waited_for() {
    let (server, _, both, new) = server().await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    let lease = server.store.lease(&anna, 1, Duration::from_secs(3600)).await;
    let Ok(Lease::Won(leased)) = lease else {
        panic!("{lease:?}")
    };
    let (done, ()) = tokio::join!(rekey(server.store.as_ref(), &both), async {
        tokio::time::sleep(Duration::from_secs(15)).await;
        server.store.free_lease(&anna, leased.until).await.unwrap();
    });
    assert_eq!(done, Ok(Rekeyed { resealed: 1, left: 0 }));
    let pair = server.store.pair(&anna).await.unwrap().unwrap();
    assert!(new.open(&anna, &pair).is_some());
    assert!(
        call(&server, &tokens.access).await.is_err(),
        "the running server lacks the new key"
    );
}

#[tokio::test(start_paused = true)]
async fn n79_a_pair_that_no_key_opens_is_counted_and_the_old_key_stays_needed() {
    let (server, _, both, new) = server().await;
    let client = server.client("Codex").await;
    sign_in(&server, "Anna", &client).await;
    let tokens = sign_in(&server, "Boris", &client).await;
    let boris = id_of(&employee(&server, &tokens.access).await);
    let pair = server.store.pair(&boris).await.unwrap().unwrap();
    let broken = SealedPair {
        version: pair.version + 1,
        key_id: pair.key_id,
        sealed: vec![7; 90],
    };
    assert!(server.store.reseal_pair(&boris, broken).await.unwrap());
    let done = rekey(server.store.as_ref(), &both).await;
    assert_eq!(done, Ok(Rekeyed { resealed: 1, left: 1 }));
    assert!(!store_pins(&server, &new).await);
}

#[tokio::test(start_paused = true)]
async fn keys_that_the_store_was_not_made_with_change_nothing() {
    let (server, store, _, new) = server().await;
    let done = rekey(store.as_ref(), &new).await;
    assert_eq!(done, Err(RekeyError::OtherKeys));
    assert_eq!(store.count("replace_key") + store.count("reseal_pair"), 0);
    drop(server);
}

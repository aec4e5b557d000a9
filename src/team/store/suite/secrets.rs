//! A store holds no secret in any form.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use secrecy::ExposeSecret;

use crate::team::secret_value::{Digest, Kind, SecretValue};
use crate::team::server_key::{Pair, ServerKeys};
use crate::team::settings::Lifetimes;
use crate::team::store::records::{
    Approval, CompletedSignIn, EndReason, Lease, NewTokens, Purpose, SealedPair, SignIn, SignInResult,
};
use crate::team::store::{Store, suite};

/// Secrets by name.
#[derive(Default)]
struct Secrets(BTreeMap<String, Vec<u8>>);

impl Secrets {
    fn make(&mut self, name: &str, kind: Kind) -> Digest {
        let value = SecretValue::random(kind).unwrap();
        let text = value.expose();
        let random = text.split_once('_').unwrap().1;
        self.keep(name, random.as_bytes());
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(random);
        self.keep(&format!("{name}, its bytes"), &bytes.unwrap());
        value.digest()
    }

    fn keep(&mut self, name: &str, secret: &[u8]) {
        let is_new = self.0.insert(name.to_owned(), secret.to_vec()).is_none();
        assert!(is_new, "{name}");
    }

    fn tokens(&mut self, name: &str) -> NewTokens {
        NewTokens {
            access: self.make(&format!("{name} access token"), Kind::AccessToken),
            refresh: self.make(&format!("{name} refresh token"), Kind::RefreshToken),
        }
    }

    /// A pair of the portal, sealed.
    fn pair(&mut self, keys: &ServerKeys, version: i64) -> SealedPair {
        let [access, refresh] = ["access", "refresh"].map(|name| {
            let text: String = std::iter::repeat_with(fastrand::alphanumeric).take(70).collect();
            self.keep(&format!("the portal's {name} token {version}"), text.as_bytes());
            text.into()
        });
        keys.seal(&suite::employee(1), version, &Pair { access, refresh })
            .unwrap()
    }
}

/// The forms that a secret may take in a database.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("plain", secret.to_vec()),
        (
            "url-encoded",
            percent_encode(secret, NON_ALPHANUMERIC).to_string().into_bytes(),
        ),
        ("upper-case hex", hex.to_uppercase().into_bytes()),
        ("hex", hex.into_bytes()),
    ];
    // Inside a longer text a secret begins at any of three places of base64's groups.
    for skip in 0..3 {
        let inside = secret[skip..].chunks_exact(3).flatten().copied().collect::<Vec<u8>>();
        forms.push(("base64", STANDARD.encode(&inside).into_bytes()));
        forms.push(("base64url", URL_SAFE.encode(&inside).into_bytes()));
    }
    forms
}

/// Everything that somebody with the database gets, and the beginnings of all texts in it, which make the search quick.
struct Dump {
    bytes: Vec<u8>,
    beginnings: HashSet<[u8; BEGINNING]>,
}

const BEGINNING: usize = 8;

impl Dump {
    fn of(bytes: Vec<u8>) -> Self {
        let beginnings = bytes.windows(BEGINNING).map(|window| window.try_into().unwrap());
        Self {
            beginnings: beginnings.collect(),
            bytes,
        }
    }

    fn contains(&self, wanted: &[u8]) -> bool {
        let beginning = wanted.first_chunk::<BEGINNING>().unwrap();
        self.beginnings.contains(beginning) && self.bytes.windows(wanted.len()).any(|window| window == wanted)
    }
}

/// `dump` returns everything that somebody with the database gets.
pub(in crate::team) async fn n76_nothing_holds_a_secret_in_any_form(
    store: &dyn Store,
    dump: impl AsyncFn() -> Vec<u8>,
) {
    let mut secrets = Secrets::default();
    let text = ServerKeys::generate().unwrap();
    let keys: ServerKeys = text.expose_secret().parse().unwrap();
    secrets.keep("server key", text.expose_secret().as_bytes());
    secrets.keep("the key's bytes", &STANDARD.decode(text.expose_secret()).unwrap());
    for key in keys.elicitation_keys() {
        secrets.keep("elicitation key", &key);
    }
    let lifetimes = Lifetimes::default();
    let minutes = Duration::from_secs(600);
    assert!(store.pin_key(&keys.ids()).await.unwrap());

    // A sign-in to its end, and one that stays before it.
    let mut last = None;
    for name in ["done", "pending", "refused"] {
        let pending = SignIn {
            handle: secrets.make(&format!("{name} handle"), Kind::Handle),
            form_key: secrets.make(&format!("{name} form key"), Kind::FormKey),
            ..suite::sign_in("192.0.2.1")
        };
        store.begin_sign_in(pending.clone(), minutes).await.unwrap();
        let approval = Approval {
            state: secrets.make(&format!("{name} state"), Kind::State),
            binding: secrets.make(&format!("{name} binding"), Kind::Binding),
        };
        let approved = (name != "refused").then_some(approval);
        let decided = store.decide_sign_in(pending.handle, pending.form_key, approved);
        assert!(decided.await.unwrap().is_some());
        if name == "done" {
            last = store.take_sign_in(approval.state, approval.binding).await.unwrap();
        }
    }
    let SignIn { handle, purpose, .. } = last.unwrap();
    let Purpose::Client(request) = purpose else { panic!() };
    let mut first = None;
    for (version, name) in [(1, "first"), (2, "second")] {
        let code = secrets.make(&format!("{name} code"), Kind::Code);
        let completed = CompletedSignIn {
            handle: match version {
                1 => handle,
                _ => suite::arriving(store).await,
            },
            employee: suite::employee(1),
            name: "Анна Смирнова".to_owned(),
            pair: Some(secrets.pair(&keys, version)),
            result: SignInResult::Grant {
                request: request.clone(),
                code,
                lives: lifetimes.code,
            },
        };
        suite::complete(store, completed).await;
        let tokens = secrets.tokens(name);
        store.redeem_code(code, tokens, lifetimes).await.unwrap();
        first.get_or_insert(tokens);
    }
    let first = first.unwrap();
    let rotated = secrets.tokens("rotated");
    store.rotate(first.refresh, rotated, lifetimes).await.unwrap();
    assert!(store.session(rotated.access).await.unwrap().is_some());
    let lease = store.lease(&suite::employee(1), 2, minutes).await.unwrap();
    assert!(matches!(lease, Lease::Won(_)));
    let refreshed = secrets.pair(&keys, 3);
    assert!(store.save_pair(&suite::employee(1), refreshed).await.unwrap());
    let page = CompletedSignIn {
        handle: suite::arriving(store).await,
        employee: suite::employee(1),
        name: "Анна Смирнова".to_owned(),
        pair: None,
        result: SignInResult::PageSession {
            session: secrets.make("page session", Kind::PageSession),
            lives: minutes,
        },
    };
    suite::complete(store, page).await;

    let check = async |when: &str| {
        let dump = Dump::of(dump().await);
        // The test sees what is there.
        assert!(dump.contains("Анна Смирнова".as_bytes()), "{when}");
        assert!(dump.contains(rotated.refresh.as_bytes()), "{when}");
        for (name, secret) in &secrets.0 {
            for (form, text) in forms(secret) {
                assert!(!dump.contains(&text), "{when} the store holds {name}, {form}");
            }
        }
    };
    check("while employees are signed in").await;
    store
        .end_employee(&suite::employee(1), EndReason::Operator)
        .await
        .unwrap();
    check("after the end").await;
}

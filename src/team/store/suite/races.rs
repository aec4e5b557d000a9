//! Operations at the same time, through two connections to one store.
//!
//! Each of these goes red on a store that reads and then writes.

use std::future::Future;

use futures_util::future::BoxFuture;
use tokio::sync::Barrier;

use super::super::records::{EndReason, Lease};
use super::*;

const LIVES: Duration = Duration::from_secs(600);
/// Each race is run so often, since most runs of a wrong store end well.
const ROUNDS: usize = 10;

/// One of several operations at the same time.
type Racer<T> = Box<dyn FnOnce(Arc<dyn Store>) -> BoxFuture<'static, T> + Send>;

/// Runs the operations at the same time. Those with an even number use one connection, the others another.
async fn at_once<T: Send + 'static>(fixture: &Fixture, operations: Vec<Racer<T>>) -> Vec<T> {
    let barrier = Arc::new(Barrier::new(operations.len()));
    let mut tasks = Vec::new();
    for (number, operation) in operations.into_iter().enumerate() {
        let store = if number % 2 == 0 {
            &fixture.store
        } else {
            &fixture.other
        };
        let (store, barrier) = (Arc::clone(store), Arc::clone(&barrier));
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            operation(store).await
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// An operation of [`at_once`].
fn operation<T, F: Future<Output = T> + Send + 'static>(
    work: impl FnOnce(Arc<dyn Store>) -> F + Send + 'static,
) -> Racer<T> {
    Box::new(move |store| Box::pin(work(store)))
}

/// `count` times the same operation.
async fn same<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    fixture: &Fixture,
    count: usize,
    work: impl Fn(Arc<dyn Store>) -> F + Clone + Send + 'static,
) -> Vec<T> {
    let operations = (0..count).map(|_| operation(work.clone())).collect();
    at_once(fixture, operations).await
}

pub(in crate::team) async fn n46_one_of_several_takes_the_sign_in(fixture: &Fixture) {
    for _ in 0..ROUNDS {
        let sign_in = sign_in("192.0.2.1");
        let Approval { state, binding } = Approval {
            state: digest(),
            binding: digest(),
        };
        fixture.store.begin_sign_in(sign_in.clone(), LIVES).await.unwrap();
        let approval = Some(Approval { state, binding });
        let decided = fixture.store.decide_sign_in(sign_in.handle, sign_in.form_key, approval);
        assert!(decided.await.unwrap().is_some());
        let taken = same(fixture, 8, move |store| async move {
            store.take_sign_in(state, binding).await.unwrap()
        });
        let taken: Vec<_> = taken.await.into_iter().flatten().collect();
        assert_eq!(taken, [sign_in]);
    }
}

pub(in crate::team) async fn n32_one_of_several_decides_the_sign_in(fixture: &Fixture) {
    for _ in 0..ROUNDS {
        let SignIn { handle, form_key, .. } = {
            let sign_in = sign_in("192.0.2.1");
            fixture.store.begin_sign_in(sign_in.clone(), LIVES).await.unwrap();
            sign_in
        };
        let approvals: Vec<_> = (0..6)
            .map(|_| Approval {
                state: digest(),
                binding: digest(),
            })
            .collect();
        let decisions = approvals.iter().map(|approval| {
            let approval = Some(*approval);
            operation(move |store| async move { store.decide_sign_in(handle, form_key, approval).await.unwrap() })
        });
        let decided = at_once(fixture, decisions.collect()).await;
        assert_eq!(decided.iter().flatten().count(), 1);
        // The state that is good is that of the decision which was answered.
        for (decided, Approval { state, binding }) in decided.iter().zip(approvals) {
            let taken = fixture.store.take_sign_in(state, binding).await.unwrap();
            assert_eq!(&taken, decided);
        }
    }
}

pub(in crate::team) async fn n50_two_uses_of_a_code_at_once_make_one_pair(fixture: &Fixture) {
    for _ in 0..ROUNDS {
        let code = code(&*fixture.store, 1, CLIENT).await;
        let outcomes = same(fixture, 2, move |store| async move {
            let tokens = tokens();
            (
                store.redeem_code(code, tokens, Lifetimes::default()).await.unwrap(),
                tokens,
            )
        });
        let outcomes = outcomes.await;
        let count = |wanted| outcomes.iter().filter(|(outcome, _)| *outcome == wanted).count();
        assert_eq!((count(Redeemed::Issued), count(Redeemed::Replayed)), (1, 1));
        for (_, tokens) in outcomes {
            assert!(
                !is_live(&*fixture.store, tokens).await,
                "the second use has ended the first"
            );
        }
    }
}

pub(in crate::team) async fn n53_five_refreshes_at_once_all_work(fixture: &Fixture) {
    let mut token = signed_in(&*fixture.store, 1, CLIENT).await.refresh;
    for _ in 0..ROUNDS {
        let outcomes = same(fixture, 5, move |store| async move { rotated(&*store, token).await }).await;
        let count = |is_repeated| {
            let wanted = Rotated::Issued { is_repeated };
            outcomes.iter().filter(|(outcome, _)| *outcome == wanted).count()
        };
        assert_eq!((count(false), count(true)), (1, 4));
        for (_, tokens) in &outcomes {
            assert!(is_live(&*fixture.store, *tokens).await);
            let (outcome, next) = rotated(&*fixture.store, tokens.refresh).await;
            assert_eq!(outcome, Rotated::Issued { is_repeated: false });
            token = next.refresh;
        }
    }
}

pub(in crate::team) async fn n55_twenty_refreshes_at_once_make_eight_children(fixture: &Fixture) {
    for _ in 0..ROUNDS / 2 {
        let token = signed_in(&*fixture.store, 1, CLIENT).await.refresh;
        let outcomes = same(fixture, 20, move |store| async move { rotated(&*store, token).await });
        let outcomes = outcomes.await;
        let refused = outcomes.iter().filter(|(outcome, _)| *outcome == Rotated::TooOften);
        assert_eq!(refused.count(), 12);
        let mut live = 0;
        for (_, tokens) in &outcomes {
            live += usize::from(is_live(&*fixture.store, *tokens).await);
        }
        assert_eq!(live, 8);
    }
}

pub(in crate::team) async fn n59_no_tokens_live_after_the_end_of_a_grant_that_was_being_refreshed(fixture: &Fixture) {
    for round in 0..ROUNDS {
        let tokens = signed_in(&*fixture.store, 1, CLIENT).await;
        let grant = fixture.store.grants(None).await.unwrap()[0].grant;
        let refresh = || operation(move |store| async move { Some(rotated(&*store, tokens.refresh).await.1) });
        let mut operations = vec![refresh(), refresh(), refresh()];
        let end = operation(move |store: Arc<dyn Store>| async move {
            let ended = store.end_grant(&employee(1), grant, EndReason::Operator).await;
            assert!(ended.unwrap());
            None
        });
        operations.insert(round % 4, end);
        let outcomes = at_once(fixture, operations).await;
        for tokens in outcomes.into_iter().flatten().chain([tokens]) {
            assert!(!is_live(&*fixture.store, tokens).await);
            assert_eq!(rotated(&*fixture.store, tokens.refresh).await.0, Rotated::Gone);
        }
        assert_eq!(fixture.store.grants(None).await.unwrap(), []);
    }
}

pub(in crate::team) async fn n59_no_tokens_live_after_the_end_of_an_employee_whose_code_was_being_used(
    fixture: &Fixture,
) {
    for round in 0..ROUNDS {
        let code = code(&*fixture.store, 1, CLIENT).await;
        let redeem = operation(move |store: Arc<dyn Store>| async move {
            let tokens = tokens();
            store.redeem_code(code, tokens, Lifetimes::default()).await.unwrap();
            Some(tokens)
        });
        let mut operations = vec![redeem];
        let end = operation(move |store: Arc<dyn Store>| async move {
            let ended = store.end_employee(&employee(1), EndReason::Operator).await;
            assert_eq!(ended.unwrap(), 1);
            None
        });
        operations.insert(round % 2, end);
        for tokens in at_once(fixture, operations).await.into_iter().flatten() {
            assert!(!is_live(&*fixture.store, tokens).await);
            assert_eq!(rotated(&*fixture.store, tokens.refresh).await.0, Rotated::Gone);
        }
        assert_eq!(fixture.store.pair(&employee(1)).await.unwrap(), None);
        assert_eq!(fixture.store.grants(None).await.unwrap(), []);
    }
}

pub(in crate::team) async fn n64_no_sign_in_is_completed_after_the_end_of_all(fixture: &Fixture) {
    for round in 0..ROUNDS {
        let (under_way, code) = completed(&*fixture.store, 1, CLIENT, 1).await;
        let mut operations = vec![completing(under_way)];
        let end = operation(move |store: Arc<dyn Store>| async move {
            assert!(store.end_all(EndReason::Operator).await.unwrap() <= 1);
        });
        operations.insert(round % 2, end);
        at_once(fixture, operations).await;
        assert_eq!(fixture.store.pair(&employee(1)).await.unwrap(), None);
        let redeemed = fixture.store.redeem_code(code, tokens(), Lifetimes::default()).await;
        assert_eq!(redeemed.unwrap(), Redeemed::Gone);
    }
}

pub(in crate::team) async fn n72_a_sign_in_is_not_ended_because_of_the_pair_before_it(fixture: &Fixture) {
    for round in 0..ROUNDS {
        let user_id = u64::try_from(round).unwrap();
        signed_in(&*fixture.store, user_id, CLIENT).await;
        let (again, code) = completed(&*fixture.store, user_id, CLIENT, 2).await;
        let sign_in = operation(move |store: Arc<dyn Store>| async move {
            complete(&*store, again).await;
        });
        let mut operations = vec![sign_in];
        let end = operation(move |store: Arc<dyn Store>| async move {
            let ended = store.end_employee_at(&employee(user_id), 1, EndReason::Refused).await;
            assert!(matches!(ended.unwrap(), None | Some(1)));
        });
        operations.insert(round % 2, end);
        at_once(fixture, operations).await;
        let redeemed = fixture.store.redeem_code(code, tokens(), Lifetimes::default()).await;
        assert_eq!(redeemed.unwrap(), Redeemed::Issued);
        let pair = fixture.store.pair(&employee(user_id)).await.unwrap();
        assert_eq!(pair.map(|pair| pair.version), Some(2));
    }
}

/// Keeps the pair of a sign-in, and seals it again for the next version as often as it must.
fn completing(completed: CompletedSignIn) -> Racer<()> {
    operation(move |store: Arc<dyn Store>| async move {
        loop {
            let version = store.next_version(&completed.employee).await.unwrap();
            let pair = completed.pair.clone().map(|pair| SealedPair { version, ..pair });
            let sealed = CompletedSignIn {
                pair,
                ..completed.clone()
            };
            match store.complete_sign_in(sealed).await.unwrap() {
                Completed::AnotherVersion => {}
                Completed::Kept | Completed::Ended => return,
            }
        }
    })
}

pub(in crate::team) async fn n72_of_sign_ins_at_once_the_pair_of_the_later_one_stays(fixture: &Fixture) {
    for round in 0..ROUNDS {
        let (earlier, _) = completed(&*fixture.store, 1, CLIENT, 0).await;
        fixture.pass(1);
        let (later, _) = completed(&*fixture.other, 1, CLIENT, 0).await;
        let sealed = later.pair.clone().unwrap().sealed;
        let mut operations = vec![completing(earlier)];
        operations.insert(round % 2, completing(later));
        at_once(fixture, operations).await;
        let pair = fixture.store.pair(&employee(1)).await.unwrap();
        assert_eq!(pair.unwrap().sealed, sealed);
    }
}

pub(in crate::team) async fn n73_one_of_several_wins_the_lease(fixture: &Fixture) {
    signed_in(&*fixture.store, 1, CLIENT).await;
    for version in 1..=i64::try_from(ROUNDS).unwrap() {
        let leases = same(fixture, 8, move |store| async move {
            store.lease(&employee(1), version, LIVES).await.unwrap()
        });
        let leases = leases.await;
        let won = leases.iter().filter(|lease| matches!(lease, Lease::Won(_))).count();
        let taken = leases.iter().filter(|lease| **lease == Lease::Taken).count();
        assert_eq!((won, taken), (1, 7));
        assert!(fixture.store.save_pair(&employee(1), pair(version + 1)).await.unwrap());
    }
}

pub(in crate::team) async fn n72_one_of_several_pairs_of_a_version_is_kept(fixture: &Fixture) {
    signed_in(&*fixture.store, 1, CLIENT).await;
    for version in 2..2 + i64::try_from(ROUNDS).unwrap() {
        let save = || {
            operation(move |store: Arc<dyn Store>| async move {
                let pair = pair(version);
                let is_kept = store.save_pair(&employee(1), pair.clone()).await.unwrap();
                is_kept.then_some(pair)
            })
        };
        let (completed, _) = completed(&*fixture.store, 1, CLIENT, version).await;
        let sign_in = operation(move |store: Arc<dyn Store>| async move {
            let pair = completed.pair.clone();
            let outcome = store.complete_sign_in(completed).await.unwrap();
            pair.filter(|_| outcome == Completed::Kept)
        });
        let kept = at_once(fixture, vec![save(), sign_in, save()]).await;
        let kept: Vec<_> = kept.into_iter().flatten().collect();
        assert_eq!(kept.len(), 1);
        let pair = fixture.store.pair(&employee(1)).await.unwrap();
        assert_eq!(pair.as_ref(), kept.first());
    }
}

pub(in crate::team) async fn n79_no_pair_is_sealed_again_under_a_lease_at_once(fixture: &Fixture) {
    signed_in(&*fixture.store, 1, CLIENT).await;
    for round in 0..ROUNDS {
        let version = fixture.store.pair(&employee(1)).await.unwrap().unwrap().version;
        let lease = operation(move |store: Arc<dyn Store>| async move {
            let lease = store.lease(&employee(1), version, LIVES).await.unwrap();
            matches!(lease, Lease::Won(_))
        });
        let mut operations = vec![lease];
        let reseal = operation(move |store: Arc<dyn Store>| async move {
            store.reseal_pair(&employee(1), pair(version + 1)).await.unwrap()
        });
        operations.insert(round % 2, reseal);
        let outcomes = at_once(fixture, operations).await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome).count(), 1);
        // The lease is asked for second in the even rounds.
        let leased = outcomes[1 - round % 2];
        let saved = fixture.store.save_pair(&employee(1), pair(version + 1)).await.unwrap();
        assert_eq!(saved, leased, "the holder of the lease keeps its pair");
    }
}

pub(in crate::team) async fn n85_the_bound_holds_for_sign_ins_at_once(fixture: &Fixture) {
    for _ in 0..995 {
        let begun = fixture.store.begin_sign_in(sign_in("192.0.2.1"), LIVES).await.unwrap();
        assert_eq!(begun, Begun::Kept);
    }
    let begun = same(fixture, 20, move |store| async move {
        store.begin_sign_in(sign_in("192.0.2.1"), LIVES).await.unwrap()
    });
    let kept = begun.await.into_iter().filter(|begun| *begun == Begun::Kept).count();
    assert!((5..5 + fixture.statements).contains(&kept));
    let begun = fixture.store.begin_sign_in(sign_in("192.0.2.1"), LIVES).await.unwrap();
    assert_eq!(begun, Begun::TooMany);
}

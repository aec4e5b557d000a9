//! One request and its answer, by socket or without: recording, the limit on requests a second, faults, routes.

use std::time::Duration;

use super::answer::{Answer, message_for};
use super::faults::{Breakage, Place};
use super::quirks::{Quirk, SLOW};
use super::request::RecordedRequest;
use super::state::State;
use super::{oauth_server, old_api, rest3, sign_in};

/// The answer, or how the connection breaks; never returns for [`Breakage::Hang`]. Dropping the future abandons the
/// request.
pub(super) async fn respond(state: &State, request: RecordedRequest) -> Result<Answer, Breakage> {
    state.record(&request);
    let mut unanswered = Unanswered {
        state,
        was_answered: false,
    };
    if state.settings.quirk == Some(Quirk::Slow) {
        tokio::time::sleep(SLOW).await;
    }
    let answer = answer_to(state, &request).await;
    state.until_released().await;
    if matches!(answer, Err(Breakage::Hang)) {
        std::future::pending::<()>().await;
    }
    unanswered.was_answered = true;
    answer.map(|answer| with_retry_after(state, answer))
}

/// Counts an abandoned request when dropped.
struct Unanswered<'a> {
    state: &'a State,
    was_answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.was_answered {
            self.state.count(&self.state.abandoned);
        }
    }
}

async fn answer_to(state: &State, request: &RecordedRequest) -> Result<Answer, Breakage> {
    let language = state.settings.language;
    let place = request.place();
    count_sign_in(state, request);
    if matches!(place, Place::Rest3 | Place::OldApi) && !state.admits() {
        state.count(&state.throttled);
        let code = "QUERY_LIMIT_EXCEEDED";
        return Ok(Answer::flat(503, code, message_for(language, code)));
    }
    if let Some(failure) = state.failure_at(place) {
        return failure.answer(language, &state.origin(), request.bare_path());
    }
    if place == Place::Rest3 {
        let time = state.settings.time_per_call.saturating_mul(request.calls());
        let patience = state.settings.gateway_timeout.unwrap_or(Duration::MAX);
        tokio::time::sleep(time.min(patience)).await;
        if time > patience {
            return Ok(Answer::unavailable(504));
        }
    }
    Ok(match request.segments().as_slice() {
        ["rest", "api", method] => rest3::answer(state, request, None, method),
        ["rest", "api", user, secret, method] => rest3::answer(state, request, Some((user, secret)), method),
        ["rest", user, secret, method] => old_api::answer(state, request, Some((user, secret)), method),
        ["rest", method] => old_api::answer(state, request, None, method),
        ["oauth", "token"] => oauth_server::token(state, request).await?,
        page => match &state.settings.handler {
            Some(handler) => sign_in::answer(state, request, handler, page),
            None if page == ["oauth", "authorize"] => oauth_server::authorize(state, request),
            None => Answer::no_such_page(404),
        },
    })
}

/// Counts the requests of a sign-in, failed ones included.
fn count_sign_in(state: &State, request: &RecordedRequest) {
    let is_exchange = || request.parameter("grant_type").as_deref() == Some("authorization_code");
    match request.segments().as_slice() {
        ["oauth", "authorize"] => state.count(&state.authorize_requests),
        ["oauth", "token"] if is_exchange() => state.count(&state.code_exchanges),
        _ => {}
    }
}

fn with_retry_after(state: &State, mut answer: Answer) -> Answer {
    if matches!(answer.status, 429 | 503) {
        answer.retry_after = answer.retry_after.or(state.settings.retry_after);
    }
    answer
}

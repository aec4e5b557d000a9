//! Sign-ins through the server, a demo portal and a browser.

mod authorize;
mod callback;
mod callback_faults;
mod callback_tokens;
mod consent;
mod start_page;
mod two_servers;

use crate::portal::EmployeeId;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::Store;
use crate::team::store::records::{ClientRequest, GrantLine};
use crate::team::test_support::{Browser, TestClient, TestServer};

/// The demo portal's id.
const MEMBER_ID: &str = "da45a03b265edd8787f8a258d793cc5d";

/// The request that the store keeps with a client's code.
async fn request_of(server: &TestServer, code: &str) -> ClientRequest {
    let code = SecretValue::read(Kind::Code, code).unwrap();
    server.store.code(code.digest()).await.unwrap().unwrap()
}

/// Signs in with this browser, and exchanges the client's code.
async fn connect(server: &TestServer, browser: &mut Browser<'_>, name: &str, client: &TestClient) {
    let code = browser.sign_in_as(name, client).await;
    server.redeem(&code).await;
}

/// The user's id and the names of employee and client of every live grant, the newest first.
async fn grants(server: &TestServer) -> Vec<(u64, String, String)> {
    let grants = server.store.grants(None).await.unwrap();
    let line = |grant: GrantLine| (grant.employee.user_id, grant.name, grant.client_name);
    grants.into_iter().map(line).collect()
}

/// The access token of the pair that the store keeps for this user, opened; `None` if it keeps none.
async fn access_token(server: &TestServer, user_id: u64) -> Option<secrecy::SecretString> {
    let employee = EmployeeId {
        member_id: MEMBER_ID.into(),
        user_id,
    };
    let sealed = server.store.pair(&employee).await.unwrap()?;
    let pair = server.team.settings().server_keys.open(&employee, &sealed).unwrap();
    Some(pair.access)
}

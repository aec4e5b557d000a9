//! Two employees of one team server: tokens that a test controls, a scripted portal with a book for each of them, and a
//! client whose requests carry an employee.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use bitrix24_mail_mcp::mcp::Server;
use bitrix24_mail_mcp::portal::{Credentials, Employee, EmployeeId, EmployeeTokens, Error, Person, Settings};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, sink, stream};
use rmcp::model::{
    ClientCapabilities, ClientRequest, GetExtensions, GetMeta, Implementation, InitializeRequestParams, NumberOrString,
    ProtocolVersion,
};
use rmcp::service::{RequestContext, RoleServer, RunningService, Service, serve_directly};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::support::harness::with_metadata;
use crate::support::scripted_book::{Row, Rows};
use crate::support::scripted_wire::{ScriptedWire, envelope, flat, settings};

pub(crate) const MEMBER_ID: &str = "m3mb3rcanary";
/// The user ids of Anna and Boris.
pub(crate) const USER_IDS: [u64; 2] = [47_110_001, 47_110_002];
/// The access tokens of Anna and Boris.
pub(crate) const TOKENS: [&str; 2] = ["t0kenofanna77", "t0kenofboris77"];
/// The domains of all contacts of Anna and of Boris.
pub(crate) const DOMAINS: [&str; 2] = ["of-anna.example", "of-boris.example"];

/// The tokens of one employee in a test.
#[derive(Debug)]
pub(crate) struct FakeTokens {
    access: Mutex<String>,
    /// The token that each refresh issues, or why it fails.
    next: Result<String, Error>,
    refreshes: AtomicUsize,
    refusals: Mutex<Vec<Error>>,
}

impl FakeTokens {
    pub(crate) fn new(access: &str, next: Result<&str, Error>) -> Arc<Self> {
        Arc::new(Self {
            access: Mutex::new(access.to_owned()),
            next: next.map(str::to_owned),
            refreshes: AtomicUsize::new(0),
            refusals: Mutex::default(),
        })
    }

    pub(crate) fn refreshes(&self) -> usize {
        self.refreshes.load(Ordering::SeqCst)
    }

    /// The code of each refusal that was reported, and whether it is about the employee.
    pub(crate) fn refusals(&self) -> Vec<(String, bool)> {
        let refusals = self.refusals.lock().unwrap();
        let seen = refusals
            .iter()
            .map(|error| (error.code().to_owned(), error.is_about_the_employee()));
        seen.collect()
    }
}

impl EmployeeTokens for FakeTokens {
    fn access(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        async { Ok(self.access.lock().unwrap().clone().into()) }.boxed()
    }

    fn refresh<'a>(&'a self, rejected: &'a SecretString) -> BoxFuture<'a, Result<(), Error>> {
        async {
            let mut access = self.access.lock().unwrap();
            if *access == rejected.expose_secret() {
                self.refreshes.fetch_add(1, Ordering::SeqCst);
                *access = self.next.clone()?;
            }
            Ok(())
        }
        .boxed()
    }

    fn refused<'a>(&'a self, reason: &'a Error) -> BoxFuture<'a, ()> {
        async { self.refusals.lock().unwrap().push(reason.clone()) }.boxed()
    }
}

pub(crate) fn person(member_id: &str, user_id: u64) -> Person {
    Person::Employee(EmployeeId {
        member_id: member_id.into(),
        user_id,
    })
}

/// An employee of the portal `MEMBER_ID` with these tokens.
pub(crate) fn employee(user_id: u64, tokens: &Arc<FakeTokens>) -> Employee {
    Employee {
        person: person(MEMBER_ID, user_id),
        tokens: Arc::clone(tokens) as Arc<dyn EmployeeTokens>,
    }
}

/// Anna and Boris, with tokens that work at the portal of [`two_books`].
pub(crate) fn anna_and_boris() -> [Employee; 2] {
    [0, 1].map(|at| employee(USER_IDS[at], &FakeTokens::new(TOKENS[at], Err(Error::Cancelled))))
}

/// The settings of a team server's portal client.
pub(crate) fn team() -> Settings {
    settings(Credentials::Team {
        portal: "p.example".parse().unwrap(),
    })
}

/// Contacts of one employee: five clients, and two more who share a name. Ids and names are those of the other
/// employee's contacts; only the domain differs.
fn contacts(domain: &str) -> Vec<Row> {
    let clients = (3..8).map(|id| (id, format!("client{id}@{domain}"), format!("Client{id} Family{id}")));
    let namesakes = (1..3).map(|id| (id, format!("john{id}@{domain}"), "John Smith".to_owned()));
    let mut rows: Vec<Row> = clients.chain(namesakes).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    rows
}

/// A portal that answers each access token from the book of its employee.
pub(crate) fn two_books() -> Arc<ScriptedWire> {
    let books = DOMAINS.map(|domain| {
        Mutex::new(Rows {
            contacts: contacts(domain),
            employees: vec![(1, format!("client-colleague@{domain}"), "Client Colleague".to_owned())],
            ..Rows::default()
        })
    });
    ScriptedWire::answering(move |sent| {
        let is_of = |token: &&str| sent.authorization.as_deref() == Some(&format!("Bearer {token}"));
        match TOKENS.iter().position(is_of) {
            Some(at) => books[at].lock().unwrap().answer(sent),
            None if sent.url.contains("/rest/api/") => envelope(401, "ACCESSDENIED"),
            None => flat(401, "expired_token"),
        }
    })
}

/// A server of a team on this wire, whose portal has no rate limit.
pub(crate) fn team_server(wire: &Arc<ScriptedWire>, ttl: Duration, keys: &[[u8; 32]]) -> Server {
    let settings = Settings {
        rate_limit: None,
        ..team()
    };
    let book = AddressBook::new(wire.portal_with(settings), ttl);
    Server::for_team(Arc::new(book), keys)
}

/// How an employee's request reaches the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Carrier {
    /// In the extensions of the request.
    Request,
    /// In the extensions of the HTTP request that the request came in.
    HttpRequest,
}

/// A client of a server within the test.
pub(crate) struct Client {
    service: RunningService<RoleServer, Server>,
}

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        let silent_client = (sink::drain(), stream::pending());
        let client = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
            .with_protocol_version(ProtocolVersion::V_2025_11_25);
        Self {
            service: serve_directly(server.clone(), silent_client, Some(client)),
        }
    }

    /// The answer to a request of the revision 2025-11-25 that `employee` makes: its result, or its error.
    pub(crate) async fn ask(
        &self,
        carrier: Carrier,
        employee: Option<&Employee>,
        method: &str,
        params: Value,
    ) -> Value {
        let request = json!({"method": method, "params": params});
        self.answer(carrier, employee, request).await
    }

    /// The answer to a call of `resolve_mail_recipients` of the revision 2026-07-28, by a client that can show forms.
    pub(crate) async fn resolve(&self, employee: &Employee, mut params: Value) -> Value {
        params["name"] = json!("resolve_mail_recipients");
        let mut request = with_metadata(json!({"method": "tools/call", "params": params}));
        request["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
        self.answer(Carrier::HttpRequest, Some(employee), request).await
    }

    async fn answer(&self, carrier: Carrier, employee: Option<&Employee>, request: Value) -> Value {
        let mut request: ClientRequest = serde_json::from_str(&request.to_string()).unwrap();
        match (carrier, employee.cloned()) {
            (_, None) => {}
            (Carrier::Request, Some(employee)) => {
                request.extensions_mut().insert(employee);
            }
            (Carrier::HttpRequest, Some(employee)) => {
                let http_request = http::Request::builder().extension(employee).body(()).unwrap();
                request.extensions_mut().insert(http_request.into_parts().0);
            }
        }
        let mut context = RequestContext::new(NumberOrString::Number(1), self.service.peer().clone());
        std::mem::swap(&mut context.meta, request.get_meta_mut());
        std::mem::swap(&mut context.extensions, request.extensions_mut());
        match self.service.service().handle_request(request, context).await {
            Ok(result) => serde_json::to_value(result).unwrap(),
            Err(error) => json!({ "error": error }),
        }
    }
}

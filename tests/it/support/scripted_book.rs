//! A portal of prepared rows on a scripted wire: pages of contacts and employees as the portal contract has them, alone
//! and in a batch, with a paused clock. Rows come and go while it runs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use serde_json::{Value, json};

use crate::support::scripted_wire::{Prepared, ScriptedWire, Sent, flat, reply, webhook};

/// A row: id, address, name.
pub(crate) type Row = (u64, String, String);

/// The rows of the portal, and changes to its answers.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) contacts: Vec<Row>,
    pub(crate) employees: Vec<Row>,
    /// The name in a damaged row, which has no id and comes before all others.
    pub(crate) damaged: Option<String>,
    /// Additional time of each reply.
    pub(crate) time: Duration,
    /// The answer to every request, while it is set.
    pub(crate) instead: Option<Prepared>,
}

/// How long an address book is used in most tests.
pub(crate) const TTL: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(crate) struct ScriptedBook {
    pub(crate) rows: Arc<Mutex<Rows>>,
    pub(crate) wire: Arc<ScriptedWire>,
}

/// So many contacts, the newest first: `Person3 Family3 <p3@x3.example>`.
pub(crate) fn people(count: u64) -> Vec<Row> {
    (1..=count)
        .rev()
        .map(|id| {
            (
                id,
                format!("p{id}@x{}.example", id % 7),
                format!("Person{id} Family{id}"),
            )
        })
        .collect()
}

impl ScriptedBook {
    pub(crate) fn of(contacts: Vec<Row>) -> Self {
        let rows = Arc::new(Mutex::new(Rows {
            contacts,
            ..Rows::default()
        }));
        let served = Arc::clone(&rows);
        let wire = ScriptedWire::answering(move |sent| served.lock().unwrap().answer(sent));
        Self { rows, wire }
    }

    /// An address book that uses what it read for `ttl`.
    pub(crate) fn book(&self, ttl: Duration) -> AddressBook {
        AddressBook::new(self.wire.portal_with(webhook()), ttl)
    }

    pub(crate) fn insert(&self, id: u64, email: &str, name: &str) {
        let row = (id, email.to_owned(), name.to_owned());
        self.rows.lock().unwrap().contacts.insert(0, row);
    }

    pub(crate) fn delete(&self, id: u64) {
        self.rows.lock().unwrap().contacts.retain(|row| row.0 != id);
    }

    pub(crate) fn answer_instead(&self, answer: Option<Prepared>) {
        self.rows.lock().unwrap().instead = answer;
    }

    /// Requests since the last call of this function.
    pub(crate) fn requests(&self) -> usize {
        self.wire.take_sent().len()
    }
}

impl Rows {
    pub(crate) fn answer(&self, sent: &Sent) -> Prepared {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        // The old API, which is asked for the reason of a refusal.
        if !sent.url.contains("/rest/api/") {
            return flat(404, "ERROR_METHOD_NOT_FOUND");
        }
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        let result = match &body {
            Value::Array(calls) => calls
                .iter()
                .map(|call| self.page(call["method"].as_str().unwrap(), &call["query"]))
                .collect(),
            single => self.page(sent.url.rsplit('/').next().unwrap(), single),
        };
        let Prepared::Reply(reply) = reply(200, &json!({ "result": result }).to_string()) else {
            panic!()
        };
        Prepared::Late(self.time, reply)
    }

    fn page(&self, method: &str, query: &Value) -> Value {
        let number = |key: &str| usize::try_from(query["pagination"][key].as_u64().unwrap()).unwrap();
        let text = query["query"].as_str().unwrap().trim().to_lowercase();
        let rows = match method {
            "mail.recipient.listcontacts" => &self.contacts,
            "mail.recipient.listemployees" => &self.employees,
            other => panic!("{other}"),
        };
        let is_met = |row: &&Row| row.1.to_lowercase().contains(&text) || row.2.to_lowercase().contains(&text);
        let damaged = self.damaged.iter().filter(|_| method.ends_with("listcontacts"));
        let damaged = damaged.map(|name| json!({"id": null, "email": "", "name": name}));
        let items: Vec<Value> = damaged
            .chain(
                rows.iter()
                    .filter(is_met)
                    .map(|(id, email, name)| json!({"id": id, "email": email, "name": name})),
            )
            .skip(number("offset"))
            .take(number("limit"))
            .collect();
        json!({ "items": items })
    }
}

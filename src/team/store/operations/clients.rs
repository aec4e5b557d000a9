//! Clients that have registered.

use crate::team::store::MAX_CLIENTS;
use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::records::{Client, Registered};
use crate::team::store::statements::clients;

/// See [`Store::add_client`](crate::team::store::Store::add_client).
pub(in crate::team::store) fn add(database: &mut dyn Database, client: Client) -> Outcome<'_, Registered> {
    Box::pin(async move {
        let uris = serde_json::Value::from(client.redirect_uris).to_string();
        let parameters = parameters![&client.id, &client.name, &uris, MAX_CLIENTS];
        let added = database.change(clients::ADD, &parameters).await?;
        Ok(if added == 1 { Registered::Kept } else { Registered::Full })
    })
}

/// See [`Store::client`](crate::team::store::Store::client).
pub(in crate::team::store) fn find(database: &mut dyn Database, id: String) -> Outcome<'_, Option<Client>> {
    Box::pin(async move {
        let Some(row) = database.row(clients::FIND, &parameters![&id]).await? else {
            return Ok(None);
        };
        let uris = serde_json::from_str(&row.text(2)?);
        Ok(Some(Client {
            id: row.text(0)?,
            name: row.text(1)?,
            redirect_uris: uris.map_err(|_| Failure("the addresses of a client are no list".to_owned()))?,
        }))
    })
}

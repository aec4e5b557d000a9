//! What the store was made with: the server key and the portal.

use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::statements::facts;

/// See [`Store::pin_key`](crate::team::store::Store::pin_key).
pub(in crate::team::store) fn pin_key(database: &mut dyn Database, key_ids: Vec<String>) -> Outcome<'_, bool> {
    Box::pin(async move {
        let first = key_ids.first().map(String::as_str);
        database.change(facts::PIN_KEY, &parameters![first]).await?;
        Ok(key_id(database, ()).await?.is_some_and(|kept| key_ids.contains(&kept)))
    })
}

/// See [`Store::key_id`](crate::team::store::Store::key_id).
pub(in crate::team::store) fn key_id(database: &mut dyn Database, (): ()) -> Outcome<'_, Option<String>> {
    Box::pin(async move {
        match database.row(facts::KEY, &[]).await? {
            Some(row) => row.optional_text(0),
            None => Ok(None),
        }
    })
}

/// See [`Store::replace_key`](crate::team::store::Store::replace_key).
pub(in crate::team::store) fn replace_key(database: &mut dyn Database, key_id: String) -> Outcome<'_, ()> {
    Box::pin(async move {
        let replaced = database.change(facts::REPLACE_KEY, &parameters![&key_id]).await;
        replaced.map(|_| ())
    })
}

/// See [`Store::pin_member_id`](crate::team::store::Store::pin_member_id).
pub(in crate::team::store) fn pin_member_id(database: &mut dyn Database, given: String) -> Outcome<'_, String> {
    Box::pin(async move {
        database.change(facts::PIN_MEMBER_ID, &parameters![&given]).await?;
        let kept = database.row(facts::MEMBER_ID, &[]).await?;
        kept.ok_or_else(|| Failure("it has lost its own row".to_owned()))?
            .text(0)
    })
}

//! Books of many people: how many are kept, and for how long.

use super::*;
use crate::address_book::book::{Employees, ReadingReport, State, States, Times};
use crate::address_book::contact::Contact;
use crate::portal::{Credentials, Portal, Settings};

const TTL: Duration = Duration::from_secs(60);

fn books(max_contacts: usize) -> Arc<Books> {
    let books = Books::new(Processors::new(), TTL);
    Arc::new(Books { max_contacts, ..books })
}

fn account(number: u64) -> Account {
    Account {
        portal: Portal::new(Settings::new(Credentials::Missing)),
        person: Person::OfTheSettings(number),
    }
}

fn contacts(ids: impl DoubleEndedIterator<Item = u64>) -> Vec<Contact> {
    let contact = |id| Contact {
        id,
        email: format!("p{id}@x.example"),
        name: None,
        cautions: Vec::new(),
    };
    ids.rev().map(contact).collect()
}

fn whole() -> ReadingReport {
    ReadingReport {
        states: States {
            contacts: State::Whole,
            employees: State::Whole,
        },
        times: Times {
            whole_at: Instant::now(),
            newest_at: Instant::now(),
            cost: Duration::ZERO,
        },
        has_failed: false,
        has_batch: true,
    }
}

fn nobody() -> Employees {
    Employees {
        rows: [].into(),
        damaged: [].into(),
    }
}

fn book_of(count: u64) -> Arc<Book> {
    let contacts = contacts(1..=count);
    Arc::new(Book::new(contacts, Vec::new(), nobody(), whole()))
}

/// Opens a shelf for each person and puts a book on it, one per second.
async fn fill(books: &Arc<Books>, people: &[u64]) {
    for number in people {
        let account = account(*number);
        // The flight is dropped immediately.
        drop(books.join_or_begin(&account));
        books.shelves().get_mut(&account.person).unwrap().unfinished = None;
        books.put(&account.person, Some(&book_of(10)));
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

fn kept(books: &Books, people: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let mut people: Vec<u64> = people.into_iter().collect();
    people.retain(|number| books.index_in_memory(&Person::OfTheSettings(*number)).is_some());
    people
}

#[tokio::test(start_paused = true)]
async fn the_book_that_was_unused_for_longest_is_dropped_first() {
    let books = books(30);
    fill(&books, &[1, 2, 3]).await;
    assert_eq!(kept(&books, 1..=4), [1, 2, 3]);
    assert!(books.fresh(&Person::OfTheSettings(1)).is_some());
    fill(&books, &[4]).await;
    assert_eq!(kept(&books, 1..=4), [1, 3, 4]);
    assert_eq!((books.count.get(), books.contacts.get()), (3, 30));
}

#[tokio::test(start_paused = true)]
async fn a_book_is_dropped_when_nobody_has_used_it_for_ten_times_the_cache_ttl() {
    let books = books(1_000);
    fill(&books, &[1, 2]).await;
    tokio::time::advance(9 * TTL).await;
    drop(books.join_or_begin(&account(2)));
    assert_eq!(kept(&books, 1..=2), [1, 2]);
    tokio::time::advance(TTL).await;
    drop(books.join_or_begin(&account(2)));
    assert_eq!(kept(&books, 1..=2), [2]);
}

fn ids(book: &Book) -> Vec<u64> {
    book.contacts.iter().map(|contact| contact.id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_book_that_has_not_changed_is_not_indexed_again() {
    let book = book_of(9);
    let updated = |newest: Vec<Contact>, covered_to| book.updated(newest, covered_to, Vec::new(), whole());
    tokio::time::advance(TTL).await;
    let same = updated(contacts(5..=9), 5);
    assert!(Arc::ptr_eq(&same.index, &book.index));
    assert_eq!(same.report.times.newest_at.elapsed(), Duration::ZERO);
    assert_eq!(same.report.times.whole_at.elapsed(), TTL);

    assert_eq!(ids(&updated(contacts(6..=11), 6)), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let mut without = contacts(5..=9);
    without.remove(1);
    assert_eq!(ids(&updated(without, 5)), [9, 7, 6, 5, 4, 3, 2, 1], "8 is gone");
    let mut renamed = contacts(5..=9);
    renamed[0].name = Some("Anna".to_owned());
    assert_eq!(updated(renamed, 5).contacts[0].name.as_deref(), Some("Anna"));
    let mut with_a_gap = contacts(7..=10);
    with_a_gap.extend(contacts(1..=3));
    assert_eq!(
        ids(&updated(with_a_gap, 7)),
        [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
        "nobody twice"
    );
}

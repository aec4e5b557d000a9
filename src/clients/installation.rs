//! Installs an entry into a client's settings file, or removes it: a [`Plan`] is complete before anything is written.

use serde_json::Value;

use super::byte_order_mark;
use super::client::Client;
use super::document::{Document, Problem};
use super::entry::{DEMO_NAME, Entry, NAME};
use super::file::{self, SettingsFile};
use super::inputs::{ids_in, inputs_of};
use super::machine::Machine;
use super::started::{Started, described, shown_command, started_by};

/// One installation or removal, worked out and not yet carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) client: Client,
    pub(crate) name: &'static str,
    pub(crate) file: SettingsFile,
    pub(crate) action: Action,
    /// The entry that will be in the file, or the one that is removed.
    pub(crate) entry: Option<Value>,
    /// The program that the present entry starts, if it is another one than this program.
    pub(crate) replaces: Option<String>,
    /// True if the byte order mark is removed.
    pub(crate) removes_mark: bool,
    change: Change,
}

/// What happens to the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Update,
    /// The entry is already as it should be.
    Keep,
    Remove,
    /// There is no entry to remove.
    Absent,
}

/// What happens to the file and its backup.
#[derive(Debug)]
enum Change {
    None,
    /// Back up the file, then write this text.
    Edit(String),
    /// Write this text and leave the backup, if there is one, as it is: the text from before this program's entries.
    Reapply(String),
    /// Write the text of the backup, then delete the backup.
    Restore(String),
    /// Delete the file: it was created for the entry alone.
    Delete,
}

/// The text from before this program's entries, from which the present text can be made again.
struct Base {
    /// `None` if there was no file.
    text: Option<String>,
    /// This program's entries, in the order of the file.
    entries: Vec<(&'static str, Value)>,
}

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    File(#[from] file::Error),
    #[error("{path} of {title} cannot be edited", title = .0.title(), path = .1.display())]
    Document(Client, std::path::PathBuf, #[source] Problem),
    #[error("`{name}` in {path} {what}; it was left as it is", path = .path.display())]
    NotOurs {
        name: &'static str,
        path: std::path::PathBuf,
        what: String,
    },
}

impl Error {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Document(..) => {
                "correct the file by hand, or move it away, then run the command again; nothing was changed"
            }
            Self::NotOurs { .. } => "rename that entry, or add --force to replace or remove it",
            Self::File(file::Error::Changed(_)) => "run the command again",
            Self::File(file::Error::Owner(..)) => {
                "run the command as the file's owner, without sudo; nothing was changed"
            }
            Self::File(file::Error::Linked(_)) => {
                "replace the other hard links by symbolic links to this file, then run the command again"
            }
            Self::File(file::Error::Encoding(..)) => {
                "save the file as UTF-8 without a byte order mark, then run the command again"
            }
            Self::File(_) => "check that the file and its folder are yours to read and write",
        }
    }
}

impl Plan {
    /// Plans to add the entry, or to bring it up to date.
    pub(crate) fn to_install(
        client: Client,
        entry: &Entry,
        machine: &Machine,
        is_forced: bool,
        removes_mark: bool,
    ) -> Result<Self, Error> {
        let mut plan = Self::read(client, entry.name, machine, is_forced)?;
        let there = plan.entry.take();
        let keeps = there.as_ref().filter(|there| started_by(Some(there)) != Started::Other);
        let written = entry.written(client, keeps, machine);
        let before = plan.file.text().unwrap_or_default().to_owned();
        let base = plan.base()?;
        let after = match &base {
            Some(base) => {
                let mut entries = base.entries.clone();
                match entries.iter_mut().find(|(name, _)| *name == plan.name) {
                    Some((_, entry)) => entry.clone_from(&written),
                    None => entries.push((plan.name, written.clone())),
                }
                plan.reapplied(base, &entries)?
            }
            None => plan.with_entry(&before, plan.name, &written, there.as_ref())?,
        };
        let (_, unmarked) = byte_order_mark::split(&after);
        plan.removes_mark = removes_mark && unmarked.len() < after.len();
        let after = if plan.removes_mark { unmarked.to_owned() } else { after };
        plan.action = match there {
            _ if after == before => Action::Keep,
            None => Action::Add,
            Some(_) => Action::Update,
        };
        plan.entry = Some(written);
        if plan.action != Action::Keep {
            plan.change = match base {
                Some(_) => Change::Reapply(after),
                None => Change::Edit(after),
            };
        }
        Ok(plan)
    }

    /// Plans to remove the entry, with its questions and the tables that were made for it.
    pub(crate) fn to_remove(
        client: Client,
        name: &'static str,
        machine: &Machine,
        is_forced: bool,
    ) -> Result<Self, Error> {
        let mut plan = Self::read(client, name, machine, is_forced)?;
        let (Some(_), Some(text)) = (&plan.entry, plan.file.text()) else {
            return Ok(plan);
        };
        plan.action = Action::Remove;
        let backup = plan.file.backup()?;
        // If this program's entry replaced one of another server, that entry is restored; an earlier entry of this
        // program is not.
        let replaced = backup.as_deref().and_then(|backup| plan.entry_in(backup, name));
        let is_earlier = matches!(started_by(replaced.as_ref()), Started::ThisProgram(_));
        plan.change = match plan.base()? {
            Some(base) if !is_earlier => {
                let mut rest = base.entries.clone();
                rest.retain(|(other, _)| *other != name);
                let after = plan.reapplied(&base, &rest)?;
                match base.text {
                    Some(before) if before == after => Change::Restore(before),
                    None if rest.is_empty() => Change::Delete,
                    _ => Change::Reapply(after),
                }
            }
            _ => {
                let replaced = replaced.filter(|_| !is_earlier);
                Change::Edit(plan.without_entry(text, backup.as_deref(), replaced.as_ref())?)
            }
        };
        Ok(plan)
    }

    fn read(client: Client, name: &'static str, machine: &Machine, is_forced: bool) -> Result<Self, Error> {
        let file = SettingsFile::read(&client.file(machine))?;
        let text = file.text().unwrap_or_default();
        let document =
            Document::parse(client.language(), text).map_err(|problem| cannot_edit(client, &file, problem))?;
        let entry = document.get(&[client.section(), name]);
        let replaces = match started_by(entry.as_ref()) {
            Started::Nothing => None,
            Started::ThisProgram(command) => (!machine.starts_this_program(&command)).then(|| shown_command(&command)),
            Started::Other if is_forced => Some("something else".to_owned()),
            Started::Other => {
                return Err(Error::NotOurs {
                    name,
                    path: file.path().to_owned(),
                    what: described(entry.as_ref()),
                });
            }
        };
        Ok(Self {
            client,
            name,
            file,
            action: Action::Absent,
            entry,
            replaces,
            removes_mark: false,
            change: Change::None,
        })
    }

    /// Carries out the plan. Returns the path of the backup of the previous text, if there is one.
    pub(crate) fn carry_out(&self) -> Result<Option<std::path::PathBuf>, Error> {
        match &self.change {
            Change::None => Ok(None),
            Change::Edit(text) => {
                // First: a refused write must not already have overwritten the backup.
                self.file.check_writable()?;
                let backup = self.file.back_up()?;
                self.file.write(Some(text))?;
                Ok(backup)
            }
            Change::Reapply(text) => {
                self.file.write(Some(text))?;
                Ok(Some(self.file.backup_path()).filter(|path| path.exists()))
            }
            Change::Restore(text) => {
                self.file.write(Some(text))?;
                self.file.forget_backup()?;
                Ok(None)
            }
            Change::Delete => {
                self.file.write(None)?;
                Ok(None)
            }
        }
    }

    /// The base of the present text. `None` if the file has no entry of this program, or if the file was changed since:
    /// the text made again from the base then differs from the present text.
    fn base(&self) -> Result<Option<Base>, Error> {
        let Some(text) = self.file.text() else {
            return Ok(None);
        };
        let servers = self.document(text)?.get(&[self.client.section()]);
        let servers = servers.as_ref().and_then(Value::as_object);
        let entries: Vec<_> = servers
            .into_iter()
            .flatten()
            .filter_map(|(name, entry)| {
                let ours = [NAME, DEMO_NAME].into_iter().find(|ours| ours == name)?;
                Some((ours, entry.clone()))
            })
            .collect();
        let base = Base {
            text: self.file.backup()?,
            entries,
        };
        let is_ours = |(_, entry): &(_, Value)| matches!(started_by(Some(entry)), Started::ThisProgram(_));
        let is_as_made = || self.reapplied(&base, &base.entries).is_ok_and(|again| again == text);
        let are_ours = !base.entries.is_empty() && base.entries.iter().all(is_ours);
        Ok((are_ours && is_as_made()).then_some(base))
    }

    fn reapplied(&self, base: &Base, entries: &[(&'static str, Value)]) -> Result<String, Error> {
        let before = base.text.clone().unwrap_or_default();
        entries
            .iter()
            .try_fold(before, |text, (name, entry)| self.with_entry(&text, name, entry, None))
    }

    fn entry_in(&self, text: &str, name: &str) -> Option<Value> {
        self.document(text).ok()?.get(&[self.client.section(), name])
    }

    fn document(&self, text: &str) -> Result<Document, Error> {
        Document::parse(self.client.language(), text).map_err(|problem| cannot_edit(self.client, &self.file, problem))
    }

    /// `text` with the entry and its questions, and without the questions that only the entry `there` asked.
    fn with_entry(&self, text: &str, name: &str, entry: &Value, there: Option<&Value>) -> Result<String, Error> {
        let mut document = self.document(text)?;
        let mut edit = || {
            document.set(&[self.client.section(), name], entry)?;
            for input in inputs_of(self.client, entry) {
                if !ids_in(&document).contains(&input.id) {
                    document.add("inputs", &input.question())?;
                }
            }
            there.map_or(Ok(()), |there| self.forget_inputs(&mut document, there))
        };
        edit().map_err(|problem| cannot_edit(self.client, &self.file, problem))?;
        Ok(document.text())
    }

    /// Removes the questions of `entry` to which nothing in the document refers any more.
    fn forget_inputs(&self, document: &mut Document, entry: &Value) -> Result<(), Problem> {
        for input in inputs_of(self.client, entry) {
            let all = document.get(&[]);
            if !all.is_some_and(|all| all.to_string().contains(&input.reference)) {
                document.remove_from("inputs", &input.id)?;
            }
        }
        Ok(())
    }

    /// `text` without the entry, without the questions that only this entry asked and without the tables that were made
    /// for it (they are empty, and not in the text `before`); with the entry that it `replaced`.
    fn without_entry(&self, text: &str, before: Option<&str>, replaced: Option<&Value>) -> Result<String, Error> {
        let mut document = self.document(text)?;
        let before = before.and_then(|text| self.document(text).ok());
        let was_there = |key: &str| before.as_ref().is_some_and(|before| before.get(&[key]).is_some());
        let asked = inputs_of(self.client, self.entry.as_ref().unwrap_or(&Value::Null));
        let mut edit = || {
            document.remove(&[self.client.section(), self.name])?;
            if let Some(entry) = &self.entry {
                self.forget_inputs(&mut document, entry)?;
            }
            if let Some(replaced) = replaced {
                document.set(&[self.client.section(), self.name], replaced)?;
            }
            let asked = (!asked.is_empty()).then_some("inputs");
            for key in [self.client.section()].into_iter().chain(asked) {
                let is_empty = match document.get(&[key]) {
                    Some(Value::Object(values)) => values.is_empty(),
                    Some(Value::Array(values)) => values.is_empty(),
                    _ => false,
                };
                if is_empty && !was_there(key) {
                    document.remove(&[key])?;
                }
            }
            Ok(())
        };
        edit().map_err(|problem| cannot_edit(self.client, &self.file, problem))?;
        Ok(document.text())
    }
}

fn cannot_edit(client: Client, file: &SettingsFile, problem: Problem) -> Error {
    Error::Document(client, file.path().to_owned(), problem)
}

/// The text of a settings file that holds only this entry, with its questions.
pub(crate) fn snippet(client: Client, name: &str, entry: &Value) -> String {
    let Ok(mut document) = Document::parse(client.language(), "") else {
        return String::new();
    };
    // Editing an empty document cannot fail.
    let _ = document.set(&[client.section(), name], entry);
    for input in inputs_of(client, entry) {
        let _ = document.add("inputs", &input.question());
    }
    document.text()
}

//! An entry going into a client's settings file, or out of it: worked out as a whole before anything is written.

use serde_json::{Value, json};

use super::Client;
use super::document::{Document, Problem};
use super::entry::{self, Entry};
use super::file::{self, SettingsFile};
use super::machine::{Machine, is_same_file};

/// What becomes of the settings file.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    pub(in crate::cli) client: Client,
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) file: SettingsFile,
    pub(in crate::cli) action: Action,
    /// The entry that will be there, or was.
    pub(in crate::cli) entry: Option<Value>,
    /// What the entry that is there starts, if it is not this program.
    pub(in crate::cli) replaces: Option<String>,
    after: After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Action {
    Add,
    Update,
    /// It is there as it should be.
    Keep,
    Remove,
    /// It is not there, so it need not go.
    Absent,
}

#[derive(Debug)]
enum After {
    Same,
    Text(String),
    /// Back to the text from before, which was kept.
    Restored(String),
    /// The file was made for the entry alone.
    Gone,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error(transparent)]
    File(#[from] file::Error),
    #[error("{title} cannot be set up: {path} cannot be edited", title = .0.title(), path = .1.display())]
    Document(Client, std::path::PathBuf, #[source] Problem),
    #[error("`{name}` in {path} {what}; it was left as it is", path = .path.display())]
    NotOurs {
        name: &'static str,
        path: std::path::PathBuf,
        what: String,
    },
}

impl Error {
    pub(in crate::cli) fn hint(&self) -> &'static str {
        match self {
            Self::Document(..) => "mend the file by hand, or move it away, then install again; nothing was changed",
            Self::NotOurs { .. } => "rename that entry, or add --force to have it replaced or removed",
            Self::File(file::Error::Changed(_)) => "run the command again",
            Self::File(_) => "check that the file and its folder are yours to read and write",
        }
    }
}

impl Plan {
    /// The entry added, or brought up to date.
    pub(in crate::cli) fn to_install(
        client: Client,
        entry: &Entry,
        machine: &Machine,
        is_forced: bool,
    ) -> Result<Self, Error> {
        let mut plan = Self::start(client, entry.name, machine, is_forced)?;
        let there = plan.entry.take();
        let keeps = there.as_ref().filter(|there| starts(Some(there)) != Starts::Something);
        let written = entry.written(client, keeps, machine);
        let before = plan.file.text().unwrap_or_default().to_owned();
        let after = plan.with_entry(&before, &written)?;
        plan.action = match there {
            _ if after == before => Action::Keep,
            None => Action::Add,
            Some(_) => Action::Update,
        };
        plan.entry = Some(written);
        if plan.action != Action::Keep {
            plan.after = After::Text(after);
        }
        Ok(plan)
    }

    /// The entry taken out, and all that came with it.
    pub(in crate::cli) fn to_remove(
        client: Client,
        name: &'static str,
        machine: &Machine,
        is_forced: bool,
    ) -> Result<Self, Error> {
        let mut plan = Self::start(client, name, machine, is_forced)?;
        let (Some(entry), Some(text)) = (&plan.entry, plan.file.text()) else {
            return Ok(plan);
        };
        plan.action = Action::Remove;
        let backup = plan.file.backup(name)?;
        // The file is as `install` left it if the text from before leads to the same bytes again.
        let before = backup.as_deref().unwrap_or_default();
        let is_untouched = plan.with_entry(before, entry).is_ok_and(|again| again == text);
        plan.after = match backup {
            Some(backup) if is_untouched => After::Restored(backup),
            None if is_untouched => After::Gone,
            backup => After::Text(plan.without_entry(text, backup.as_deref())?),
        };
        Ok(plan)
    }

    fn start(client: Client, name: &'static str, machine: &Machine, is_forced: bool) -> Result<Self, Error> {
        let file = SettingsFile::read(&client.file(machine))?;
        let text = file.text().unwrap_or_default();
        let document = Document::parse(client.language(), text).map_err(|problem| unusable(client, &file, problem))?;
        let entry = document.get(&[client.section(), name]);
        let replaces = match starts(entry.as_ref()) {
            Starts::Nothing => None,
            Starts::Copy(command) => {
                let found = machine.found(&command);
                let is_this = found.is_some_and(|found| is_same_file(&found, &machine.program));
                (!is_this).then_some(command)
            }
            Starts::Something if is_forced => Some("something else".to_owned()),
            Starts::Something => {
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
            after: After::Same,
        })
    }

    /// Writes what was planned; tells where the text from before is kept.
    pub(in crate::cli) fn carry_out(&self) -> Result<Option<std::path::PathBuf>, Error> {
        match &self.after {
            After::Same => Ok(None),
            After::Text(text) => {
                let backup = if self.keeps_backup()? {
                    Some(self.file.backup_path(self.name))
                } else {
                    self.file.back_up(self.name)?
                };
                self.file.write(Some(text))?;
                Ok(backup)
            }
            After::Restored(text) => {
                self.file.write(Some(text))?;
                self.file.forget_backup(self.name)?;
                Ok(None)
            }
            After::Gone => {
                self.file.write(None)?;
                Ok(None)
            }
        }
    }

    /// True if the text that is kept is still the one from before the entry, so that `--remove` can go back to it.
    fn keeps_backup(&self) -> Result<bool, Error> {
        if self.action != Action::Update {
            return Ok(false);
        }
        let document = self.document(self.file.text().unwrap_or_default())?;
        let (Some(backup), Some(entry)) = (
            self.file.backup(self.name)?,
            document.get(&[self.client.section(), self.name]),
        ) else {
            return Ok(false);
        };
        Ok(self.with_entry(&backup, &entry).ok().as_deref() == self.file.text())
    }

    fn document(&self, text: &str) -> Result<Document, Error> {
        Document::parse(self.client.language(), text).map_err(|problem| unusable(self.client, &self.file, problem))
    }

    fn with_entry(&self, text: &str, entry: &Value) -> Result<String, Error> {
        let mut document = self.document(text)?;
        let mut edit = || {
            document.set(&[self.client.section(), self.name], entry)?;
            for input in inputs_of(self.client, entry) {
                if !ids_in(&document).contains(&input.id) {
                    document.add("inputs", &input.question())?;
                }
            }
            Ok(())
        };
        edit().map_err(|problem| unusable(self.client, &self.file, problem))?;
        Ok(document.text())
    }

    /// Without the entry, the questions that it alone asked, and the tables that were made for it.
    fn without_entry(&self, text: &str, before: Option<&str>) -> Result<String, Error> {
        let mut document = self.document(text)?;
        let was_there = |key: &str| {
            let before = before.and_then(|text| self.document(text).ok());
            before.is_some_and(|before| before.get(&[key]).is_some())
        };
        let mut edit = || {
            document.remove(&[self.client.section(), self.name])?;
            let mut emptied = vec![self.client.section()];
            for input in inputs_of(self.client, self.entry.as_ref().unwrap_or(&Value::Null)) {
                let is_used = document
                    .get(&[])
                    .is_some_and(|all| all.to_string().contains(&input.reference));
                if !is_used {
                    document.remove_from("inputs", &input.id)?;
                    emptied.push("inputs");
                }
            }
            for key in emptied {
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
        edit().map_err(|problem| unusable(self.client, &self.file, problem))?;
        Ok(document.text())
    }
}

fn unusable(client: Client, file: &SettingsFile, problem: Problem) -> Error {
    Error::Document(client, file.path().to_owned(), problem)
}

/// A question that VS Code asks, for a secret of an entry.
pub(super) struct Input {
    id: Value,
    /// How the entry refers to the answer.
    reference: String,
    about: &'static str,
}

impl Input {
    pub(super) fn question(&self) -> Value {
        json!({"type": "promptString", "id": self.id, "description": self.about, "password": true})
    }
}

pub(super) fn inputs_of(client: Client, entry: &Value) -> Vec<Input> {
    let values = entry.get("env").and_then(Value::as_object);
    let asked = values.into_iter().flatten().filter_map(|(name, value)| {
        let variable = entry::variable(name)?;
        let reference = super::input_reference(variable);
        let is_asked = client == Client::VsCode && *value == reference;
        is_asked.then(|| Input {
            id: json!(super::input_id(variable)),
            reference,
            about: variable.meaning,
        })
    });
    asked.collect()
}

fn ids_in(document: &Document) -> Vec<Value> {
    let inputs = document.get(&["inputs"]);
    let inputs = inputs.as_ref().and_then(Value::as_array);
    inputs
        .into_iter()
        .flatten()
        .filter_map(|input| input.get("id").cloned())
        .collect()
}

/// What an entry starts.
#[derive(Debug, PartialEq, Eq)]
enum Starts {
    Nothing,
    /// A program of this one's name.
    Copy(String),
    /// Another program, or none on this machine.
    Something,
}

fn starts(entry: Option<&Value>) -> Starts {
    let Some(entry) = entry else {
        return Starts::Nothing;
    };
    match entry.get("command").and_then(Value::as_str) {
        Some(command) if is_named_like_this(command) => Starts::Copy(command.to_owned()),
        _ => Starts::Something,
    }
}

/// True for a path, of this or another system, whose last part is this program's name.
pub(in crate::cli) fn is_named_like_this(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    name.eq_ignore_ascii_case(env!("CARGO_PKG_NAME"))
}

/// What the entry starts, without its arguments: they may hold a secret.
fn described(entry: Option<&Value>) -> String {
    let entry = entry.unwrap_or(&Value::Null);
    match (entry.get("command").and_then(Value::as_str), entry.get("url")) {
        (Some(command), _) => {
            let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
            format!("starts another program ({})", name.chars().take(60).collect::<String>())
        }
        (None, Some(_)) => "is a server over HTTP".to_owned(),
        (None, None) => "starts no program".to_owned(),
    }
}

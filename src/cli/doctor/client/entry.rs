//! The entry that a client would use, and whether `doctor` may act on it. A file of the current folder can be a
//! stranger's, as in a cloned repository: nothing it names is started, contacted, read or looked up unless the user
//! allows that.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::cli::doctor::check::Check;
use crate::cli::global::Global;
use crate::cli::report::printable;
use crate::clients::document::Document;
use crate::clients::entry::is_switched_off;
use crate::clients::file::{self, SettingsFile};
use crate::clients::launch::Launch;
use crate::clients::machine::Machine;
use crate::clients::started::{Started, started_by};
use crate::clients::{ByteOrderMark, Client, announcement};

/// The entry that the client would use, and its file.
pub(super) struct Found {
    name: String,
    pub(super) file: PathBuf,
    pub(super) entry: Value,
    /// True if the file belongs to the current folder, and is not the user's own.
    pub(super) is_of_the_folder: bool,
    /// True if the file begins with a byte order mark.
    has_mark: bool,
}

const IN_ANOTHER_FOLDER: &str = "To check the entry of your own settings, run this in another folder.";

/// Finds the entry: by its name, or by the program that it starts.
///
/// # Errors
/// The failed check, if there is no entry or its file cannot be read.
pub(super) fn find(client: Client, global: &Global, machine: &Machine) -> Result<Found, Box<Check>> {
    let name = global.server_name();
    let own = client.file(machine);
    let own_path = own.canonicalize().ok();
    let mut places = client.files_of_the_folder(machine);
    places.push((own.clone(), vec![client.section().to_owned()]));
    let mut has_mark = false;
    for (path, section) in places {
        // In the home folder, the folder's file may be the user's own.
        let is_of_the_folder = path != own && (own_path.is_none() || own_path != path.canonicalize().ok());
        let mend = format!(
            "Mend {} by hand; {} cannot read it either.",
            path.display(),
            client.title()
        );
        let unusable = |what: String| Box::new(Check::failed("entry", what, &[&mend]));
        let read = if is_of_the_folder {
            SettingsFile::read_of_the_folder(&path)
        } else {
            SettingsFile::read(&path)
        };
        let file = read.map_err(|error| match error {
            file::Error::Encoding(..) => {
                let step = format!("Save {} as UTF-8 without a byte order mark.", path.display());
                Box::new(Check::failed("entry", error.to_string(), &[&step]))
            }
            file::Error::TooLarge(..) if is_of_the_folder => {
                Box::new(Check::failed("entry", error.to_string(), &[IN_ANOTHER_FOLDER]))
            }
            _ => unusable(error.to_string()),
        })?;
        has_mark |= file.has_byte_order_mark() && !is_of_the_folder;
        let Some(text) = file.text() else {
            continue;
        };
        let document = Document::parse(client.language(), text)
            .map_err(|problem| unusable(format!("{} cannot be used: {problem}", path.display())))?;
        let section: Vec<&str> = section.iter().map(String::as_str).collect();
        let Some(Value::Object(servers)) = document.get(&section) else {
            continue;
        };
        // An entry written by hand may have another name.
        let starts_this = |entry: &Value| matches!(started_by(Some(entry)), Started::ThisProgram(_));
        let by_name = servers.get_key_value(name);
        let is_demo = |entry: &Value| {
            let arguments = entry.get("args").and_then(Value::as_array);
            let mut texts = arguments.into_iter().flatten().filter_map(Value::as_str);
            texts.any(|text| text.starts_with("--demo"))
        };
        let by_program = || {
            servers
                .iter()
                .find(|(_, entry)| starts_this(entry) && is_demo(entry) == global.wants_demo())
        };
        if let Some((name, entry)) = by_name.or_else(by_program) {
            return Ok(Found {
                name: name.clone(),
                is_of_the_folder,
                has_mark: file.has_byte_order_mark(),
                // For a file of the folder, the path in the folder, even if it is a link.
                file: if is_of_the_folder { path } else { file.path().to_owned() },
                entry: entry.clone(),
            });
        }
    }
    let (mut saw, mut option) = (format!("`{name}` is not in {}", own.display()), "");
    if has_mark && client.byte_order_mark() != ByteOrderMark::Read {
        saw.push_str("; the file begins with a byte order mark, so ");
        saw.push_str(client.title());
        saw.push_str(" may not read it");
        option = " --remove-bom";
    }
    Err(Box::new(Check::failed(
        "entry",
        saw,
        &[&install_step(client, global, option)],
    )))
}

/// The step that installs the entry again; `option` is added to the command and begins with a space.
pub(super) fn install_step(client: Client, global: &Global, option: &str) -> String {
    let demo = if global.wants_demo() { " --demo" } else { "" };
    format!("Run `bitrix24-mail-mcp install {}{demo}{option}`.", client.name())
}

impl Found {
    /// The entry's name and file.
    fn place(&self) -> String {
        format!("`{}` in {}", announcement::visible(&self.name), self.file.display())
    }

    /// The check of the entry. `paths` are the entry's texts that name something in the current folder.
    pub(super) fn check(&self, client: Client, trusts_folder: bool, paths: &[String], global: &Global) -> Check {
        let place = self.place();
        let on = format!("Switch it on in {}.", client.title());
        if (self.is_of_the_folder || !paths.is_empty()) && !trusts_folder {
            return self.not_trusted(client, paths);
        }
        if self.has_mark && client.byte_order_mark() != ByteOrderMark::Read {
            return self.marked(client, global);
        }
        if is_switched_off(&self.entry) {
            Check::warning("entry", format!("{place} is switched off"), &[&on])
        } else {
            Check::ok("entry", place)
        }
    }

    fn not_trusted(&self, client: Client, paths: &[String]) -> Check {
        let why = if self.is_of_the_folder {
            "belongs to this folder, not to your own settings".to_owned()
        } else {
            let paths: Vec<String> = paths.iter().map(|path| announcement::shown(path)).collect();
            format!("refers to files in this folder ({})", paths.join(", "))
        };
        let what: Vec<String> = announcement::lines_for(&self.entry)
            .into_iter()
            .map(|(label, text)| format!("; {label}: {text}"))
            .collect();
        let saw = format!(
            "{} {why}, so nothing in it is started, contacted or read{}",
            self.place(),
            what.concat()
        );
        let read = format!(
            "Read {}. If you trust the author of this folder, add --trust-folder: then the entry is started with the \
             environment of this shell, as {} does once you approve it there.",
            self.file.display(),
            client.title()
        );
        let steps: &[&str] = if self.is_of_the_folder {
            &[&read, IN_ANOTHER_FOLDER]
        } else {
            &[
                &read,
                "Or write absolute paths into the entry, which name the same files from every folder.",
            ]
        };
        Check::warning("entry", saw, steps)
    }

    fn marked(&self, client: Client, global: &Global) -> Check {
        let saw = format!("{}; the file begins with a byte order mark", self.place());
        let title = client.title();
        let remove = if self.is_of_the_folder {
            format!("Save {} again as UTF-8 without a byte order mark.", self.file.display())
        } else {
            install_step(client, global, " --remove-bom")
        };
        if client.byte_order_mark() == ByteOrderMark::Refused {
            return Check::failed(
                "entry",
                format!("{saw}, so {title} starts no server from it"),
                &[&remove],
            );
        }
        Check::warning("entry", format!("{saw}, so {title} may not read it"), &[&remove])
    }

    /// Prints to stderr what is started or contacted next; stdout holds only the report.
    pub(super) fn announce(
        &self,
        client: Client,
        verb: &str,
        machine: &Machine,
        launch: Option<&Launch>,
    ) -> std::io::Result<()> {
        let mut stderr = anstream::stderr().lock();
        writeln!(stderr, "doctor {verb} {}, which names:", printable(&self.place()))?;
        let path = |path: &PathBuf| path.display().to_string();
        let program = launch.and_then(|launch| launch.program.as_ref());
        let program = program.map(|program| ("program", path(program)));
        let folder = launch.map(|launch| ("started in", path(&launch.folder)));
        let lines = announcement::lines_for(&self.entry)
            .into_iter()
            .chain(program)
            .chain(folder);
        for (label, text) in lines.chain(self.passed_on(client, machine, launch)) {
            writeln!(stderr, "  {label}: {}", printable(&text))?;
        }
        stderr.flush()
    }

    /// The variables that the client passes on to the process although the entry does not name them.
    fn passed_on(&self, client: Client, machine: &Machine, launch: Option<&Launch>) -> Option<(&'static str, String)> {
        let launch = launch?;
        let from_shell = |name: &&String| machine.environment.contains_key(*name);
        let names: Vec<&str> = launch
            .environment
            .keys()
            .filter(from_shell)
            .map(String::as_str)
            .collect();
        let ours: Vec<&str> = launch.settings.iter().map(|(name, _)| name.as_str()).collect();
        let text = match (client.clears_environment(), ours.is_empty()) {
            (true, _) => names.join(", "),
            (false, true) => "everything that is set in this shell".to_owned(),
            (false, false) => format!(
                "everything that is set in this shell, and of this program's settings {}",
                ours.join(", ")
            ),
        };
        Some(("passes on", text))
    }
}

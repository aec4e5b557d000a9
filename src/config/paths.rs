//! Expands paths as people write them: `~` is the home folder, as in a shell. A shell does not expand `~` between
//! quotes, after `--config=`, in a settings file or in a client's entry; unexpanded, it would name a folder called `~`.
//!
//! | written | means |
//! |---|---|
//! | `~`, `~/x` | the home folder, a path in it |
//! | `~name/x` | refused: another user's home folder is not looked up |
//! | `$NAME/x`, `${NAME}/x`, `%NAME%/x` | refused: the variable was not replaced by its value |
//! | `"x"`, `'x'` | refused: the quotation marks were not removed |
//! | `x` in a settings file | a path relative to the folder of that file |
//! | anything else | the path as written |

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::environment;
use super::error::{Error, InvalidPath};
use super::layer::Layer;
use super::source::SettingSource;
use crate::portal::{GivenSecret, Origin};

/// The user's home folder. `None` also if it is relative: it would then be a different folder in each working
/// directory.
pub fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok().filter(|home| home.is_absolute())
}

/// True for a path that begins with `~`.
pub fn begins_with_tilde(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(b"~")
}

/// The path with `~` replaced.
///
/// # Errors
/// [`InvalidPath`].
pub fn expanded(path: &Path, home: Option<&Path>) -> Result<PathBuf, InvalidPath> {
    match path.as_os_str().as_encoded_bytes().first() {
        Some(b'~') => {
            let below = path.strip_prefix("~").map_err(|_| InvalidPath::OtherHome)?;
            let home = home.ok_or(InvalidPath::NoHome)?;
            // `home.join("")` would end in a slash.
            Ok(home.components().chain(below.components()).collect())
        }
        Some(b'$' | b'%') => Err(InvalidPath::Variable),
        Some(b'"' | b'\'') => Err(InvalidPath::Quote),
        _ => Ok(path.to_owned()),
    }
}

/// A path from the command line, expanded.
///
/// # Errors
/// [`Error::Path`].
pub fn of_command_line(path: &Path) -> Result<PathBuf, Error> {
    let meant = expanded(path, home().as_deref());
    meant.map_err(|problem| Error::Path(path.to_owned(), problem))
}

/// Refuses `~` in the variables from which the TLS library reads the paths of certificates: that library does not
/// expand `~`, and would find no certificates.
pub(super) fn check_certificate_paths() -> Result<(), Error> {
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        if environment::paths_in(name).iter().any(|path| begins_with_tilde(path)) {
            return Err(Error::NotReplaced(name));
        }
    }
    Ok(())
}

/// The folder for this program's state between runs: `XDG_STATE_HOME`, or the system's usual folder. `None` without a
/// home folder.
fn state_folder() -> Option<PathBuf> {
    // The specification says to ignore relative paths. `~` is expanded: a quoted value keeps it.
    let named = environment::state_home().and_then(|path| expanded(&path, home().as_deref()).ok());
    if let Some(named) = named.filter(|path| cfg!(unix) && path.is_absolute()) {
        return Some(named);
    }
    let folders = etcetera::choose_base_strategy().ok()?;
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    folder.is_absolute().then_some(folder)
}

/// The file of this portal and application with the `extension`, in this program's own folder in the
/// [state folder](state_folder).
pub(super) fn state_file(portal: &Origin, client_id: &str, extension: &str) -> Option<PathBuf> {
    let name = format!("{} {client_id}", portal.authority());
    let name = name
        .trim()
        .replace(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')), "_");
    let folder = state_folder()?.join(env!("CARGO_PKG_NAME"));
    Some(folder.join(format!("{name}.{extension}")))
}

impl Layer {
    /// Expands every path as the table of this module says.
    pub(super) fn with_paths_expanded(mut self, home: Option<&Path>) -> Result<Self, Error> {
        for given in &mut self.0 {
            if let GivenSecret::File(path) = &mut given.value {
                *path = expanded_from(&given.source, path, home)?;
            }
        }
        Ok(self)
    }
}

pub(super) fn expanded_from(source: &SettingSource, path: &Path, home: Option<&Path>) -> Result<PathBuf, Error> {
    let path = expanded(path, home).map_err(|problem| Error::of_value(source, problem))?;
    Ok(match source {
        // Relative to the working directory, the same settings would name different files for each start.
        SettingSource::File(settings, _) => settings.parent().unwrap_or(Path::new("")).join(path),
        SettingSource::Environment(_) => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env_vars;
    use crate::config::layer::GivenSetting;

    #[test]
    fn a_tilde_becomes_the_home_folder_and_nothing_else_changes() {
        let home = Path::new("/home/u");
        for (written, expected) in [
            ("~", Ok("/home/u")),
            ("~/", Ok("/home/u")),
            ("~/a/~/b", Ok("/home/u/a/~/b")),
            ("a/~", Ok("a/~")),
            ("./~", Ok("./~")),
            ("./~bob/x", Ok("./~bob/x")),
            ("/a/$b", Ok("/a/$b")),
            ("~bob", Err(InvalidPath::OtherHome)),
            ("~bob/x", Err(InvalidPath::OtherHome)),
            ("~~", Err(InvalidPath::OtherHome)),
            ("$HOME/x", Err(InvalidPath::Variable)),
            ("${HOME}/x", Err(InvalidPath::Variable)),
            ("%d/webhook", Err(InvalidPath::Variable)),
            ("\"~/x\"", Err(InvalidPath::Quote)),
            ("'/x'", Err(InvalidPath::Quote)),
            ("./'x'", Ok("./'x'")),
        ] {
            let meant = expanded(Path::new(written), Some(home));
            assert_eq!(meant, expected.map(PathBuf::from), "{written}");
        }
        assert_eq!(expanded(Path::new("~/x"), None), Err(InvalidPath::NoHome));
        assert_eq!(expanded(Path::new("x"), None), Ok(PathBuf::from("x")));
    }

    #[test]
    fn paths_in_a_settings_file_are_relative_to_its_folder() {
        for (written, expected) in [("w", "/etc/mcp/w"), ("/w", "/w"), ("~/w", "/home/u/w")] {
            let source = SettingSource::File("/etc/mcp/settings.toml".into(), &env_vars::TOKEN_STORE);
            let layer = Layer(vec![GivenSetting::new(written, source)]);
            let layer = layer.with_paths_expanded(Some(Path::new("/home/u"))).unwrap();
            let Some(GivenSecret::File(path)) = layer.secret(&env_vars::TOKEN_STORE) else {
                panic!("{written} is no path")
            };
            assert_eq!(path, Path::new(expected));
        }
    }
}

//! Paths as people write them: `~` is the home folder, as in a shell. A shell does not replace it between quotes, after
//! `--config=`, in a settings file or in a client's entry; taken as it stands, it would name a folder called `~`.
//!
//! | written | is |
//! |---|---|
//! | `~`, `~/x` | the home folder, a path in it |
//! | `~name/x` | refused: another user's home folder is not looked up |
//! | `$NAME/x`, `${NAME}/x`, `%NAME%/x` | refused: nothing has replaced the variable |
//! | `"x"`, `'x'` | refused: nothing has taken the quotes off |
//! | `x` in a settings file | a path from the folder of that file |
//! | anything else | itself |

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::Error;
use super::layer::{Layer, LayerError, Origin};
use crate::portal::GivenSecret;

/// Why a path cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// `~name`.
    #[error("begins with `~` and a name: the home folders of other users are not looked up")]
    OtherHome,
    /// `~`, but there is no home folder.
    #[error("begins with `~`, and this user has no home folder")]
    NoHome,
    /// `$NAME`, `${NAME}` or `%NAME%`.
    #[error("begins with a variable that nothing has replaced by its value")]
    Variable,
    /// `"x"` or `'x'`, as `docker --env-file` hands it over.
    #[error("begins with a quote that nothing has taken off")]
    Quote,
}

/// The user's home folder. `None` also for a relative one, which would be another in each folder.
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

/// A path of the command line, as it is meant.
///
/// # Errors
/// [`InvalidPath`], with the path.
pub fn of_command_line(path: &Path) -> Result<PathBuf, Error> {
    let meant = expanded(path, home().as_deref());
    Ok(meant.map_err(|problem| LayerError::Path(path.to_owned(), problem))?)
}

/// The folder for what this program keeps between runs: XDG_STATE_HOME, or the system's usual one. `None` without a home folder.
pub(super) fn state_folder() -> Option<PathBuf> {
    // The specification has relative paths ignored, and a shell that replaces nothing leaves `~` in one.
    let named = super::sources::state_home().and_then(|path| expanded(&path, home().as_deref()).ok());
    if let Some(named) = named.filter(|path| cfg!(unix) && path.is_absolute()) {
        return Some(named);
    }
    let folders = etcetera::choose_base_strategy().ok()?;
    let folder = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    folder.is_absolute().then_some(folder)
}

impl Layer {
    /// With every path as the table above says.
    pub(super) fn with_paths_expanded(mut self, home: Option<&Path>) -> Result<Self, Error> {
        for given in &mut self.0 {
            if let GivenSecret::File(path) = &mut given.value {
                *path = meant(path, &given.origin, home)?;
            }
        }
        Ok(self)
    }
}

fn meant(path: &Path, origin: &Origin, home: Option<&Path>) -> Result<PathBuf, Error> {
    let path = expanded(path, home).map_err(|problem| origin.wrong(problem))?;
    Ok(match origin {
        // Else the file would name other files in each folder that the server is started in.
        Origin::File(settings, _) => settings.parent().unwrap_or(Path::new("")).join(path),
        Origin::Environment(_) => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env_vars;
    use crate::config::layer::Given;

    #[test]
    fn a_tilde_is_the_home_folder_and_nothing_else_is_changed() {
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
    fn the_paths_of_a_settings_file_begin_in_its_folder() {
        for (written, expected) in [("w", "/etc/mcp/w"), ("/w", "/w"), ("~/w", "/home/u/w")] {
            let origin = Origin::File("/etc/mcp/settings.toml".into(), &env_vars::TOKEN_STORE);
            let layer = Layer(vec![Given::new(written, origin)]);
            let layer = layer.with_paths_expanded(Some(Path::new("/home/u"))).unwrap();
            let Some(GivenSecret::File(path)) = layer.secret(&env_vars::TOKEN_STORE) else {
                panic!("{written} is no path")
            };
            assert_eq!(path, Path::new(expected));
        }
    }
}

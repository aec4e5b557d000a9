//! Clients' settings files: `install` and `doctor --client`.

/// `doctor --client`: what each client would start, and in which environment.
mod doctor_client;
/// `doctor --client` on entries that start another program, nothing, or a process in another folder.
mod doctor_client_entry;
/// `doctor --client` on settings of a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_folder;
/// `doctor --client` on entries for servers over HTTP.
mod doctor_client_http;
/// `doctor --client` on entries of the user's own file, in a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_own;
/// Byte order marks and encodings of clients' files.
mod encoding;
/// Files that `install` refuses to change, and what it keeps of those it changes.
mod files;
/// `install` and `install --remove`: each client's form, files of every kind.
mod forms;
/// Owner, access list and hard links of the files that `install` writes.
#[cfg(unix)]
mod owner;
/// `install` and `doctor --client` show no secret of a client's file or of the environment.
mod secrets;
/// How `install --remove` restores a file, whatever happened to it since.
mod undo;

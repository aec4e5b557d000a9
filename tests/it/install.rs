//! Clients' settings files: `install` and `doctor --client`.

/// `doctor --client`: what each client would start, and in which environment.
mod doctor_client;
/// The same on entries that start something else, nothing, or not where one thinks.
mod doctor_client_entry;
/// The same in a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_folder;
/// The same on entries that are servers over HTTP.
mod doctor_client_http;
/// The same on entries of the user's own file, in a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_own;
/// Byte order marks and encodings of clients' files.
mod encoding;
/// Files that `install` does not touch, and what stays of those it touches.
mod files;
/// `install`: each client's form, files of every kind, in and out again.
mod forms;
/// Owner, access list and other names of the files that `install` writes.
#[cfg(unix)]
mod owner;
/// No secret leaves a client's file or the environment by `install` and `doctor --client`.
mod secrets;
/// How `install --remove` finds back, whatever happened since.
mod undo;

//! What a measurement is asked for.

use std::path::PathBuf;

/// What was given on the command line; a measurement knows some of these.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) is_quick: bool,
    pub(super) only: Option<String>,
    pub(super) program: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) svg: Option<PathBuf>,
    pub(super) docs: Option<PathBuf>,
}

impl Options {
    /// Reads what is `known`, such as `--quick` and `--json FILE`.
    pub(super) fn read(mut arguments: impl Iterator<Item = String>, known: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            // cargo adds it.
            if argument == "--bench" {
                continue;
            }
            if !known.iter().any(|known| known.split(' ').next() == Some(&argument)) {
                return Err(format!("{argument} is not known; there are {}", known.join(", ")));
            }
            if argument == "--quick" {
                options.is_quick = true;
                continue;
            }
            let value = arguments.next().ok_or(format!("{argument} wants a value"))?;
            match argument.as_str() {
                "--only" => options.only = Some(value),
                "--program" => options.program = Some(value.into()),
                "--json" => options.json = Some(value.into()),
                "--svg" => options.svg = Some(value.into()),
                "--docs" => options.docs = Some(value.into()),
                _ => return Err(format!("nothing reads {argument}")),
            }
        }
        Ok(options)
    }
}

//! The command-line options of the benches.

use std::path::PathBuf;

use crate::program::repository;

/// The options of all benches; each bench accepts some of them.
#[derive(Debug, Default)]
pub struct Options {
    /// Fewer rounds, for a first look.
    pub is_quick: bool,
    /// The only part or peer to measure.
    pub only: Option<String>,
    /// The program to measure, in place of a fresh release build.
    pub program: Option<PathBuf>,
    /// Where all values are written as JSON.
    pub json: Option<PathBuf>,
    /// Where the plot is written.
    pub svg: Option<PathBuf>,
    /// The document that receives the tables.
    pub docs: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments. `known` lists the accepted options, such as `--quick` and `--json FILE`.
    pub fn read(mut arguments: impl Iterator<Item = String>, known: &[&str]) -> Result<Self, String> {
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
            let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
            // cargo runs a bench in its package's folder; people name files from the repository's root.
            let path = repository().join(&value);
            match argument.as_str() {
                "--only" => options.only = Some(value),
                "--program" => options.program = Some(path),
                "--json" => options.json = Some(path),
                "--svg" => options.svg = Some(path),
                "--docs" => options.docs = Some(path),
                _ => return Err(format!("nothing reads {argument}")),
            }
        }
        Ok(options)
    }
}

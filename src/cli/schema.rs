//! `schema`: the tools' JSON Schemas, and the files that are generated from the program.

mod places;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::exit::{ExitStatus, Stop};
use super::stdout::print;
use crate::address_book::Caution;
use crate::clients;
use crate::config::env_vars;
use crate::config::paths::of_command_line;
use crate::{fixit, mcp};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Compare the schema files in this folder with the program; exit status 1 if one differs.
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    check: Option<PathBuf>,
    /// Write the schema files into this folder.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Check the generated tables in this folder's Markdown files, or write them with --write.
    #[arg(long, value_name = "DIR")]
    docs: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Stop> {
    let resolved = |path: &Option<PathBuf>| path.as_deref().map(of_command_line).transpose();
    let docs = resolved(&arguments.docs)?;
    match (resolved(&arguments.check)?, resolved(&arguments.write)?) {
        (None, None) if docs.is_none() => return print(&everything()),
        (_, Some(folder)) => write(&folder, docs.as_deref())?,
        (folder, None) => check(folder.as_deref(), docs.as_deref())?,
    }
    Ok(ExitStatus::Done)
}

/// The schemas of all tools as one JSON object, by the tool's name.
fn everything() -> String {
    let tools: Map<String, Value> = mcp::tools()
        .iter()
        .map(|tool| {
            let mut schemas = Map::new();
            schemas.insert("inputSchema".to_owned(), Value::Object((*tool.input_schema).clone()));
            if let Some(output) = &tool.output_schema {
                schemas.insert("outputSchema".to_owned(), Value::Object((**output).clone()));
            }
            (tool.name.to_string(), Value::Object(schemas))
        })
        .collect();
    pretty(&Value::Object(tools))
}

/// Name and content of each schema file.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for tool in mcp::tools() {
        files.push((
            format!("{}.input.json", tool.name),
            pretty(&Value::Object((*tool.input_schema).clone())),
        ));
        if let Some(output) = &tool.output_schema {
            files.push((
                format!("{}.output.json", tool.name),
                pretty(&Value::Object((**output).clone())),
            ));
        }
    }
    files
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn write(folder: &Path, docs: Option<&Path>) -> Result<(), Stop> {
    fs::create_dir_all(folder).map_err(|error| stop("cannot be made", folder, Some(error)))?;
    for (name, content) in files() {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| stop("cannot be written", &path, Some(error)))?;
    }
    for document in docs.map(documents).transpose()?.unwrap_or_default() {
        let path = &document.path;
        fs::write(path, document.generated).map_err(|error| stop("cannot be written", path, Some(error)))?;
    }
    Ok(())
}

fn check(folder: Option<&Path>, docs: Option<&Path>) -> Result<(), Stop> {
    if let Some(folder) = folder {
        let files = files();
        for (name, content) in &files {
            let path = folder.join(name);
            let found = fs::read_to_string(&path).map_err(|error| stop("cannot be read", &path, Some(error)))?;
            if found != *content {
                return Err(stop("is not what the program prints", &path, None));
            }
        }
        for entry in fs::read_dir(folder)
            .map_err(|error| stop("cannot be read", folder, Some(error)))?
            .flatten()
        {
            if !files.iter().any(|(name, _)| entry.file_name() == name.as_str()) {
                return Err(stop("belongs to no tool; remove it", &entry.path(), None));
            }
        }
    }
    for document in docs.map(documents).transpose()?.unwrap_or_default() {
        if document.found != document.generated {
            return Err(stop(
                "has tables that are not what the program prints",
                &document.path,
                None,
            ));
        }
    }
    Ok(())
}

/// A Markdown file of the documentation.
struct Document {
    path: PathBuf,
    /// The text on disk.
    found: String,
    /// The same text with the tables that this program prints.
    generated: String,
}

/// The Markdown files directly in `folder`, by name.
fn documents(folder: &Path) -> Result<Vec<Document>, Stop> {
    let unreadable = |path: &Path, error| stop("cannot be read", path, Some(error));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut texts = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
        texts.push((path.display().to_string(), text));
    }
    let generated = places::filled(&texts, &tables()).map_err(|problem| Stop::Schema(problem, None))?;
    let documents = paths.into_iter().zip(texts).zip(generated);
    Ok(documents
        .map(|((path, (_, found)), generated)| Document { path, found, generated })
        .collect())
}

/// Name and Markdown of each generated table.
fn tables() -> [(&'static str, String); 5] {
    [
        ("clients", clients::documentation::markdown()),
        ("settings", env_vars::markdown_table()),
        ("fixes", fixit::markdown_table()),
        ("team fixes", fixit::markdown(fixit::TEAM_FIXES)),
        ("cautions", cautions_table()),
    ]
}

fn cautions_table() -> String {
    let rows = Caution::ALL
        .iter()
        .map(|caution| format!("| `{}` | {} |\n", caution.code(), caution.sentence()));
    format!("| caution | meaning |\n|---|---|\n{}", rows.collect::<String>())
}

fn stop(problem: &str, path: &Path, source: Option<io::Error>) -> Stop {
    Stop::Schema(format!("{} {problem}", path.display()), source)
}

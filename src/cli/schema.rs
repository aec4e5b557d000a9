//! `schema`: the tools' JSON Schemas, and the files that are generated from the program.

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
    /// Check the generated tables of this Markdown file, or write them with --write.
    #[arg(long, value_name = "FILE")]
    readme: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Stop> {
    let meant = |path: &Option<PathBuf>| path.as_deref().map(of_command_line).transpose();
    let readme = meant(&arguments.readme)?;
    match (meant(&arguments.check)?, meant(&arguments.write)?) {
        (None, None) if readme.is_none() => return print(&everything()),
        (_, Some(folder)) => write(&folder, readme.as_deref())?,
        (folder, None) => check(folder.as_deref(), readme.as_deref())?,
    }
    Ok(ExitStatus::Done)
}

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

fn write(folder: &Path, readme: Option<&Path>) -> Result<(), Stop> {
    fs::create_dir_all(folder).map_err(|error| stop("cannot be made", folder, Some(error)))?;
    for (name, content) in files() {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| stop("cannot be written", &path, Some(error)))?;
    }
    if let Some(readme) = readme {
        let (_, generated) = read_and_generate(readme)?;
        fs::write(readme, generated).map_err(|error| stop("cannot be written", readme, Some(error)))?;
    }
    Ok(())
}

fn check(folder: Option<&Path>, readme: Option<&Path>) -> Result<(), Stop> {
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
    if let Some(readme) = readme {
        let (found, generated) = read_and_generate(readme)?;
        if found != generated {
            return Err(stop("has tables that are not what the program prints", readme, None));
        }
    }
    Ok(())
}

fn read_and_generate(readme: &Path) -> Result<(String, String), Stop> {
    let found = fs::read_to_string(readme).map_err(|error| stop("cannot be read", readme, Some(error)))?;
    let mut generated = found.clone();
    for (name, table) in [
        ("clients", clients::readme::markdown()),
        ("settings", env_vars::markdown_table()),
        ("fixes", fixit::markdown_table()),
        ("cautions", cautions_table()),
    ] {
        generated = replaced(&generated, name, &table)
            .ok_or_else(|| stop(&format!("has no place for `{name}`"), readme, None))?;
    }
    Ok((found, generated))
}

fn cautions_table() -> String {
    let rows = Caution::ALL
        .iter()
        .map(|caution| format!("| `{}` | {} |\n", caution.code(), caution.sentence()));
    format!("| caution | meaning |\n|---|---|\n{}", rows.collect::<String>())
}

/// Puts `table` between `<!-- generated: name -->` and `<!-- end -->`.
fn replaced(text: &str, name: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(&format!("<!-- generated: {name} -->\n"))?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!(
        "{before}<!-- generated: {name} -->\n{table}<!-- end -->{after}"
    ))
}

fn stop(problem: &str, path: &Path, source: Option<io::Error>) -> Stop {
    Stop::Schema(format!("{} {problem}", path.display()), source)
}

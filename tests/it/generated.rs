//! The generated files of the repository are up to date.

use std::path::{Path, PathBuf};

use crate::support::harness::{Session, run, stderr};

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

#[tokio::test]
async fn schemas_and_tables_of_the_documentation_are_up_to_date() {
    let output = run(&[
        "schema",
        "--check",
        &repository("schemas"),
        "--docs",
        &repository("docs"),
    ])
    .await;
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A copy of the documentation's Markdown files in `folder`.
fn copy_of_docs(folder: &Path) -> PathBuf {
    let docs = folder.join("docs");
    std::fs::create_dir(&docs).unwrap();
    for entry in std::fs::read_dir(repository("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            std::fs::copy(&path, docs.join(path.file_name().unwrap())).unwrap();
        }
    }
    docs
}

#[tokio::test]
async fn a_stale_file_is_reported_and_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("schemas").display().to_string();
    let copy = copy_of_docs(folder.path());
    let docs = copy.display().to_string();
    assert_eq!(
        run(&["schema", "--check", &schemas]).await.status.code(),
        Some(1),
        "no folder yet"
    );
    let written = run(&["schema", "--write", &schemas, "--docs", &docs]).await;
    assert!(written.status.success(), "{}", stderr(&written));
    assert!(
        run(&["schema", "--check", &schemas, "--docs", &docs])
            .await
            .status
            .success()
    );

    for (file, found, stale) in [
        ("errors.md", "QUERY_LIMIT_EXCEEDED", "QUERY_LIMIT"),
        ("settings.md", "`BITRIX24_CACHE_TTL`", "`BITRIX24_TTL`"),
        ("clients.md", "`codex`", "`codec`"),
        ("cautions.md", "`lookalike_domain`", "`look_alike_domain`"),
    ] {
        let path = copy.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(found, stale)).unwrap();
        let output = run(&["schema", "--check", &schemas, "--docs", &docs]).await;
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(
            stderr(&output).contains("hint: run `bitrix24-mail-mcp schema` with --write"),
            "{}",
            stderr(&output)
        );
        std::fs::write(&path, text).unwrap();
    }
}

#[tokio::test]
async fn each_table_needs_one_place_and_each_place_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let copy = copy_of_docs(folder.path());
    let docs = copy.display().to_string();
    let place = |name: &str| format!("<!-- generated: {name} -->\n<!-- end -->\n");
    for (text, problem) in [
        (place("settings"), "the table `settings` has 2 places"),
        (place("prices"), "a place for `prices`, which is not a generated table"),
    ] {
        std::fs::write(copy.join("other.md"), text).unwrap();
        let output = run(&["schema", "--check", &repository("schemas"), "--docs", &docs]).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    }
    std::fs::remove_file(copy.join("other.md")).unwrap();
    std::fs::remove_file(copy.join("settings.md")).unwrap();
    let output = run(&["schema", "--check", &repository("schemas"), "--docs", &docs]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("no file has a place for the table `settings`"),
        "{}",
        stderr(&output)
    );
}

/// The examples of failures: a command after `$`, and what it prints, where `(…)` stands for text that is left out.
#[tokio::test]
async fn failures_in_the_documentation_are_those_of_the_program() {
    for file in ["README.md", "README.ru.md", "docs/errors.md"] {
        let text = std::fs::read_to_string(repository(file)).unwrap();
        let (_, example) = text.split_once("```text\n$ bitrix24-mail-mcp ").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let (command, lines) = example.split_once('\n').unwrap();
        let output = run(&command.split(' ').collect::<Vec<_>>()).await;
        assert_eq!(output.status.code(), Some(1), "{file}");
        let printed = stderr(&output);
        for line in lines.lines() {
            let start = line.split("(…)").next().unwrap();
            assert!(
                printed.lines().any(|printed| printed.starts_with(start)),
                "{file}: {line}\nis not in\n{printed}"
            );
        }
    }
}

/// No test compares the figures themselves: they depend on the machine.
#[test]
fn the_documentation_has_a_place_for_what_it_costs() {
    let performance = std::fs::read_to_string(repository("docs/performance.md")).unwrap();
    let (_, rest) = performance.split_once("<!-- measured: cost -->\n").unwrap();
    let (figures, _) = rest.split_once("<!-- end -->").unwrap();
    for word in ["bitrix24-mail-mcp", "rmcp", "TypeScript SDK", "Python SDK", "no server"] {
        assert!(figures.contains(word), "{word} is not in {figures}");
    }
}

#[tokio::test]
async fn tools_list_is_as_clients_know_it() {
    let tools = Session::demo().await.client().list_all_tools().await.unwrap();
    insta::assert_json_snapshot!("tools_list", tools);
}

/// Some constructs make real clients reject the whole tool list.
#[tokio::test]
async fn schemas_hold_nothing_that_a_client_cannot_take() {
    let tools = Session::demo().await.client().list_all_tools().await.unwrap();
    for tool in tools {
        let description = tool.description.clone().unwrap();
        assert!(description.len() < 600, "{} characters", description.len());
        for schema in [&*tool.input_schema, &**tool.output_schema.as_ref().unwrap()] {
            assert_eq!(schema["type"], "object");
            let text = serde_json::to_string(schema).unwrap();
            for construct in [
                "$ref",
                "$defs",
                "$schema",
                "\"format\"",
                "\"title\"",
                "oneOf",
                "anyOf",
                "allOf",
                "null",
                ":true",
            ] {
                let text = text.replace("\"type\":\"boolean\"", "");
                assert!(!text.contains(construct), "{}: {construct} in {text}", tool.name);
            }
        }
    }
}

//! What the program generates is what the repository holds.

use std::path::Path;

use crate::support::harness::{Session, run, stderr};

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

#[tokio::test]
async fn schemas_and_readme_tables_are_up_to_date() {
    let output = run(&[
        "schema",
        "--check",
        &repository("schemas"),
        "--readme",
        &repository("README.md"),
    ])
    .await;
    assert!(output.status.success(), "{}", stderr(&output));
}

#[tokio::test]
async fn a_stale_file_is_noticed_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("schemas").display().to_string();
    let readme = folder.path().join("README.md").display().to_string();
    std::fs::copy(repository("README.md"), &readme).unwrap();
    assert_eq!(
        run(&["schema", "--check", &schemas]).await.status.code(),
        Some(1),
        "no folder yet"
    );
    assert!(
        run(&["schema", "--write", &schemas, "--readme", &readme])
            .await
            .status
            .success()
    );
    assert!(
        run(&["schema", "--check", &schemas, "--readme", &readme])
            .await
            .status
            .success()
    );

    let stale = std::fs::read_to_string(&readme)
        .unwrap()
        .replace("QUERY_LIMIT_EXCEEDED", "QUERY_LIMIT");
    std::fs::write(&readme, stale).unwrap();
    let output = run(&["schema", "--check", &schemas, "--readme", &readme]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("hint: run `bitrix24-mail-mcp schema` with --write"),
        "{}",
        stderr(&output)
    );
}

/// The figures themselves are one machine's, and no test compares them.
#[test]
fn the_readme_has_a_place_for_what_it_costs() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- measured: cost -->\n").unwrap();
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

/// Constructs that take a whole tool list down in real clients.
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

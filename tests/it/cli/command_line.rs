//! `lookup`, `schema`, `--help`, exit statuses.

use bitrix24_mail_mcp::demo::{FAULTS, Outcome};
use serde_json::{Value, json};

use crate::support::harness::{Session, program, run, stderr, stdout};

#[tokio::test]
async fn lookup_shows_a_table() {
    let output = run(&["lookup", "client", "--demo"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.lines().next().unwrap().contains("E-mail"), "{table}");
    assert!(table.contains("client@example.com"), "{table}");
    assert_eq!(
        table.lines().count(),
        2 + 5,
        "a header, a line, five contacts:\n{table}"
    );
    assert!(!table.contains('\u{1b}'), "no colours where no terminal is");
}

#[tokio::test]
async fn json_is_exactly_the_tools_structured_content() {
    let session = Session::demo().await;
    for (arguments, options) in [
        (json!({"query": "client"}), vec!["client"]),
        (
            json!({"query": "", "limit": 7, "page": 2}),
            vec!["--limit", "7", "--page", "2"],
        ),
        (
            json!({"query": "a", "limit": "300", "offset": 3}),
            vec!["a", "--limit", "300", "--offset", "3"],
        ),
        (json!({"query": "nobody"}), vec!["nobody"]),
        (json!({"limit": "0"}), vec!["--limit", "0"]),
        (json!({"limit": "-5"}), vec!["--limit", "-5"]),
    ] {
        let structured = session.call(arguments).await.structured_content.unwrap();
        let mut all = vec!["lookup", "--demo", "--format", "json"];
        all.extend(&options);
        let output = run(&all).await;
        assert_eq!(stdout(&output), format!("{structured}\n"), "{options:?}");
        assert_eq!(
            output.status.code(),
            Some(if structured.get("error").is_some() { 2 } else { 0 }),
            "{options:?}"
        );
    }
}

#[tokio::test]
async fn csv_has_a_header_and_runs_no_formula() {
    let output = run(&["lookup", "evil", "--demo", "--format", "csv"]).await;
    let text = stdout(&output);
    assert!(text.starts_with("id,email,name,cautions\n"), "{text}");
    assert!(text.contains(r#""'=HYPERLINK("#), "a formula must not run:\n{text}");
    assert_eq!(
        stdout(&run(&["lookup", "nobody", "--demo", "--format", "csv"]).await),
        "id,email,name,cautions\n"
    );
}

#[tokio::test]
async fn lookup_names_the_next_offset_and_suggests_another_tool() {
    for format in ["table", "csv"] {
        let output = run(&["lookup", "--demo", "--limit", "3", "--format", format]).await;
        assert!(stderr(&output).contains("--offset 3"), "{}", stderr(&output));
    }
    let output = run(&["lookup", "nobody", "--demo"]).await;
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    assert!(
        stderr(&output).contains("Try resolve_mail_recipients"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn each_fault_is_reported_with_code_meaning_steps_who_and_retry() {
    for fault in FAULTS.iter().filter(|fault| fault.outcome == Outcome::Fails) {
        let output = program()
            .args(["lookup", "client", "--demo-fault", fault.name])
            .env("BITRIX24_TIMEOUT", "240ms")
            .output()
            .await
            .unwrap();
        let report = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{}", fault.name);
        assert_eq!(stdout(&output), "", "{}", fault.name);
        for label in [
            "error: ",
            "code: ",
            "meaning: ",
            "hint: ",
            "who: ",
            "retry: ",
            "docs: https://",
        ] {
            assert!(
                report.lines().any(|line| line.starts_with(label)),
                "{}: no {label:?} in\n{report}",
                fault.name
            );
        }
    }
}

#[tokio::test]
async fn wrong_usage_ends_with_status_2_and_a_hint() {
    for (arguments, expected) in [
        (vec!["lookup", "--limit", "abc", "--demo"], "limit 1 to 200"),
        (vec!["lookup", "--page", "1", "--offset", "1"], "cannot be used with"),
        (vec!["lookup", "--format", "xml"], "possible values: table, json, csv"),
        (vec!["lookup", "--demo-fault", "unheard-of"], "--demo-fault help"),
        (vec!["lookup", "--demo-quirk", "unheard-of"], "--demo-quirk help"),
        (vec!["unheard-of"], "unrecognized subcommand"),
        (
            vec!["lookup", "--config", "/nowhere/settings.toml"],
            "it does not exist",
        ),
        (vec!["lookup"], "BITRIX24_WEBHOOK_URL"),
    ] {
        let output = run(&arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[tokio::test]
async fn help_names_every_command_and_every_setting() {
    let output = run(&["--help"]).await;
    assert_eq!(output.status.code(), Some(0));
    let help = stdout(&output);
    for expected in [
        "serve",
        "lookup",
        "schema",
        "--demo",
        "--demo-fault",
        "--config",
        "--log-format",
    ] {
        assert!(help.contains(expected), "{expected} is missing");
    }
    for variable in bitrix24_mail_mcp::config::env_vars::ALL {
        assert!(help.contains(variable.name), "{} is missing", variable.name);
    }
    assert!(stdout(&run(&["--version"]).await).contains(env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn help_lists_every_fault_and_every_quirk() {
    let faults = stdout(&run(&["--demo-fault", "help"]).await);
    assert_eq!(faults.lines().count(), FAULTS.len());
    assert!(
        FAULTS
            .iter()
            .all(|fault| faults.lines().any(|line| line.split(' ').next() == Some(fault.name)))
    );
    let quirks = stdout(&run(&["lookup", "--demo-quirk", "help"]).await);
    assert_eq!(quirks.lines().count(), bitrix24_mail_mcp::demo::QUIRKS.len());
}

#[tokio::test]
async fn schema_prints_what_tools_list_shows() {
    let tools = Session::demo().await.client().list_all_tools().await.unwrap();
    let printed: Value = serde_json::from_str(&stdout(&run(&["schema"]).await)).unwrap();
    assert_eq!(tools.len(), 3);
    for tool in tools {
        let expected = json!({
            "inputSchema": Value::Object((*tool.input_schema).clone()),
            "outputSchema": Value::Object((**tool.output_schema.as_ref().unwrap()).clone()),
        });
        assert!(printed[tool.name.as_ref()] == expected, "{}", tool.name);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_reader_that_stops_early_is_no_failure() {
    let binary = env!("CARGO_BIN_EXE_bitrix24-mail-mcp");
    let script = format!("{binary} lookup --demo --limit 200 | true; exit ${{PIPESTATUS[0]}}");
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .await
        .unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

//! `install` and `doctor --client` on files that begin with a byte order mark, or are not UTF-8.

use serde_json::json;

use crate::support::client_home::{CLIENTS, Home, PROGRAM, check, fix_of, section, written};

const MARK: &str = "\u{feff}";

fn marked(client: &'static str) -> String {
    let entry = json!({"command": PROGRAM, "args": ["--demo"]});
    format!(
        "{MARK}{}\n",
        written(client, &json!({section(client): {"bitrix24-mail-demo": entry}}))
    )
}

#[tokio::test]
async fn a_mark_that_the_client_cannot_read_is_removed_on_request() {
    for (client, found) in [
        ("claude-desktop", "failed"),
        ("claude-code", "warning"),
        ("cursor", "warning"),
        ("codex", "ok"),
        ("vscode", "ok"),
    ] {
        let home = Home::with(client, &marked(client));
        let (report, _) = home.doctor(&["--demo"]).await;
        let (status, saw) = check(&report, "entry");
        assert_eq!(status, found, "{client} {saw}");
        if found == "ok" {
            assert_eq!(check(&report, "handshake").0, "ok");
            continue;
        }
        assert!(saw.contains("begins with a byte order mark"), "{saw}");
        let command = format!("Run `bitrix24-mail-mcp install {client} --demo --remove-bom`.");
        assert_eq!(fix_of(&report, "entry"), command);

        let report = home.report(&["--demo"]).await;
        assert!(report["warnings"].to_string().contains("add --remove-bom"), "{report}");
        assert!(home.text().unwrap().starts_with(MARK), "only with the option");

        let would = home.report(&["--demo", "--remove-bom", "--dry-run"]).await;
        assert_eq!(would["action"], "would be updated");
        assert!(home.text().unwrap().starts_with(MARK));

        let before = home.text().unwrap();
        let report = home.report(&["--demo", "--remove-bom"]).await;
        assert_eq!(report["action"], "updated");
        assert!(report["warnings"].to_string().contains("is removed"), "{report}");
        assert_eq!(home.text().unwrap(), before.trim_start_matches(MARK));
        let (report, status) = home.doctor(&["--demo"]).await;
        assert_eq!((check(&report, "entry").0.as_str(), status), ("ok", Some(0)));
        assert_eq!(home.report(&["--demo", "--remove-bom"]).await["action"], "unchanged");
    }
}

#[tokio::test]
async fn a_mark_is_restored_only_if_it_was_not_taken_off() {
    for client in CLIENTS {
        let other = written(client, &json!({section(client): {"other": {"command": "x"}}, "a": 1}));
        let text = format!("{MARK}{other}\n");
        let home = Home::with(client, &text);
        home.install(&[]).await;
        assert!(home.text().unwrap().starts_with(MARK), "{client}");
        home.install(&["--remove"]).await;
        assert_eq!(home.text().unwrap(), text, "{client}");

        home.install(&["--remove-bom"]).await;
        assert!(!home.text().unwrap().starts_with(MARK), "{client}");
        home.install(&["--demo"]).await;
        home.install(&["--remove", "--demo"]).await;
        home.install(&["--remove"]).await;
        assert_eq!(home.text().unwrap(), text.trim_start_matches(MARK), "{client}");
    }
}

#[tokio::test]
async fn another_encoding_is_named() {
    let wide = |text: &str, mark: bool, is_big: bool| -> Vec<u8> {
        let mark = if mark { MARK } else { "" };
        let units = mark.encode_utf16().chain(text.encode_utf16()).collect::<Vec<_>>();
        let bytes = units
            .into_iter()
            .map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        bytes.flatten().collect()
    };
    for client in CLIENTS {
        let text = written(client, &json!({section(client): {"other": {"command": "x"}}}));
        for (is_big, name) in [(false, "UTF-16 (little-endian)"), (true, "UTF-16 (big-endian)")] {
            for mark in [true, false] {
                let home = Home::with(client, "");
                std::fs::write(home.file(), wide(&text, mark, is_big)).unwrap();
                let said = home.refused(&[]).await;
                assert!(
                    said.contains(name) && said.contains("save the file as UTF-8 without"),
                    "{said}"
                );
                assert!(home.refused(&["--remove-bom"]).await.contains(name));
                let (report, status) = home.doctor(&[]).await;
                let (found, saw) = check(&report, "entry");
                assert_eq!((found.as_str(), status), ("failed", Some(1)));
                assert!(saw.contains(name), "{saw}");
                assert!(fix_of(&report, "entry").starts_with("Save "));
            }
        }
        let home = Home::with(client, "");
        let quads = text.chars().flat_map(|c| u32::from(c).to_le_bytes());
        std::fs::write(home.file(), quads.collect::<Vec<_>>()).unwrap();
        assert!(home.refused(&[]).await.contains("UTF-32"));
    }
}

#[tokio::test]
async fn several_marks_are_skipped_kept_and_removed_together() {
    for client in CLIENTS {
        let home = Home::with(client, &format!("{MARK}{}", marked(client)));
        let (report, _) = home.doctor(&["--demo"]).await;
        let saw = check(&report, "entry").1;
        assert!(!saw.contains("unexpected"), "{saw}");
        home.install(&[]).await;
        assert!(home.text().unwrap().starts_with(&format!("{MARK}{MARK}")), "{client}");
        home.install(&["--remove-bom"]).await;
        assert!(!home.text().unwrap().starts_with(MARK), "{client}");
    }
}

#[tokio::test]
async fn a_mark_is_reported_before_this_server_is_installed() {
    for (client, is_reported) in [("claude-desktop", true), ("cursor", true), ("vscode", false)] {
        let other = written(client, &json!({section(client): {"other": {"command": "x"}}}));
        let home = Home::with(client, &format!("{MARK}{other}"));
        let (report, _) = home.doctor(&[]).await;
        let saw = check(&report, "entry").1;
        assert_eq!(saw.contains("begins with a byte order mark"), is_reported, "{saw}");
        assert_eq!(fix_of(&report, "entry").contains("--remove-bom"), is_reported);
        let output = home.run(&["install", "--list"]).await;
        let list = String::from_utf8(output.stdout).unwrap();
        assert_eq!(list.contains("not installed, byte order mark"), is_reported, "{list}");
    }
}

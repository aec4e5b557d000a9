//! How the HTTP server starts, and which errors prevent a start.

use std::net::SocketAddr;

use crate::support::harness::{program, stderr};
use crate::support::http_client::{Request, ask};
use crate::support::http_server::Program;

const TOKEN: &str = "canary-t0ken-0123456789abcdef";

fn with_token(token: &str) -> Request {
    Request::get("/healthz").header("authorization", &format!("Bearer {token}"))
}

async fn status(address: SocketAddr, request: &Request) -> u16 {
    ask(address, request).await.head.status
}

#[tokio::test]
async fn beyond_loopback_the_server_needs_a_token() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let output = program()
            .args(["serve", "--demo", "--http", address])
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{address}");
        let message = stderr(&output);
        for expected in ["error:", "hint:", "BITRIX24_MCP_HTTP_TOKEN", "other machines"] {
            assert!(message.contains(expected), "{expected} is not in {message}");
        }
    }
    let mut command = program();
    command
        .args(["--demo", "serve", "--http", "0.0.0.0:0"])
        .env("BITRIX24_MCP_HTTP_TOKEN", TOKEN);
    let open = Program::spawn(command).await;
    // The server prints an address that this machine can use.
    let address = open.address;
    assert!(address.ip().is_loopback(), "{address}");
    assert_eq!(status(address, &Request::get("/healthz")).await, 401);
    assert_eq!(status(address, &with_token(TOKEN)).await, 200);
    let foreign = with_token(TOKEN).header("origin", "http://evil.example");
    assert_eq!(status(address, &foreign).await, 403);
}

#[tokio::test]
async fn the_token_may_come_from_a_file_and_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "first-token-0123456789\n").unwrap();
    let mut command = program();
    command.arg("--demo").env("BITRIX24_MCP_HTTP_TOKEN_FILE", &file);
    let mut server = Program::start(command).await;
    assert_eq!(status(server.address, &with_token("first-token-0123456789")).await, 200);
    std::fs::write(&file, "second-token-0123456789").unwrap();
    assert_eq!(status(server.address, &with_token("first-token-0123456789")).await, 401);
    assert_eq!(
        status(server.address, &with_token("second-token-0123456789")).await,
        200
    );
    // Strangers may send any number of requests, so the log says only once that the file cannot be read.
    for _ in 0..2 {
        std::fs::remove_file(&file).unwrap();
        for _ in 0..5 {
            let request = with_token("second-token-0123456789");
            assert_eq!(status(server.address, &request).await, 401);
        }
        std::fs::write(&file, "third-token-0123456789").unwrap();
        assert_eq!(status(server.address, &with_token("third-token-0123456789")).await, 200);
    }
    let _ = server.process.start_kill();
    let (_, log) = server.ended().await;
    assert_eq!(log.matches("the HTTP token cannot be read").count(), 2, "{log}");
}

#[tokio::test]
async fn an_error_about_a_setting_has_its_name_and_not_its_value() {
    for (name, value, expected) in [
        ("BITRIX24_MCP_HTTP_TOKEN", "canary token", "visible ASCII"),
        (
            "BITRIX24_MCP_HTTP_TOKEN_FILE",
            "/nonexistent/canary",
            "it does not exist",
        ),
        (
            "BITRIX24_MCP_ALLOWED_HOSTS",
            "https://canary.example",
            "list of host names",
        ),
        ("BITRIX24_MCP_ALLOWED_ORIGINS", "canary.example", "list of origins"),
        ("BITRIX24_MCP_CALLER_LIMIT", "canary", "20/200"),
    ] {
        let output = program()
            .args(["serve", "--demo", "--http", "127.0.0.1:0"])
            .env(name, value)
            .output()
            .await
            .unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{name}: {message}");
        assert!(message.contains(name) && message.contains(expected), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[tokio::test]
async fn an_error_about_the_address_says_why_it_cannot_be_used() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let in_use = taken.local_addr().unwrap().to_string();
    for (address, status, expected) in [
        (in_use.as_str(), 1, "is in use by another program"),
        ("nonsense", 2, "is not an IP address and a port"),
        ("portal.example:8024", 2, "is not an IP address and a port"),
        ("127.0.0.1:99999", 2, "is not an IP address and a port"),
    ] {
        let output = program()
            .args(["serve", "--demo", "--http", address])
            .output()
            .await
            .unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{address}: {message}");
        assert!(message.contains(expected), "{message}");
    }
    // No machine has an address of a documentation network.
    let output = program()
        .args(["serve", "--demo", "--http", "192.0.2.1:8024"])
        .env("BITRIX24_MCP_HTTP_TOKEN", TOKEN)
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is not an address of this machine"),
        "{}",
        stderr(&output)
    );
}

/// systemd passes the socket as descriptor 3 and says so in the environment.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_from_systemd_is_used_and_needs_the_token_too() {
    use command_fds::{CommandFdExt as _, FdMapping};
    for (address, is_open) in [("127.0.0.1:0", false), ("0.0.0.0:0", true)] {
        let socket = std::net::TcpListener::bind(address).unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut command = program();
        command
            .args(["--demo", "serve", "--http", "systemd"])
            .env("LISTEN_FDS", "1")
            .fd_mappings(vec![FdMapping {
                parent_fd: socket.into(),
                child_fd: 3,
            }])
            .unwrap();
        if is_open {
            let output = command.output().await.unwrap();
            assert_eq!(output.status.code(), Some(2));
            assert!(
                stderr(&output).contains("BITRIX24_MCP_HTTP_TOKEN"),
                "{}",
                stderr(&output)
            );
        } else {
            let server = Program::spawn(command).await;
            assert_eq!(server.address.port(), port);
            assert_eq!(status(server.address, &Request::get("/healthz")).await, 200);
        }
    }
    let output = program()
        .args(["serve", "--demo", "--http", "systemd"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no socket"), "{}", stderr(&output));
}

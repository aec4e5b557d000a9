//! The same tool on rmcp, in the style of its examples: `bare-rmcp stdio|pipes|http URL [PORT]`.
//!
//! | way | runtime | transport |
//! |---|---|---|
//! | `stdio` | many threads | `stdio()` |
//! | `pipes` | one thread | `stdio_pipes()` |
//! | `http` | many threads | axum, with TCP_NODELAY and JSON answers, without sessions |
//!
//! It has no checks, limits or advice, so its figures are the cost of rmcp and reqwest alone.

use axum::serve::ListenerExt;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServiceExt, schemars, tool, tool_router, transport};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Builder;

type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize, schemars::JsonSchema)]
struct Input {
    /// Part of a name or address.
    query: String,
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Contact {
    id: u64,
    email: String,
    name: String,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Output {
    contacts: Vec<Contact>,
}

#[derive(Deserialize)]
struct Reply {
    result: Listing,
}

#[derive(Deserialize)]
struct Listing {
    items: Vec<Contact>,
}

#[derive(Clone)]
struct Server {
    client: reqwest::Client,
    url: String,
}

#[tool_router(server_handler)]
impl Server {
    #[tool(description = "Finds contacts in the Bitrix24 mail address book.")]
    async fn list_mail_contacts(
        &self,
        Parameters(Input { query }): Parameters<Input>,
    ) -> Result<Json<Output>, ErrorData> {
        let asking = async {
            let body = json!({"query": query, "pagination": {"limit": 20, "offset": 0}});
            let replied = self.client.post(&self.url).json(&body).send().await?;
            replied.error_for_status()?.json::<Reply>().await
        };
        let reply = asking.await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(Json(Output { contacts: reply.result.items }))
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(way), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err("bare-rmcp stdio|pipes|http URL [PORT]".into());
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let server = Server { client, url };
    match way.as_str() {
        "stdio" => Builder::new_multi_thread().enable_all().build()?.block_on(async {
            server.serve(transport::stdio()).await?.waiting().await?;
            Ok(())
        }),
        "pipes" => Builder::new_current_thread().enable_all().build()?.block_on(async {
            server.serve(transport::stdio_pipes()).await?.waiting().await?;
            Ok(())
        }),
        _ => {
            let port: u16 = arguments.next().ok_or("http needs a port")?.parse()?;
            Builder::new_multi_thread().enable_all().build()?.block_on(over_http(server, port))
        }
    }
}

async fn over_http(server: Server, port: u16) -> Result<(), Failure> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service: StreamableHttpService<Server, NeverSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Default::default(), config);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    // `axum::serve` leaves Nagle's algorithm on, which costs forty milliseconds a call.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}

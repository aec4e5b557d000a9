//! A browser: keeps cookies, submits forms, follows redirects and meta refreshes, over real connections.

use std::net::SocketAddr;

use url::Url;

use crate::support::http_client::{Answer, Request, ask};
use crate::support::team_client::post_form;

/// A browser. Like a real one it keeps cookies by host, whatever the port: here the server and the portal share them.
#[derive(Clone)]
pub(crate) struct Browser {
    /// The address that is part of the server's links.
    public: SocketAddr,
    /// Where requests for the public address go: the server itself, or one of several replicas.
    pub(crate) server: SocketAddr,
    /// Name and value, the oldest first.
    cookies: Vec<(String, String)>,
    /// Everything that must not be in a log: the values of cookies, and of the queries that were opened.
    pub(crate) secrets: Vec<String>,
}

/// What the browser got.
#[derive(Debug)]
pub(crate) struct Page {
    url: Url,
    pub(crate) answer: Answer,
}

impl Page {
    /// Where the browser goes from here without a click.
    pub(crate) fn goes_on_to(&self) -> Option<String> {
        let refresh = || {
            let (_, rest) = self.answer.body.split_once("http-equiv=\"refresh\" content=\"0;")?;
            let (content, _) = rest.split_once('"')?;
            let (_, target) = content.split_once("url=")?;
            Some(unescaped(target))
        };
        self.answer.head.header("location").map(str::to_owned).or_else(refresh)
    }

    /// The only parameter `name` of the address that this page goes on to.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let target = Url::parse(&self.goes_on_to()?).unwrap();
        let values: Vec<_> = target.query_pairs().filter(|(known, _)| known == name).collect();
        assert!(values.len() <= 1, "{name} occurs {} times", values.len());
        values.first().map(|(_, value)| value.clone().into_owned())
    }

    /// The value of the hidden field `name`.
    pub(crate) fn hidden(&self, name: &str) -> Option<String> {
        let mut tags = self.answer.body.split('<').filter(|tag| tag.starts_with("input"));
        let tag = tags.find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
        let (_, value) = tag.split_once("value=\"")?;
        value.split_once('"').map(|(value, _)| unescaped(value))
    }
}

impl Browser {
    /// A browser without cookies. It opens addresses of the server and of the portal, and no others.
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self::of(server, server)
    }

    /// As [`new`](Self::new), for a server that has another address than its links.
    pub(crate) fn of(public: SocketAddr, server: SocketAddr) -> Self {
        Self {
            public,
            server,
            cookies: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Opens an address; goes no further.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        self.secrets
            .extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        self.send(url, Request::get(&path)).await
    }

    /// Goes on while pages say so, as far as the browser can.
    pub(crate) async fn follow(&mut self, mut page: Page) -> Page {
        while let Some(target) = page.goes_on_to() {
            let is_client = Url::parse(&target).unwrap().path() == "/callback";
            if is_client {
                break;
            }
            page = self.open(&target).await;
        }
        page
    }

    /// Clicks a button of the consent page.
    pub(crate) async fn decide(&mut self, consent: &Page, decision: &str) -> Page {
        let handle = consent.hidden("handle").unwrap_or_else(|| panic!("{consent:?}"));
        self.secrets.push(handle.clone());
        let form = [("handle", handle.as_str()), ("decision", decision)];
        self.submit(consent, "/oauth/consent", &form).await
    }

    /// Submits a form of one of our pages.
    pub(crate) async fn submit(&mut self, page: &Page, action: &str, form: &[(&str, &str)]) -> Page {
        let url = page.url.join(action).unwrap();
        let request = post_form(action, form).header("origin", &page.url.origin().ascii_serialization());
        self.send(url, request).await
    }

    /// Signs in on the portal's page, unless the browser is signed in there already.
    pub(crate) async fn sign_in_at_portal(&mut self, page: Page, name: &str) -> Page {
        let (Some(client), Some(state)) = (page.hidden("client_id"), page.hidden("state")) else {
            return page;
        };
        let before = page.answer.body.split(&format!(">{name}")).next().unwrap();
        let (_, user) = before.rsplit_once("value=\"").unwrap_or_else(|| panic!("{page:?}"));
        let user = user.split('"').next().unwrap();
        let form = [("client_id", client.as_str()), ("state", &state), ("user", user)];
        let url = page.url.join("/oauth/sign-in").unwrap();
        self.send(url, post_form("/oauth/sign-in", &form)).await
    }

    async fn send(&mut self, url: Url, request: Request) -> Page {
        let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = request.header("host", &address);
        if !cookies.is_empty() {
            request = request.header("cookie", &cookies.join("; "));
        }
        let address: SocketAddr = address.parse().unwrap();
        let is_ours = address == self.public;
        let answer = ask(if is_ours { self.server } else { address }, &request).await;
        for cookie in answer.head.all("set-cookie") {
            self.keep(cookie, is_ours);
        }
        Page { url, answer }
    }

    fn keep(&mut self, header: &str, is_ours: bool) {
        let (pair, attributes) = header.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if is_ours && !value.is_empty() {
            self.secrets.push(value.to_owned());
        }
        self.cookies.retain(|(known, _)| known != name);
        if !attributes.contains("Max-Age=0") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

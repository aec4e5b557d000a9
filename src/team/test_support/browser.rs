//! A browser: keeps cookies per origin, submits forms, and follows a sign-in through the server and the portal.

use std::net::IpAddr;

use url::Url;
use url::form_urlencoded::Serializer;

use super::client::TestClient;
use super::{CALLER, PUBLIC_URL, TestServer};
use crate::team::Team;
use crate::team::answer::Answer;
use crate::team::request::Request;

/// A browser. It calls the functions of the server and of the demo portal without sockets, and opens nothing else.
pub(in crate::team) struct Browser<'s> {
    server: &'s TestServer,
    /// The server that it reaches now, of several behind one address.
    team: &'s Team,
    /// Origin, name and value, the oldest first.
    cookies: Vec<(String, String, String)>,
    pub(in crate::team) accept_language: &'static str,
    /// The browser's address.
    pub(in crate::team) address: IpAddr,
}

/// What the browser got.
#[derive(Debug, Clone)]
pub(in crate::team) struct Page {
    /// The address that was opened.
    pub(in crate::team) url: String,
    pub(in crate::team) status: u16,
    pub(in crate::team) html: String,
    /// The target of a redirect.
    location: Option<String>,
}

impl Page {
    /// Where a browser goes from here without a click.
    pub(in crate::team) fn goes_on_to(&self) -> Option<String> {
        let refresh = || {
            let (_, rest) = self.html.split_once("http-equiv=\"refresh\" content=\"0;")?;
            let (content, _) = rest.split_once('"')?;
            let (_, target) = content.split_once("url=")?;
            Some(unescaped(target))
        };
        self.location.clone().or_else(refresh)
    }

    /// The value of the hidden field `name`.
    pub(in crate::team) fn hidden(&self, name: &str) -> Option<String> {
        let tags = self.html.split('<').filter(|tag| tag.starts_with("input"));
        let mut tags = tags.filter(|tag| tag.contains(&format!("name=\"{name}\"")));
        let (_, value) = tags.next()?.split_once("value=\"")?;
        value.split_once('"').map(|(value, _)| unescaped(value))
    }

    /// The only parameter `name` of the address that this page goes on to.
    pub(in crate::team) fn parameter(&self, name: &str) -> Option<String> {
        let target = Url::parse(&self.goes_on_to()?).unwrap();
        let values: Vec<_> = target.query_pairs().filter(|(known, _)| known == name).collect();
        assert!(values.len() <= 1, "{name} occurs {} times", values.len());
        values.first().map(|(_, value)| value.clone().into_owned())
    }
}

impl<'s> Browser<'s> {
    pub(super) fn new(server: &'s TestServer) -> Self {
        Self {
            server,
            team: &server.team,
            cookies: Vec::new(),
            accept_language: "en",
            address: CALLER,
        }
    }

    /// From now on it reaches this server of the team.
    pub(in crate::team) fn reach(&mut self, team: &'s Team) {
        self.team = team;
    }

    /// Signs the employee of this first name in for `client`, all in this browser, and returns the client's code.
    pub(in crate::team) async fn sign_in_as(&mut self, name: &str, client: &TestClient) -> String {
        let end = self.sign_in_until_end(name, &client.authorize_url()).await;
        end.parameter("code").unwrap_or_else(|| panic!("{}", end.html))
    }

    /// Opens `url`, allows the access and signs in at the portal if that is asked for. Returns the last page.
    pub(in crate::team) async fn sign_in_until_end(&mut self, name: &str, url: &str) -> Page {
        let callback = self.sign_in_until_callback(name, url).await;
        self.open(&callback).await
    }

    /// Goes on from a page of ours to the portal, signs in there if that is asked for, and goes on to the last page.
    pub(in crate::team) async fn go_on_as(&mut self, name: &str, page: Page) -> Page {
        let callback = self.sign_in_at_portal(name, &page).await;
        let page = self.open(&callback).await;
        self.follow(page).await
    }

    /// Goes on until a page stays, or leads away from the server and the portal.
    pub(in crate::team) async fn follow(&mut self, mut page: Page) -> Page {
        while let Some(target) = page.goes_on_to().filter(|target| self.is_known(target)) {
            page = self.open(&target).await;
        }
        page
    }

    fn is_known(&self, url: &str) -> bool {
        let origin = origin_of(url);
        origin == PUBLIC_URL || origin == self.server.demo.origin()
    }

    /// As [`sign_in_until_end`](Self::sign_in_until_end), but stops where the portal sends the browser back, and returns
    /// that address.
    pub(in crate::team) async fn sign_in_until_callback(&mut self, name: &str, url: &str) -> String {
        let consent = self.open(url).await;
        let at_portal = self.decide(&consent, "allow").await;
        self.sign_in_at_portal(name, &at_portal).await
    }

    /// Goes on from a page of ours to the portal, and signs in there if that is asked for. Returns the address that the
    /// portal sends the browser back to.
    pub(in crate::team) async fn sign_in_at_portal(&mut self, name: &str, page: &Page) -> String {
        let target = page
            .goes_on_to()
            .unwrap_or_else(|| panic!("{} {}", page.status, page.html));
        assert!(target.starts_with(&self.server.demo.origin()), "{target}");
        let mut page = self.open(&target).await;
        if let Some(user) = user_of(&page, name) {
            let form = [
                ("client_id", page.hidden("client_id").unwrap()),
                ("state", page.hidden("state").unwrap()),
                ("user", user),
            ];
            let url = format!("{}/oauth/sign-in", self.server.demo.origin());
            page = self.submit(&url, &form).await;
        }
        page.goes_on_to()
            .unwrap_or_else(|| panic!("{} {}", page.status, page.html))
    }

    /// Clicks a button of the consent page.
    pub(in crate::team) async fn decide(&mut self, consent: &Page, decision: &str) -> Page {
        let handle = consent.hidden("handle");
        let handle = handle.unwrap_or_else(|| panic!("no consent page: {} {}", consent.status, consent.html));
        let form = [("handle", handle), ("decision", decision.to_owned())];
        self.submit(&format!("{PUBLIC_URL}/oauth/consent"), &form).await
    }

    /// Opens an address by GET; goes no further.
    pub(in crate::team) async fn open(&mut self, url: &str) -> Page {
        self.send("GET", url, "", None).await
    }

    /// Submits a form of a page of the same origin; goes no further.
    pub(in crate::team) async fn submit(&mut self, url: &str, form: &[(&str, String)]) -> Page {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let origin = origin_of(url);
        self.send("POST", url, &body, Some(&origin)).await
    }

    /// Sends any request with this browser's cookies.
    pub(in crate::team) async fn send(&mut self, method: &str, url: &str, body: &str, origin: Option<&str>) -> Page {
        let own = origin_of(url);
        let cookies = self.cookie_header(&own);
        let (status, html, location, set) = if own == PUBLIC_URL {
            self.ask_team(method, url, body, origin, &cookies).await
        } else {
            self.ask_portal(method, url, body, &cookies).await
        };
        for header in set {
            self.keep(&own, &header);
        }
        Page {
            url: url.to_owned(),
            status,
            html,
            location,
        }
    }

    async fn ask_team(
        &self,
        method: &str,
        url: &str,
        body: &str,
        origin: Option<&str>,
        cookies: &str,
    ) -> (u16, String, Option<String>, Vec<String>) {
        let parsed = Url::parse(url).unwrap();
        let request = Request {
            query: parsed.query().unwrap_or_default(),
            body: body.as_bytes(),
            cookies,
            origin,
            accept_language: self.accept_language,
            caller: self.address,
        };
        let team = self.team;
        let answer = match (method, parsed.path()) {
            ("GET", "/oauth/authorize") => team.authorize(request).await,
            ("POST", "/oauth/consent") => team.consent(request).await,
            ("GET", "/oauth/callback") => team.callback(request).await,
            ("GET", "/") => team.start_page(request).await,
            ("POST", "/sign-in") => team.start_sign_in(request).await,
            ("POST", "/connections/end") => team.end_connection(request).await,
            ("POST", "/sign-out") => team.sign_out(request).await,
            other => panic!("the server has no route {other:?}"),
        };
        let status = answer.status();
        let headers = |cookies: Vec<crate::team::SetCookie>| cookies.iter().map(|cookie| cookie.header()).collect();
        match answer {
            Answer::Page { html, cookies, .. } => (status, html, None, headers(cookies)),
            Answer::Redirect { to, cookies } => (status, String::new(), Some(to), headers(cookies)),
            Answer::Json { .. } | Answer::Empty { .. } => panic!("no page: {status}"),
        }
    }

    async fn ask_portal(
        &self,
        method: &str,
        url: &str,
        body: &str,
        cookies: &str,
    ) -> (u16, String, Option<String>, Vec<String>) {
        let path = url.strip_prefix(&self.server.demo.origin()).unwrap();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", cookies),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answer = self.server.demo.answer(method, path, &headers, body.as_bytes()).await;
        let answer = answer.unwrap();
        let values = |name: &'static str| {
            let of_name = answer.headers.iter().filter(move |(known, _)| known == name);
            of_name.map(|(_, value)| value.clone())
        };
        let html = String::from_utf8_lossy(&answer.body).into_owned();
        (
            answer.status,
            html,
            values("location").next(),
            values("set-cookie").collect(),
        )
    }

    /// The header `Cookie` for this origin.
    pub(in crate::team) fn cookie_header(&self, origin: &str) -> String {
        let ours = self.cookies.iter().filter(|(of, ..)| of == origin);
        let pairs: Vec<_> = ours.map(|(_, name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Keeps a cookie as the header `Set-Cookie` says.
    pub(in crate::team) fn keep(&mut self, origin: &str, header: &str) {
        let (pair, attributes) = header.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let is_removed = attributes.contains("Max-Age=0");
        let known = self
            .cookies
            .iter()
            .position(|(of, known, _)| of == origin && known == name);
        match (known, is_removed) {
            (Some(at), true) => drop(self.cookies.remove(at)),
            (Some(at), false) => value.clone_into(&mut self.cookies[at].2),
            (None, true) => {}
            (None, false) => self
                .cookies
                .push((origin.to_owned(), name.to_owned(), value.to_owned())),
        }
    }
}

fn origin_of(url: &str) -> String {
    let url = Url::parse(url).unwrap();
    url.origin().ascii_serialization()
}

/// The value of the button with this first name on the portal's sign-in page.
fn user_of(page: &Page, name: &str) -> Option<String> {
    let (before, _) = page.html.split_once(&format!("\">{name} "))?;
    let (_, user) = before.rsplit_once("value=\"")?;
    Some(user.to_owned())
}

fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

//! The web application as a browser without script sees it: a base that is served, visitors who sign in,
//! ask and send forms. They follow nothing by themselves: each answer is looked at.

use crate::harness::{Books, PASSWORD, PEOPLE_HEADER, on_both_engines};
use denier::app::{self, Role, UserRequest};
use denier::web::{Listening, ServeOptions, serve};
use denier::words::with_held_spaces;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A base served on this machine, until it is dropped.
pub struct Site<'a> {
    pub address: SocketAddr,
    /// Where to install the base, while nobody has a password.
    pub set_up: Option<String>,
    books: &'a Books,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl<'a> Site<'a> {
    /// Serves a base. Somebody of the *direction* has a password there, else it would await its installation.
    pub async fn open(books: &'a Books) -> Site<'a> {
        books.user(Role::Director.code(), Role::Director).await;
        Site::serve(books, None)
    }

    /// Serves a base as it is; `origin` is the address of the proxy that does TLS.
    pub fn serve(books: &'a Books, origin: Option<&str>) -> Site<'a> {
        let options = ServeOptions {
            location: books.location.clone(),
            address: "127.0.0.1:0".parse().unwrap(),
            origin: origin.map(str::to_string),
        };
        let clock = books.clock;
        let (told, tells) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime");
            let ready = move |listening: &Listening| {
                told.send((listening.address, listening.set_up.clone())).unwrap();
            };
            let stopped = async { stopped.await.unwrap_or(()) };
            runtime.block_on(serve(&options, clock, ready, stopped)).expect("a server");
        });
        let (address, set_up) = tells.recv().expect("a server that listens");
        Site { address, set_up, books, serving: Some((stop, thread)) }
    }

    /// Returns the address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns somebody who is not signed in.
    pub fn stranger(&self) -> Visitor {
        Visitor::at(self.address)
    }

    /// Signs in somebody of a role, named as the role is. The conseiller is of the site CALAIS, where
    /// person S00001 is; S00002 is of another.
    pub async fn visitor(&self, role: Role) -> Visitor {
        let users = app::list_users(&self.books.store).await.unwrap();
        if users.iter().all(|user| user.name != role.code()) {
            match role {
                Role::Adviser => self.adviser().await,
                _ => self.books.user(role.code(), role).await,
            }
        }
        self.sign_in(role.code(), PASSWORD)
    }

    async fn adviser(&self) {
        let people = format!(
            "{PEOPLE_HEADER};site\n\
             S00001;MARTIN;Lou;01/02/2004;F;Calais;62193;non;non;NEET;;CALAIS\n\
             S00002;MOREL;Sacha;03/04/2005;M;Boulogne;62160;non;non;NEET;;BOULOGNE\n"
        );
        self.books.people(&self.books.file("deux-sites.csv", people)).await;
        let (name, site) = (Role::Adviser.code().to_string(), "CALAIS".to_string());
        let request = UserRequest { name, role: Role::Adviser, site };
        app::create_user(&self.books.store, self.books.clock, &self.books.actor, &request, PASSWORD)
            .await
            .expect("a conseiller");
    }

    /// Signs a user in.
    pub fn sign_in(&self, name: &str, password: &str) -> Visitor {
        self.stranger().signed_in(name, password)
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.serving.take() {
            let _already = stop.send(());
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server stopped as it should");
        }
    }
}

/// Somebody with a browser that runs no script.
#[derive(Clone)]
pub struct Visitor {
    address: SocketAddr,
    /// The cookies of their browser.
    pub cookies: BTreeMap<String, String>,
    /// The secret of their session's forms; empty when they are not signed in.
    pub csrf: String,
}

impl Visitor {
    /// Somebody who comes to a server and is not signed in.
    pub fn at(address: SocketAddr) -> Visitor {
        Visitor { address, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// Signs in.
    pub fn signed_in(mut self, name: &str, password: &str) -> Visitor {
        let answer = self.post("/connexion", &[("nom", name), ("mot_de_passe", password)]);
        assert_eq!(answer.status, 303, "{name} signs in: {}", answer.text());
        self.csrf = self.get("/compte").form("/compte").value("jeton").to_string();
        self
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Sends fields with the secret of the session.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let secret = (!self.csrf.is_empty()).then_some(("jeton", self.csrf.as_str()));
        let body = encoded(secret.iter().chain(fields).copied());
        self.ask("POST", path, &[FORM], body.as_bytes())
    }

    /// Sends a form as it is.
    pub fn submit(&mut self, form: &Form) -> Answer {
        self.try_submit(form).expect("an answer")
    }

    /// Sends a form to a server that may die.
    pub fn try_submit(&mut self, form: &Form) -> Option<Answer> {
        let body = encoded(form.fields.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        self.try_ask("POST", &form.action, &[FORM], body.as_bytes())
    }

    /// Sends a form with a file.
    pub fn upload(&mut self, form: &Form, field: &str, name: &str, content: &[u8]) -> Answer {
        const EDGE: &str = "----------------bord-d-essai";
        let mut body = Vec::new();
        for (key, value) in &form.fields {
            let part =
                format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        let part = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(part.as_bytes());
        body.extend(content);
        body.extend(format!("\r\n--{EDGE}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={EDGE}");
        self.ask("POST", &form.action, &[("content-type", &kind)], &body)
    }

    /// Asks for the page of a long work until it is over; returns where it leads, or what went wrong.
    pub fn until_done(&mut self, path: &str) -> Answer {
        loop {
            let answer = self.get(path);
            if !answer.text().contains("http-equiv=\"refresh\"") && answer.status != 429 {
                return answer;
            }
            std::thread::yield_now();
        }
    }

    /// Sends a request as told; the host and the cookies are added unless they are told.
    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_ask(method, path, headers, body).expect("an answer")
    }

    /// Sends a request to a server that may die; returns its answer if it came whole.
    pub fn try_ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut said = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let mut add = |name: &str, value: &str| said.push_str(&format!("{name}: {value}\r\n"));
        let told = |name: &str| headers.iter().any(|(told, _)| *told == name);
        let host = self.address.to_string();
        if !told("host") {
            add("host", &host);
        }
        if !self.cookies.is_empty() && !told("cookie") {
            let all: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            add("cookie", &all.join("; "));
        }
        if method != "GET" && !told("content-length") {
            add("content-length", &body.len().to_string());
        }
        headers.iter().for_each(|(name, value)| add(name, value));
        said.push_str("\r\n");
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.write_all(said.as_bytes()).ok()?;
        // A body that is too long may be refused before it is read to its end.
        let _cut = stream.write_all(body);
        let mut bytes = Vec::new();
        let mut piece = [0; 16 << 10];
        // Some servers keep the line open after a whole answer; one that refuses a body may cut it.
        while !is_whole(&bytes) {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => break,
                Ok(read) => bytes.extend(&piece[..read]),
            }
        }
        let answer = Answer::read(&bytes)?;
        for cookie in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.1.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.to_string(), value.to_string()),
            };
        }
        Some(answer)
    }
}

/// How a form without file is sent.
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Returns fields as a form sends them.
pub fn encoded<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer; none where it was cut.
    fn read(bytes: &[u8]) -> Option<Answer> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).expect("a head in ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_string()))
            .collect();
        let rest = &bytes[end + 4..];
        let in_chunks = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if in_chunks { joined(rest)? } else { rest.to_vec() };
        let answer = Answer { status, headers, body };
        let is_whole = |length: &str| length.parse() == Ok(answer.body.len());
        answer.header("content-length").is_none_or(is_whole).then_some(answer)
    }

    /// Returns a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns where it sends; panics unless it does.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").expect("a place")
    }

    /// Returns the page.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Tells whether the page says something, as a reader sees it: without its tags.
    pub fn says(&self, words: &str) -> bool {
        self.words().contains(&with_held_spaces(words))
    }

    /// Returns the words of the page, without its tags, one space between them.
    pub fn words(&self) -> String {
        let page = self.text();
        let mut words = String::new();
        for piece in page.split('<').skip(1) {
            words.push_str(piece.split_once('>').map_or("", |(_, words)| words));
            words.push(' ');
        }
        // No-break spaces stay: they are part of figures.
        plain(&words).split([' ', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Returns the form of the page that is posted to an address, filled in as the page shows it.
    pub fn form(&self, action: &str) -> Form {
        let page = self.text();
        let found = page.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap_or(form));
        let found = found.into_iter().find(|form| {
            attribute(form.split('>').next().unwrap_or(""), "action").as_deref() == Some(action)
        });
        let form = found.unwrap_or_else(|| panic!("a form to {action} in {page}"));
        Form { action: action.to_string(), fields: fields_of(form) }
    }
}

/// Tells whether an answer that says its length has come to its end.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length:"));
    length.is_some_and(|length| bytes.len() - end - 4 >= length.trim().parse().unwrap())
}

/// Joins the pieces of an answer sent in chunks; none where it was cut.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return Some(whole);
        }
        whole.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 2 + size + 2..)?;
    }
    None
}

/// A form of a page, to fill in and to send, as many times as one likes.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Returns what is in a field; empty where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Fills in a field; one that the page does not have is added.
    pub fn with(mut self, name: &str, value: &str) -> Form {
        self.fields.retain(|(key, _)| key != name);
        self.fields.push((name.to_string(), value.to_string()));
        self
    }

    /// Takes a field away.
    pub fn without(mut self, name: &str) -> Form {
        self.fields.retain(|(key, _)| key != name);
        self
    }
}

/// Returns the fields of a form as a browser would send them untouched.
fn fields_of(form: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut select: Option<(String, Option<String>)> = None;
    for piece in form.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap_or((piece, ""));
        let value = attribute(tag, "value");
        match tag.split([' ', '/']).next().unwrap_or("") {
            "input" => {
                let kind = attribute(tag, "type").unwrap_or_default();
                let ticked = has(tag, "checked") || !matches!(kind.as_str(), "checkbox" | "radio");
                if let Some(name) = attribute(tag, "name").filter(|_| ticked && kind != "file") {
                    fields.push((name, value.unwrap_or_default()));
                }
            }
            "textarea" => {
                fields.extend(attribute(tag, "name").map(|name| (name, plain(after))));
            }
            "select" => select = attribute(tag, "name").map(|name| (name, None)),
            "option" => {
                if let Some((_, chosen)) = &mut select
                    && (chosen.is_none() || has(tag, "selected"))
                {
                    *chosen = Some(value.unwrap_or_else(|| plain(after.trim())));
                }
            }
            _ if tag == "/select" => {
                fields.extend(select.take().map(|(name, chosen)| (name, chosen.unwrap_or_default())));
            }
            _ => {}
        }
    }
    fields
}

fn has(tag: &str, name: &str) -> bool {
    tag.split(' ').any(|word| word == name)
}

/// Returns the value of an attribute.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!(" {name}=\""))?;
    Some(plain(after.split('"').next()?))
}

/// Returns words without the escapes of HTML.
fn plain(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_form_is_read_as_a_browser_would_send_it() {
    let page = "<form action=\"/autre\"><input name=\"x\" value=\"1\"></form>\
        <form class=\"f\" method=\"post\" action=\"/a?b=1&amp;c=2\"><input type=\"hidden\" name=\"cle\" value=\"&quot;k&quot;\">\
        <input type=\"checkbox\" name=\"non\" value=\"1\"><input type=\"radio\" name=\"r\" value=\"2\" checked>\
        <input type=\"file\" name=\"fichier\"><select name=\"s\"><option value=\"u\">Un</option>\
        <option value=\"d\" selected>Deux</option></select><select name=\"t\"><option value=\"a\">A</option></select>\
        <textarea name=\"long\">d'où &lt;ici&gt;</textarea><button>Faire</button></form>";
    let answer = Answer { status: 200, headers: Vec::new(), body: page.into() };
    let form = answer.form("/a?b=1&c=2").with("s", "z");
    assert_eq!(
        encoded(form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str()))),
        "cle=%22k%22&r=2&t=a&long=d%27o%C3%B9+%3Cici%3E&s=z"
    );
    assert!(answer.says("d'où <ici> Faire"));
}

#[test]
fn each_role_signs_in_and_out() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        for role in Role::ALL {
            let mut visitor = site.visitor(role).await;
            let account = visitor.get("/compte");
            assert!(account.says(&format!("Rôle {}", role.code())), "{}", account.words());
            let mut other = visitor.clone();
            assert_eq!(visitor.submit(&account.form("/deconnexion")).location(), "/connexion");
            assert!(visitor.cookies.is_empty(), "the browser was told to forget the session");
            assert_eq!(other.get("/compte").location(), "/connexion?vers=%2Fcompte", "and so did the server");
        }
    });
}

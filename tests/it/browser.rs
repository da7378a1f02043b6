//! A real browser for the tests: Chromium, led by its driver. Where they are not installed, the tests that
//! need one say so loudly and look at nothing.

use crate::harness::{Books, on_sqlite};
use crate::web::{Site, Visitor};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Once;

/// Whether the browser runs scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// Runs a test with a browser, and a base of its own on SQLite that is served.
pub fn in_a_browser(scripts: Scripts, test: impl AsyncFn(&Books, &Site<'_>, &Browser)) {
    static WARNING: Once = Once::new();
    let Some(driver) = Driver::start() else {
        WARNING.call_once(|| {
            // Written past the test runner's capture: a skipped browser must be seen.
            let _ = std::io::stderr().write_all(b"\n*** LE NAVIGATEUR N'EST PAS TESTE : chromedriver absent (bash tests/all.sh l'installe) ***\n\n");
        });
        return;
    };
    on_sqlite(async |books| {
        let site = Site::open(books).await;
        let browser = Browser::open(&driver, scripts).await;
        test(books, &site, &browser).await;
    });
}

/// The program that leads browsers.
struct Driver {
    process: Child,
    address: SocketAddr,
}

impl Driver {
    /// Starts it; `None` where it is not installed.
    fn start() -> Option<Driver> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let said = BufReader::new(process.stdout.take().expect("what it says")).lines();
        let port = said.map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok()
        });
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("the driver's port")));
        Some(Driver { process, address })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _already = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// A browser, until it is dropped.
pub struct Browser {
    pub client: Client,
    driver: SocketAddr,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Even when a test failed: the browser would outlive its driver.
        Visitor::at(self.driver).ask("DELETE", &self.session, &[], b"");
    }
}

impl Browser {
    async fn open(driver: &Driver, scripts: Scripts) -> Browser {
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let preferences = match scripts {
            Scripts::On => json!({}),
            Scripts::Off => json!({"profile.managed_default_content_settings.javascript": 2}),
        };
        let wanted = json!({
            "goog:chromeOptions": {"args": arguments, "prefs": preferences},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let Value::Object(wanted) = wanted else { unreachable!("an object is written above") };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let at = format!("http://{}", driver.address);
        let client = builder.capabilities(wanted).connect(&at).await.expect("a browser");
        let session = client.session_id().await.unwrap().expect("a session");
        let browser = Browser { client, driver: driver.address, session: format!("/session/{session}") };
        browser.is_wide(1280);
        browser.prefers("light");
        // Else they take their part of the width.
        browser.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true}));
        browser
    }

    /// Sends a command that only this driver has; returns its answer.
    fn own(&self, command: &str, body: &Value) -> Value {
        let body = body.to_string();
        let kind = [("content-type", "application/json")];
        let answer = Visitor::at(self.driver).ask(
            "POST",
            &format!("{}/{command}", self.session),
            &kind,
            body.as_bytes(),
        );
        let mut said: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer.status, 200, "{command} {said}");
        said["value"].take()
    }

    /// Sends a command to the browser itself, past what all drivers have.
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.own("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Returns what the browser complained of since the last time: scripts that fail, what the policy
    /// refuses, what is missing.
    pub fn complaints(&self) -> Vec<String> {
        let said = self.own("se/log", &json!({"type": "browser"}));
        let said = said.as_array().expect("a list").iter();
        said.filter(|one| one["level"] != "INFO").map(|one| one["message"].to_string()).collect()
    }

    /// Gives the page a width, in CSS pixels, on a screen of usual height.
    pub fn is_wide(&self, width: u64) {
        self.has_size(width, 900);
    }

    fn has_size(&self, width: u64, height: u64) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// Prefers light or dark pages, `light`, `dark`, and in any case those that do not move.
    pub fn prefers(&self, scheme: &str) {
        let scheme = json!({"name": "prefers-color-scheme", "value": scheme});
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [scheme, still]}));
    }

    /// Takes the session of a visitor, or none.
    pub fn is(&self, site: &Site<'_>, visitor: Option<&Visitor>) {
        self.devtools("Network.clearBrowserCookies", json!({}));
        for (name, value) in visitor.iter().flat_map(|visitor| &visitor.cookies) {
            let cookie = json!({"name": name, "value": value, "url": site.url("/"), "httpOnly": true});
            self.devtools("Network.setCookie", cookie);
        }
    }

    /// Returns a picture of the whole page, at `scale` pixels per CSS pixel, in base64.
    pub fn picture(&self, scale: u64) -> Value {
        let clip = self.page_size();
        let (width, height) = (&clip["width"], clip["height"].as_f64().unwrap_or(0.0).min(6_000.0));
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": scale});
        let mut taken =
            self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": clip}));
        taken["data"].take()
    }

    fn page_size(&self) -> Value {
        self.devtools("Page.getLayoutMetrics", json!({}))["cssContentSize"].take()
    }

    /// Returns a picture of the whole page of a width, as a PNG file.
    pub async fn file(&self, width: u64) -> Vec<u8> {
        self.has_size(width, 900);
        let height = self.page_size()["height"].as_f64().unwrap_or(0.0).ceil().min(6_000.0);
        self.has_size(width, height.max(900.0).to_string().parse().expect("whole pixels"));
        let taken = self.client.screenshot().await.expect("a picture");
        self.has_size(width, 900);
        taken
    }

    /// Goes to a page.
    pub async fn goes(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// Finds something on the page once it is there.
    pub async fn finds(&self, css: &str) -> Element {
        let found = self.client.wait().for_element(Locator::Css(css)).await;
        let Ok(found) = found else {
            let address = self.client.current_url().await.unwrap();
            panic!("{css} at {address}:\n{}", self.client.source().await.unwrap());
        };
        found
    }

    /// Clicks on something.
    pub async fn clicks(&self, css: &str) {
        self.finds(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types into a field, over what is there.
    pub async fn types(&self, css: &str, words: &str) {
        let field = self.finds(css).await;
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Presses keys where the focus is.
    pub async fn presses(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Returns the text of something.
    pub async fn reads(&self, css: &str) -> String {
        self.finds(css).await.text().await.unwrap()
    }

    /// Waits until a question to the page has the answer *true*; `what` is asked, for when it never has.
    pub async fn waits(&self, what: &str, script: &str) {
        let mut said = Value::Null;
        for _ in 0..200 {
            said = self.asks(script).await;
            if said == Value::Bool(true) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{what}: {said}\n{}", self.client.source().await.unwrap());
    }

    /// Asks the page, by an expression.
    pub async fn asks(&self, expression: &str) -> Value {
        self.client.execute(&format!("return {expression};"), Vec::new()).await.expect("an answer")
    }

    /// Runs a script whose answer comes by its last argument.
    pub async fn runs(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.expect("an answer")
    }

    /// Signs somebody in by the form.
    pub async fn signs_in(&self, site: &Site<'_>, name: &str, password: &str) {
        self.goes(&site.url("/connexion")).await;
        self.types("#nom", name).await;
        self.types("#mot_de_passe", password).await;
        self.clicks("main button").await;
        self.finds(".account").await;
    }
}

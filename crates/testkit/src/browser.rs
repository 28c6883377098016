//! A browser without a window: Chromium, driven by its own ChromeDriver.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{SOON, eventually};

/// Quiet, and without a sandbox of its own: in containers tests run as root, where Chromium refuses to have one.
const FLAGS: [&str; 7] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--window-size=1280,1600",
];

/// A browser that shows one page. It ends with this value.
pub struct Browser {
    client: Client,
    /// Where its driver listens.
    port: u16,
    _driver: Child,
}

impl Drop for Browser {
    /// The driver ends its browser when it is told to end, and leaves it behind when it is killed.
    fn drop(&mut self) {
        let ask = || -> std::io::Result<()> {
            let mut driver = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            driver.set_read_timeout(Some(Duration::from_secs(10)))?;
            driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            std::io::copy(&mut driver, &mut std::io::sink()).map(drop)
        };
        if let Err(error) = ask() {
            eprintln!("the browser may be left behind: {error}");
        }
    }
}

impl Browser {
    /// A new browser, with a profile of its own.
    ///
    /// # Panics
    /// When there is none on this machine, saying what to install.
    pub async fn start() -> Self {
        let found = tola_local::browser::Browser::find().unwrap_or_else(|error| panic!("{error}"));
        let (driver, port) = drive(&found.driver).await;
        let options = json!({ "binary": found.program, "args": FLAGS });
        let capabilities =
            [("goog:chromeOptions".to_owned(), options), ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }))];
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("the browser starts");
        Self { client, port, _driver: driver }
    }

    /// Shows a page.
    pub async fn opens(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The element that a CSS selector names, once it is there.
    pub async fn shows(&self, selector: &str) -> Element {
        let look = async || self.client.find(Locator::Css(selector)).await.map_err(|error| error.to_string());
        eventually(&format!("the page shows {selector}"), SOON, look).await
    }

    /// How many elements a CSS selector names.
    pub async fn count(&self, selector: &str) -> usize {
        self.client.find_all(Locator::Css(selector)).await.expect("the page").len()
    }

    /// Clicks on what a CSS selector names, once it is there and can be clicked on.
    pub async fn clicks(&self, selector: &str) {
        let click = async || {
            let element = self.client.find(Locator::Css(selector)).await.map_err(|error| error.to_string())?;
            element.click().await.map_err(|error| error.to_string())
        };
        eventually(&format!("{selector} is clicked on"), SOON, click).await;
    }

    /// Writes into what a CSS selector names.
    pub async fn writes(&self, selector: &str, text: &str) {
        self.shows(selector).await.send_keys(text).await.expect("a field to write into");
    }

    /// The text of what a CSS selector names, once it is there.
    pub async fn reads(&self, selector: &str) -> String {
        self.shows(selector).await.text().await.expect("its text")
    }

    /// What a script returns that runs in the page.
    pub async fn runs(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The page as a picture, in a file of that name below `target`.
    pub async fn pictured(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, self.client.screenshot().await.expect("a picture")).expect("a file");
        file
    }
}

/// Starts the driver on a port of its choice, which it names.
async fn drive(program: &Path) -> (Child, u16) {
    let mut child = Command::new(program)
        .args(["--port=0", "--log-level=WARNING"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("ChromeDriver starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    while let Some(line) = lines.next_line().await.expect("its output") {
        // Its first line repeats the 0 that it was given.
        let port = line.rsplit_once("on port ").and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
        let port = port.filter(|port| *port != 0);
        if let Some(port) = port {
            // It goes on writing, and would end if nobody read.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, port);
        }
    }
    panic!("ChromeDriver ended without naming its port")
}

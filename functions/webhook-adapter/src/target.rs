//! Where a merchant wants deliveries: an URL that was looked at before anything is sent to it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tola_catalog::channel_rules::Requirements;
use tola_catalog::{Channel, Problem, ProblemClass};
use tola_channel::code;
use url::{Host, Url};

/// The config of a channel of type `webhook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where deliveries are posted: `https`, port 443, a public address.
    #[schemars(url, length(max = 2000), regex(pattern = "^https?://[^@#]+$"))]
    pub url: String,
    /// How long the receiver may take to answer, from the first look at its address to the last byte.
    #[serde(default = "WebhookConfig::default_timeout")]
    #[schemars(range(min = 1, max = 20))]
    pub timeout_seconds: u8,
    /// What the receiver asks of products: what does not meet it is not delivered.
    #[serde(default)]
    pub rules: Requirements,
}

/// The longest URL, in bytes.
const MAX_URL: usize = 2_000;

/// How long a receiver may take, in seconds.
const TIMEOUTS: std::ops::RangeInclusive<u8> = 1..=20;

/// Who may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, by `https` at port 443.
    Public,
    /// Any address and port, by `http` too: for development.
    Anywhere,
}

/// Where deliveries are posted.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it is `https`.
    pub secure: bool,
    /// Whose it is.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// Host, and the port unless it goes without saying: what the header `Host` holds.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// How long the receiver may take.
    pub timeout: Duration,
}

/// Path and query are left out: there, many a merchant keeps a key.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("authority", &self.authority)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl WebhookConfig {
    fn default_timeout() -> u8 {
        10
    }
}

impl Target {
    /// Where a channel's deliveries go.
    ///
    /// # Errors
    /// The problem of a config that is not as the schema says, or of an URL that is not posted to.
    pub fn of(channel: &Channel, reach: Reach) -> Result<Self, Problem> {
        let wrong = |message: String| Problem::new(ProblemClass::Validation, code::CHANNEL_MISCONFIGURED, message);
        let config: WebhookConfig = serde_json::from_value(channel.config.clone().into())
            .map_err(|_| wrong(format!("The configuration of {} is not what a webhook needs.", channel.id)))?;
        if !TIMEOUTS.contains(&config.timeout_seconds) {
            return Err(wrong("A receiver has 1 to 20 seconds to answer.".to_owned()).at("/config/timeout_seconds"));
        }
        let timeout = Duration::from_secs(config.timeout_seconds.into());
        Self::parse(&config.url, timeout, reach).map_err(|fault| wrong(fault.to_owned()).at("/config/url"))
    }

    /// What is wrong with it is said without repeating it.
    fn parse(url: &str, timeout: Duration, reach: Reach) -> Result<Self, &'static str> {
        if url.len() > MAX_URL {
            return Err("The receiver's URL has 2,000 characters at most.");
        }
        let url = Url::parse(url).map_err(|_| "The receiver's URL is none.")?;
        let secure = match (url.scheme(), reach) {
            ("https", _) => true,
            ("http", Reach::Anywhere) => false,
            _ => return Err("The receiver's URL begins with https://."),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("The receiver's URL holds no user name and no password; deliveries are signed.");
        }
        if url.fragment().is_some() {
            return Err("The receiver's URL holds no fragment (#).");
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("The receiver's URL names no host.");
        };
        if reach == Reach::Public && port != 443 {
            return Err("The receiver is reached at port 443.");
        }
        let host = host.to_owned();
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { secure, host, port, authority, path, timeout })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn parse(url: &str, reach: Reach) -> Result<Target, &'static str> {
        Target::parse(url, Duration::from_secs(1), reach)
    }

    #[test]
    fn only_https_at_its_own_port_is_posted_to() {
        let target = parse("https://shop.example/hooks/tola?key=1", Reach::Public).unwrap();
        assert_eq!((target.secure, target.port), (true, 443));
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("shop.example", "/hooks/tola?key=1"));

        let refused = [
            "http://shop.example/",
            "https://shop.example:8443/",
            "https://shop.example:22/",
            "https://user@shop.example/",
            "https://:password@shop.example/",
            "https://shop.example/#top",
            "ftp://shop.example/",
            "file:///etc/passwd",
            "https:///",
            "//shop.example/",
            "shop.example",
            "",
        ];
        for url in refused {
            assert!(parse(url, Reach::Public).is_err(), "{url}");
        }
        assert!(parse(&format!("https://shop.example/{}", "a".repeat(2_000)), Reach::Public).is_err());
    }

    #[test]
    fn development_may_post_to_the_same_machine() {
        let target = parse("http://127.0.0.1:8080/a", Reach::Anywhere).unwrap();

        assert_eq!((target.secure, target.port, target.authority.as_str()), (false, 8080, "127.0.0.1:8080"));
    }

    #[test]
    fn an_address_is_one_however_it_is_written() {
        let writings = [
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://127.0.0.1./",
            "https://%31%32%37.0.0.1/",
            "https://１２７.0.0.1/",
        ];
        for url in writings {
            assert_eq!(parse(url, Reach::Public).unwrap().host, Host::<String>::Ipv4(Ipv4Addr::LOCALHOST), "{url}");
        }
    }

    #[test]
    fn what_is_logged_has_no_path() {
        let target = parse("https://shop.example/hooks?key=hidden", Reach::Public).unwrap();

        assert!(!format!("{target:?}").contains("hooks"));
    }
}

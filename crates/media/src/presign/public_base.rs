//! Where everybody may read renditions: a content delivery network in front of the bucket.

use percent_encoding::utf8_percent_encode;

use super::address::RESERVED_IN_PATH;

/// What the URLs of public renditions begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicBase(String);

impl PublicBase {
    /// An `http(s)` URL that ends with `/` and has neither query nor fragment; nothing for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let (host, path) = rest.split_once('/')?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}@".contains(&byte);
        let sound = !host.is_empty() && host.bytes().all(plain) && path.bytes().all(plain) && text.ends_with('/');
        sound.then(|| Self(text.to_owned()))
    }

    /// The URL of an object.
    pub fn link(&self, key: &str) -> String {
        let mut url = String::with_capacity(self.0.len() + key.len());
        url.push_str(&self.0);
        url.extend(utf8_percent_encode(key, RESERVED_IN_PATH));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_image_has_its_key_behind_the_base() {
        let base = PublicBase::parse("https://cdn.example/tola/").unwrap();

        assert_eq!(base.link("images/m/ab/320.jpg"), "https://cdn.example/tola/images/m/ab/320.jpg");
        assert_eq!(base.link("a b?c#d"), "https://cdn.example/tola/a%20b%3Fc%23d");
        assert!(PublicBase::parse("http://localhost:8080/").is_some());
    }

    #[test]
    fn a_base_is_the_beginning_of_a_url() {
        for wrong in [
            "",
            "cdn.example/",
            "https://cdn.example",
            "https://cdn.example/tola",
            "https://cdn.example/?a=/",
            "https://cdn.example/#/",
            "https:///images/",
            "https://a b/",
            "https://user@cdn.example/",
            "ftp://cdn.example/",
        ] {
            assert_eq!(PublicBase::parse(wrong), None, "{wrong}");
        }
    }
}

//! Where a bucket is reached by a browser.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Error;

/// What Signature Version 4 leaves as it is: unreserved characters.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
pub(super) const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Where a bucket is reached: on AWS by its own host name, at a local endpoint by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAddress {
    region: String,
    bucket: String,
    host: String,
    /// Scheme and host.
    origin: String,
    base_path: String,
}

impl BucketAddress {
    /// The address of `bucket` in `region`; `endpoint` is `http(s)://host[:port]` of a local S3, `None` on AWS.
    ///
    /// The bucket's name holds no dots (a certificate of AWS covers one label), and the region is of the partition
    /// `aws` or `aws-us-gov`.
    ///
    /// # Errors
    /// [`Error::Endpoint`] when the endpoint is no such URL, or has a path.
    pub fn new(region: &str, bucket: &str, endpoint: Option<&str>) -> Result<Self, Error> {
        let Some(endpoint) = endpoint else {
            let host = format!("{bucket}.s3.{region}.amazonaws.com");
            return Ok(Self {
                region: region.to_owned(),
                bucket: bucket.to_owned(),
                origin: format!("https://{host}"),
                host,
                base_path: String::new(),
            });
        };
        let (scheme, host) =
            parse_endpoint(endpoint).ok_or_else(|| Error::Endpoint { endpoint: endpoint.to_owned() })?;
        Ok(Self {
            region: region.to_owned(),
            bucket: bucket.to_owned(),
            origin: format!("{scheme}://{host}"),
            host: host.to_owned(),
            base_path: format!("/{bucket}"),
        })
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Where a form is posted: `<endpoint>/<bucket>`, or on AWS the bucket's own host.
    pub(super) fn post_url(&self) -> String {
        let path = if self.base_path.is_empty() { "/" } else { &self.base_path };
        format!("{}{path}", self.origin)
    }

    /// The encoded path of an object, as it is requested and signed.
    pub(super) fn object_path(&self, key: &str) -> String {
        let mut path = String::with_capacity(self.base_path.len() + 1 + key.len());
        path.push_str(&self.base_path);
        path.push('/');
        path.extend(utf8_percent_encode(key, RESERVED_IN_PATH));
        path
    }

    /// Scheme and host.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

/// Scheme and authority. A port that goes without saying is dropped, because clients leave it out of `Host`, which is
/// signed.
fn parse_endpoint(endpoint: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest, default_port) = if let Some(rest) = endpoint.strip_prefix("http://") {
        ("http", rest, ":80")
    } else {
        ("https", endpoint.strip_prefix("https://")?, ":443")
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let host = host.strip_suffix(default_port).unwrap_or(host);
    let plain =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    plain.then_some((scheme, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(endpoint: &str) -> Result<BucketAddress, Error> {
        BucketAddress::new("eu-west-1", "pictures", Some(endpoint))
    }

    #[test]
    fn on_aws_the_bucket_has_a_host_of_its_own() {
        let address = BucketAddress::new("eu-west-1", "pictures", None).unwrap();

        assert_eq!(address.post_url(), "https://pictures.s3.eu-west-1.amazonaws.com/");
        assert_eq!(address.origin(), "https://pictures.s3.eu-west-1.amazonaws.com");
        assert_eq!(address.object_path("images/a b.jpg"), "/images/a%20b.jpg");
    }

    #[test]
    fn at_a_local_endpoint_the_bucket_is_the_path() {
        for endpoint in ["http://localhost:4566", "http://localhost:4566/"] {
            let address = local(endpoint).unwrap();

            assert_eq!(address.post_url(), "http://localhost:4566/pictures");
            assert_eq!(address.origin(), "http://localhost:4566");
            assert_eq!(address.object_path("a/b"), "/pictures/a/b");
        }
    }

    #[test]
    fn a_port_that_goes_without_saying_is_not_signed() {
        assert_eq!(local("http://s3.local:80").unwrap().host(), "s3.local");
        assert_eq!(local("https://s3.local:443").unwrap().host(), "s3.local");
        assert_eq!(local("https://s3.local:80").unwrap().host(), "s3.local:80");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for endpoint in ["", "localhost:4566", "ftp://a", "http://", "http://a/b", "http://u@a", "http://a?b"] {
            assert!(matches!(local(endpoint), Err(Error::Endpoint { .. })), "{endpoint:?}");
        }
    }
}

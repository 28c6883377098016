//! Who takes part, and what each is asked to do.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::{Value, json};

use super::judge::Exhibit;
use super::peers::Peers;
use super::uploads::Upload;
use crate::lambda::{Program, environment};

/// Whoever takes part, in the order in which figures are shown; ours first.
pub(super) const NAMES: [&str; 4] = ["Tola", "sharp", "sharp by hand", "Pillow"];
/// Where sharp as its documentation shows it stands among the [`NAMES`].
pub(super) const SHARP: usize = 1;

/// What `crates/media` encodes with, and so what the peers do: a test compares them.
const JPEG_QUALITY: u8 = 80;
const WEBP_QUALITY: u8 = 80;
const WEBP_EFFORT: u8 = 4;

/// A format of renditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Jpeg,
    Webp,
}

/// Which renditions are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Set {
    All,
    Jpeg,
    Webp,
}

/// One of the renditions that all make: those that Tola makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Rendition {
    /// The last part of its key.
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Whether it shows the square in the middle only.
    pub(super) square: bool,
}

/// What is needed to start everyone.
pub(super) struct Stage<'a> {
    pub(super) bootstrap: &'a Path,
    pub(super) peers: &'a Peers,
    /// For logs.
    pub(super) folder: &'a Path,
    pub(super) mongodb_uri: &'a str,
    pub(super) bucket: &'a str,
    pub(super) core: Option<usize>,
}

impl Set {
    /// Whether a rendition of this format is part of it.
    pub(super) fn takes(self, format: Format) -> bool {
        match self {
            Self::All => true,
            Self::Jpeg => format == Format::Jpeg,
            Self::Webp => format == Format::Webp,
        }
    }

    /// As the function's `RENDITION_FORMATS` has it.
    fn formats(self) -> &'static str {
        match self {
            Self::All => "jpeg,webp",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }
}

impl Stage<'_> {
    /// Everyone, in the order of [`NAMES`], ready to make a set.
    pub(super) fn contestants(&self, set: Set) -> [Program; 4] {
        let python = self.peers.python.program("python");
        let own = [("AWS_ENDPOINT_URL_S3", self.bucket), ("RENDITION_FORMATS", set.formats())];
        let tola = self.contestant(0, self.bootstrap, &[], &own);
        let [documented, by_hand] = [(1, "documented"), (2, "by-hand")]
            .map(|(number, way)| self.contestant(number, &self.peers.node, &[&self.peers.sharp], &[("WAY", way)]));
        let pillow = self.contestant(3, &python, &[&self.peers.pillow], &[]);
        [tola, documented, by_hand, pillow]
    }

    fn contestant(&self, number: usize, program: &Path, arguments: &[&Path], own: &[(&str, &str)]) -> Program {
        let mut environment = environment::of("bench", self.mongodb_uri);
        environment.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Program {
            name: NAMES[number],
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| argument.as_os_str().to_owned()).collect(),
            folder: self.folder.to_owned(),
            environment,
            log: self.folder.join(format!("{number}.log")),
            core: self.core,
        }
    }
}

/// What the state machine hands to our function.
///
/// # Errors
/// When the exhibit has no upload.
pub(super) fn our_event(exhibit: &Exhibit) -> anyhow::Result<Vec<u8>> {
    let Upload { image, merchant, operation } = Upload::of(exhibit)?;
    let event = json!({
        "operation": { "merchant_id": merchant, "operation_id": operation, "correlation_id": "bench" },
        "context": { "execution": "bench", "state": "Render the renditions", "retries": 0 },
        "input": { "image_id": image },
    });
    Ok(event.to_string().into_bytes())
}

/// The same for a peer: where the upload lies, and what to make of it.
pub(super) fn peer_event(bucket: &str, renditions: &[Rendition], set: Set) -> Vec<u8> {
    let wanted = renditions.iter().filter(|rendition| set.takes(rendition.format)).map(|rendition| {
        let Rendition { name, format, width, height, square } = rendition;
        let url = format!("{bucket}/bench/images/{name}");
        json!({ "url": url, "width": width, "height": height, "square": square, "format": format })
    });
    let event = json!({
        "source": format!("{bucket}/bench/uploads/upload"),
        "renditions": wanted.collect::<Vec<_>>(),
        "encoders": {
            "jpeg": { "quality": JPEG_QUALITY },
            "webp": { "quality": WEBP_QUALITY, "effort": WEBP_EFFORT },
        },
    });
    event.to_string().into_bytes()
}

/// What our function says that it made, largest first and squares last, as a peer that makes one from another wants it.
///
/// # Errors
/// When it did not render.
pub(super) fn renditions(answer: &[u8], exhibit: &Exhibit) -> anyhow::Result<Vec<Rendition>> {
    let answer: Value = serde_json::from_slice(answer)?;
    let Some(made) = answer["renditions"].as_array() else {
        bail!("{} was not rendered: {answer}", exhibit.name);
    };
    let mut renditions = made.iter().map(|made| rendition(made, exhibit)).collect::<Option<Vec<_>>>();
    if let Some(renditions) = &mut renditions {
        renditions.sort_by_key(|rendition| (rendition.square, std::cmp::Reverse(rendition.width)));
    }
    renditions.with_context(|| format!("the answer can't be understood: {answer}"))
}

fn rendition(made: &Value, exhibit: &Exhibit) -> Option<Rendition> {
    let side = |name| made[name].as_u64().and_then(|side| u32::try_from(side).ok());
    let (width, height) = (side("width")?, side("height")?);
    let format = match made["content_type"].as_str()? {
        "image/jpeg" => Format::Jpeg,
        "image/webp" => Format::Webp,
        _ => return None,
    };
    let square = width == height && exhibit.width != exhibit.height;
    Some(Rendition { name: made["name"].as_str()?.to_owned(), format, width, height, square })
}

/// How much each format has of all that was put, by the renditions' names.
pub(super) fn bytes_of(set: Set, renditions: &[Rendition], bytes: &BTreeMap<String, u64>) -> u64 {
    let taken = renditions.iter().filter(|rendition| set.takes(rendition.format));
    taken.filter_map(|rendition| bytes.get(&rendition.name)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exhibit() -> Exhibit {
        let made = json!({ "exhibit": "a", "file": "a", "content_type": "image/png", "width": 40, "height": 30,
                           "bytes": 7, "content_hash": "0" });
        serde_json::from_value(made).unwrap()
    }

    #[test]
    fn renditions_are_ordered_for_whoever_makes_one_from_another() {
        let made = |name: &str, content_type: &str, width: u32, height: u32| json!({ "name": name, "content_type": content_type, "width": width, "height": height });
        let answer = json!({ "renditions": [
            made("10.jpg", "image/jpeg", 10, 8), made("30.jpg", "image/jpeg", 30, 30), made("20.webp", "image/webp", 20, 15),
        ] });

        let renditions = renditions(answer.to_string().as_bytes(), &exhibit()).unwrap();

        let order: Vec<_> = renditions.iter().map(|rendition| (rendition.name.as_str(), rendition.square)).collect();
        assert_eq!(order, [("20.webp", false), ("10.jpg", false), ("30.jpg", true)]);
        let event: Value = serde_json::from_slice(&peer_event("http://b", &renditions, Set::Webp)).unwrap();
        assert_eq!(event["renditions"].as_array().unwrap().len(), 1);
        assert_eq!(event["renditions"][0]["format"], "webp");
    }

    #[test]
    fn peers_encode_as_we_do() {
        let ours = include_str!("../../../../../crates/media/src/pixels/encode.rs");

        for line in [
            format!("const JPEG_QUALITY: u8 = {JPEG_QUALITY};"),
            format!("const WEBP_QUALITY: f32 = {WEBP_QUALITY}.0;"),
            format!("const WEBP_EFFORT: i32 = {WEBP_EFFORT};"),
        ] {
            assert!(ours.contains(&line), "{line}");
        }
    }

    #[test]
    fn a_rejection_is_no_list_of_renditions() {
        let answer = br#"{"verdict":"REJECTED","rejection":{"message":"no"},"summary":"no"}"#;

        assert!(renditions(answer, &exhibit()).is_err());
        assert!(renditions(br#"{"renditions":[{"name":"a"}]}"#, &exhibit()).is_err());
    }
}

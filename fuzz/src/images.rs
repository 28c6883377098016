//! Any bytes: inspected, and rendered if they pass. What must hold for all of them is held here; what becomes of files
//! that somebody thought of is in the corpus (`crates/media/tests/corpus`).

#![no_main]

use std::panic;

use libfuzzer_sys::{Corpus, fuzz_target};
use tola_media::{Inspected, Look, RenderError, RenditionFormat, inspect, inspect_start, render_as};

/// Larger pictures are only inspected: they would take all the time, and the corpus knows the largest of each kind.
const MAX_PIXELS: u32 = 1 << 20;

/// One file of so many is also encoded. That takes most of the time, and an encoder sees nothing of what a file holds but
/// its pixels.
const ENCODED: usize = 16;

/// Pieces of a file that are looked at before the rest of it: what has come so far may not lie.
const STARTS: [usize; 3] = [16, 100, 1000];

fuzz_target!(
    init: {
        tell_whose_panic();
    },
    |bytes: &[u8]| -> Corpus {
        let inspected = inspect(bytes);
        STARTS.iter().filter(|&&length| length < bytes.len()).for_each(|&length| looks_right(bytes, length));
        match inspected {
            Ok(inspected) if inspected.width * inspected.height <= MAX_PIXELS => {
                renders_right(bytes, &inspected);
                Corpus::Keep
            }
            // Nothing worth changing.
            _ => Corpus::Reject,
        }
    }
);

/// What the first bytes tell is what the whole file tells.
fn looks_right(bytes: &[u8], length: usize) {
    let whole = inspect(bytes);
    match inspect_start(&bytes[..length], bytes.len() as u64) {
        Ok(Look::Enough(inspected)) => assert_eq!(whole, Ok(inspected)),
        Ok(Look::Further(end)) => assert!(end > length as u64 && end <= bytes.len() as u64),
        Err(_) => assert!(whole.is_err()),
    }
}

fn renders_right(bytes: &[u8], inspected: &Inspected) {
    let encoded = bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>() % ENCODED == 0;
    let formats: &[RenditionFormat] = if encoded { &RenditionFormat::ALL } else { &[] };
    let rendered = match render_as(bytes, formats) {
        Ok(rendered) => rendered,
        Err(RenderError::Rejected(_)) => return,
        Err(ours) => panic!("not the file's fault: {ours}"),
    };
    let (width, height) = (rendered.width, rendered.height);
    assert!(
        (width, height) == (inspected.width, inspected.height)
            || (height, width) == (inspected.width, inspected.height)
    );
    assert_eq!(rendered.renditions.len() >= 4, encoded);
    for rendition in rendered.renditions {
        assert!(rendition.width.max(rendition.height) <= width.max(height).min(1920));
        assert!(rendition.bytes.starts_with(b"\xFF\xD8\xFF") || rendition.bytes.starts_with(b"RIFF"));
    }
}

/// Every panic would end the fuzzer, but those of foreign decoders are expected and caught: only ours count.
fn tell_whose_panic() {
    let ends = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |location| location.file());
        if file.contains("crates/media/src") || file.contains("src/images.rs") {
            ends(panic);
        }
    }));
}

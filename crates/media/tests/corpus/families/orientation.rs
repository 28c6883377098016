//! Photos whose camera was held in another way: shown upright, in each format that can say so.

use tola_media::SourceFormat::{Jpeg, Png, WebP};

use crate::{
    case::{Case, ready},
    files::{CORNERS, exif, jpeg, picture, png, webp},
};

/// EXIF 2.3, 4.6.4 A: which quarters of the stored picture a viewer shows where.
const SHOWN: [[usize; 4]; 8] =
    [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0], [1, 3, 0, 2]];

pub(crate) fn cases() -> Vec<Case> {
    let turned = (1..=8).flat_map(|orientation| {
        let big = move || exif::orientation(orientation);
        let little = move || exif::orientation_little(orientation);
        [
            ready(format!("jpeg {orientation}"), Jpeg, move || jpeg::with_exif(&jpeg::standard(), &big())),
            ready(format!("little-endian jpeg {orientation}"), Jpeg, move || {
                jpeg::with_exif(&jpeg::standard(), &little())
            }),
            ready(format!("png {orientation}"), Png, move || png::standard().with(b"eXIf", big()).bytes()),
            ready(format!("webp {orientation}"), WebP, move || with_exif(&little())),
        ]
        .map(|case| upright(case, orientation))
    });
    let odd = [
        ready("jpeg 0", Jpeg, || jpeg::with_exif(&jpeg::standard(), &exif::orientation(0))),
        ready("jpeg 9", Jpeg, || jpeg::with_exif(&jpeg::standard(), &exif::orientation(9))),
        ready("jpeg 6000", Jpeg, || jpeg::with_exif(&jpeg::standard(), &exif::orientation(6000))),
        ready("png 0", Png, || png::standard().with(b"eXIf", exif::orientation(0)).bytes()),
        ready("jpeg whose exif is cut off", Jpeg, || jpeg::with_exif(&jpeg::standard(), &exif::orientation(6)[..17])),
        ready("jpeg whose exif is noise", Jpeg, || jpeg::with_exif(&jpeg::standard(), &crate::files::noise(900, 3))),
        ready("jpeg whose exif is empty", Jpeg, || jpeg::with_exif(&jpeg::standard(), b"")),
        ready("jpeg whose exif has 65,535 entries", Jpeg, || {
            jpeg::with_exif(&jpeg::standard(), b"MM\0*\0\0\0\x08\xFF\xFF\x01\x0F\0\x02\0\0\0\x01\0\0\0\0")
        }),
        ready("jpeg whose exif points to itself", Jpeg, || {
            jpeg::with_exif(&jpeg::standard(), b"MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08")
        }),
        ready("webp whose exif is noise", WebP, || with_exif(&crate::files::noise(900, 4))),
        upright(
            ready("jpeg with two of them", Jpeg, || {
                // The first counts.
                jpeg::with_exif(&jpeg::with_exif(&jpeg::standard(), &exif::orientation(3)), &exif::orientation(6))
            }),
            6,
        ),
    ];
    turned.chain(odd).collect()
}

fn with_exif(exif: &[u8]) -> Vec<u8> {
    let chunks = webp::picture_chunks(&webp::lossy(&picture()));
    webp::file(&[webp::extended(webp::flags::EXIF, 120, 80), chunks, webp::chunk(b"EXIF", exif)])
}

fn upright(case: Case, orientation: u16) -> Case {
    let (width, height) = if orientation < 5 { (120, 80) } else { (80, 120) };
    case.sized(width, height).showing(SHOWN[usize::from(orientation) - 1].map(|corner| CORNERS[corner]))
}

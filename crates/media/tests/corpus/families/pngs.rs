//! Every kind of PNG, and PNGs that are not as they should be.

use tola_media::{SourceFormat::Png, codes::IMAGE_CORRUPT};

use crate::{
    case::{Case, ready, rejected},
    files::{
        CORNERS, deflate,
        png::{GREYS, Kind, Png as File, standard, with_palette},
    },
};

pub(crate) fn cases() -> Vec<Case> {
    let kinds = [
        (Kind::Grey, 1),
        (Kind::Grey, 2),
        (Kind::Grey, 4),
        (Kind::Grey, 8),
        (Kind::Grey, 16),
        (Kind::GreyAlpha, 8),
        (Kind::GreyAlpha, 16),
        (Kind::Rgb, 8),
        (Kind::Rgb, 16),
        (Kind::Rgba, 8),
        (Kind::Rgba, 16),
        (Kind::Palette, 1),
        (Kind::Palette, 2),
        (Kind::Palette, 4),
        (Kind::Palette, 8),
    ];
    let all = kinds.into_iter().flat_map(|(kind, depth)| {
        let file = move || if kind == Kind::Palette { with_palette(depth) } else { File::new(kind, depth) };
        let what = format!("{kind:?} of {depth} bits").to_lowercase();
        let shown = shown(kind, depth);
        [
            ready(what.clone(), Png, move || file().bytes()).showing(shown),
            ready(format!("interlaced {what}"), Png, move || file().interlaced().bytes()).showing(shown),
        ]
    });
    let transparent = [
        ready("palette with transparency", Png, || with_palette(8).with(b"tRNS", [255, 0, 255]).bytes())
            .showing([CORNERS[0], [0; 4], CORNERS[2], CORNERS[3]]),
        ready("grey with a transparent tone", Png, || File::new(Kind::Grey, 8).with(b"tRNS", [0, 85]).bytes())
            .showing([grey(0), grey(255), [0; 4], grey(170)]),
        ready("deep grey with a transparent tone", Png, || {
            File::new(Kind::Grey, 16).with(b"tRNS", [0x55, 0x55]).bytes()
        })
        .showing([grey(0), grey(255), [0; 4], grey(170)]),
        ready("colours with a transparent one", Png, || standard().with(b"tRNS", [0, 200, 0, 30, 0, 30]).bytes())
            .showing([[0; 4], CORNERS[1], CORNERS[2], CORNERS[3]]),
    ];
    all.chain(transparent).chain(odd()).collect()
}

fn odd() -> Vec<Case> {
    vec![
        ready("data in a thousand chunks", Png, || {
            let data = deflate::stored(&standard().rows());
            let (first, rest) = data.split_at(1);
            rest.chunks(29).fold(standard().data(first), |png, part| png.followed_by(b"IDAT", part)).bytes()
        }),
        ready("data in empty chunks", Png, || {
            let data = deflate::stored(&standard().rows());
            standard().data(Vec::new()).followed_by(b"IDAT", Vec::new()).followed_by(b"IDAT", data).bytes()
        }),
        ready("more data than pixels", Png, || {
            standard().data(deflate::stored(&[standard().rows(), vec![9; 5000]].concat())).bytes()
        }),
        ready("a palette that is not needed", Png, || standard().with(b"PLTE", [1, 2, 3]).bytes()),
        ready("a wrong sum of a text", Png, || {
            let bytes = standard().with(b"tEXt", b"a\0b".to_vec()).bytes();
            let at = bytes.windows(4).position(|name| name == b"tEXt").unwrap() + 7;
            with_byte(bytes, at)
        }),
        rejected("a wrong sum of the header", IMAGE_CORRUPT, "PNG", || with_byte(standard().bytes(), 30)),
        rejected("a wrong sum of the data", IMAGE_CORRUPT, "PNG", || {
            let bytes = standard().bytes();
            let at = bytes.len() - 13;
            with_byte(bytes, at)
        }),
        rejected("no data", IMAGE_CORRUPT, "PNG", || {
            [standard().beginning(), b"\0\0\0\0IEND\xAE\x42\x60\x82".to_vec()].concat()
        }),
        rejected("less data than pixels", IMAGE_CORRUPT, "PNG", || {
            standard().data(deflate::stored(&standard().rows()[..20_000])).bytes()
        }),
        rejected("data that is noise", IMAGE_CORRUPT, "PNG", || standard().data(crate::files::noise(9000, 6)).bytes()),
        rejected("no palette", IMAGE_CORRUPT, "PNG", || File::new(Kind::Palette, 8).bytes()),
        rejected("a palette of half colours", IMAGE_CORRUPT, "PNG", || {
            File::new(Kind::Palette, 8).with(b"PLTE", [1, 2, 3, 4]).bytes()
        }),
        rejected("a depth that does not exist", IMAGE_CORRUPT, "PNG", || {
            File::new(Kind::Rgb, 4).data(deflate::stored(&standard().rows())).bytes()
        }),
        rejected("a filter that does not exist", IMAGE_CORRUPT, "PNG", || {
            let mut rows = standard().rows();
            rows[0] = 9;
            standard().data(deflate::stored(&rows)).bytes()
        }),
        rejected("a first chunk that is not a header", IMAGE_CORRUPT, "header is missing", || {
            let bytes = standard().bytes();
            [&bytes[..8], b"\0\0\0\0IEND\xAE\x42\x60\x82", &bytes[8..]].concat()
        }),
        rejected("two headers", IMAGE_CORRUPT, "PNG", || {
            standard().with(b"IHDR", [0, 0, 255, 255, 0, 0, 255, 255, 8, 6, 0, 0, 0]).bytes()
        }),
        rejected("a chunk that claims two gigabytes", IMAGE_CORRUPT, "PNG", || {
            [standard().beginning(), b"\x7F\xFF\xFF\xFFIDAT".to_vec(), vec![0x78; 300]].concat()
        }),
    ]
}

/// A copy with another byte there.
fn with_byte(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    bytes[at] ^= 0x55;
    bytes
}

const fn grey(tone: u8) -> [u8; 4] {
    [tone, tone, tone, 255]
}

/// What the quarters show in a PNG of that kind.
fn shown(kind: Kind, depth: u8) -> [[u8; 4]; 4] {
    match (kind, depth) {
        (Kind::Grey, 1) => [grey(0), grey(255), grey(0), grey(255)],
        (Kind::Grey | Kind::GreyAlpha, _) => GREYS.map(grey),
        (Kind::Palette, 1) => [CORNERS[0], CORNERS[1], CORNERS[0], CORNERS[1]],
        _ => CORNERS,
    }
}

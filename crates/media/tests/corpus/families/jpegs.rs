//! Every kind of JPEG, and JPEGs that are not as they should be.

use jpeg_encoder::{ColorType, SamplingFactor};
use tola_media::{
    SourceFormat::Jpeg,
    codes::{IMAGE_CORRUPT, IMAGE_UNSUPPORTED_FORMAT},
    testing::coefficients::{Coefficients, Part},
};

use crate::{
    case::{Case, ready, rejected},
    files::{
        SIZE,
        jpeg::{self, changed, segment, standard, without},
        noise, picture, quarters,
    },
};

pub(crate) fn cases() -> Vec<Case> {
    let samplings = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
        SamplingFactor::F_4_2,
        SamplingFactor::F_1_4,
        SamplingFactor::F_2_4,
    ];
    let kinds = samplings.into_iter().flat_map(|sampling| {
        [(false, false, 0), (false, true, 0), (true, false, 0), (true, true, 0), (false, false, 3), (true, false, 1)]
            .map(|(progressive, optimized, restart)| {
                let what = format!("sampled {sampling:?}, {progressive}, {optimized}, {restart}").to_lowercase();
                ready(what, Jpeg, move || {
                    jpeg::of(&picture(), |encoder| {
                        encoder.set_sampling_factor(sampling);
                        encoder.set_progressive(progressive);
                        encoder.set_optimized_huffman_tables(optimized);
                        encoder.set_restart_interval(restart);
                    })
                })
            })
    });
    kinds.chain(colours()).chain(odd()).chain(rare()).chain(damaged()).collect()
}

/// Kinds of colours.
fn colours() -> Vec<Case> {
    // Cyan, magenta, yellow and black, one in each quarter.
    let inks = [[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255]];
    let printed = [[0, 255, 255, 255], [255, 0, 255, 255], [255, 255, 0, 255], [0, 0, 0, 255]];
    let ink = move |kind| jpeg::samples(&quarters(SIZE, inks), SIZE, kind);
    let greys = [[20, 20, 20, 255], [90, 90, 90, 255], [160, 160, 160, 255], [230, 230, 230, 255]];
    let rgb = || image::DynamicImage::from(picture()).into_rgb8().into_raw();
    vec![
        ready("grey", Jpeg, move || {
            let grey = image::DynamicImage::from(quarters(SIZE, greys)).into_luma8();
            jpeg::samples(&grey, SIZE, ColorType::Luma)
        })
        .showing(greys),
        ready("ink as adobe writes it", Jpeg, move || ink(ColorType::Cmyk)).showing(printed),
        ready("ink as luminance and colours", Jpeg, move || ink(ColorType::CmykAsYcck)).showing(printed),
        // Without Adobe's segment, ink is what it says.
        ready("ink as others write it", Jpeg, move || {
            let mut light = quarters(SIZE, inks);
            light.iter_mut().for_each(|sample| *sample = 255 - *sample);
            without(&jpeg::samples(&light, SIZE, ColorType::Cmyk), 0xEE)
        })
        .showing(printed),
        ready("red, green and blue by adobe's segment", Jpeg, move || {
            let plain = without(&jpeg::samples(&rgb(), SIZE, ColorType::Ycbcr), 0xE0);
            jpeg::with(&plain, &segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"))
        }),
        ready("red, green and blue by their names", Jpeg, move || {
            let plain = without(&jpeg::samples(&rgb(), SIZE, ColorType::Ycbcr), 0xE0);
            let named =
                changed(&plain, 0xC0, |frame| [10, 13, 16].iter().zip(b"RGB").for_each(|(&at, &id)| frame[at] = id));
            changed(&named, 0xDA, |scan| [5, 7, 9].iter().zip(b"RGB").for_each(|(&at, &id)| scan[at] = id))
        }),
    ]
}

/// Unusual, but right.
fn odd() -> Vec<Case> {
    // A red that fills everything: its luminance, and how far its colours are from grey.
    let red = |colour: usize| {
        let mut block = [0; 64];
        block[0] = [-126, -77, 227][colour];
        block
    };
    let uniform = move || Coefficients::uniform(120, 80, &[(1, 1), (1, 1), (1, 1)], red);
    vec![
        ready("scans that refine each other", Jpeg, move || uniform().progressive(0, &uniform().common_parts()))
            .plain(200, 30, 30),
        ready("five hundred scans", Jpeg, move || {
            let coefficients = uniform();
            let more = (0..500).map(|n| Part::new(Some(n % 3), (1 + n as u8 % 60, 63), 0, 0));
            coefficients.progressive(0, &coefficients.common_parts().into_iter().chain(more).collect::<Vec<_>>())
        })
        .plain(200, 30, 30),
        ready("fill bytes before each marker", Jpeg, || {
            let bytes = standard();
            let parts = jpeg::parts(&bytes).into_iter().map(|part| [&[0xFF; 7], part].concat());
            parts.collect::<Vec<_>>().concat()[7..].to_vec()
        }),
        ready("bytes between segments", Jpeg, || {
            let bytes = standard();
            let (last, parts) =
                jpeg::parts(&bytes).split_last().map(|(last, rest)| (last.to_vec(), rest.concat())).unwrap();
            let (start, rest) = parts.split_at(20);
            [start, &[1, 2, 3, 0, 0xFF, 0], rest, &last].concat()
        }),
        ready("two frames' worth of restart intervals", Jpeg, || {
            // An interval that is longer than the picture.
            jpeg::with(&standard(), &segment(0xDD, &60_000_u16.to_be_bytes()))
        }),
        ready("tables of sixteen bits", Jpeg, || {
            changed(&standard(), 0xDB, |part| {
                let wide: Vec<u8> = part[5..].iter().flat_map(|&value| [0, value]).collect();
                *part = segment(0xDB, &[vec![0x10 | part[4]], wide].concat());
            })
        }),
        ready("unknown markers", Jpeg, || {
            let unknown = (0xF0..=0xFD).chain(0xE3..=0xEC).flat_map(|marker| segment(marker, b"what is this?"));
            jpeg::with(&standard(), &unknown.collect::<Vec<_>>())
        }),
        ready("a segment of no length", Jpeg, || jpeg::with(&standard(), &[0xFF, 0xDB, 0, 0])),
        ready("no jfif header", Jpeg, || without(&standard(), 0xE0)),
    ]
}

/// Kinds that the standard knows and hardly anybody writes.
fn rare() -> Vec<Case> {
    let as_frame = |what: &str, says: &'static str, marker: u8| {
        rejected(what, IMAGE_UNSUPPORTED_FORMAT, says, move || changed(&standard(), 0xC0, |part| part[1] = marker))
    };
    vec![
        as_frame("lossless", "lossless", 0xC3),
        as_frame("hierarchical", "several layers", 0xC5),
        as_frame("hierarchical and lossless", "several layers", 0xC7),
        as_frame("arithmetic coding", "arithmetic", 0xC9),
        as_frame("arithmetic coding, progressive", "arithmetic", 0xCA),
        as_frame("arithmetic coding, lossless", "arithmetic", 0xCB),
        rejected("twelve bits", IMAGE_UNSUPPORTED_FORMAT, "8 bits", || changed(&standard(), 0xC0, |part| part[4] = 12)),
        rejected("a height that comes at the end", IMAGE_UNSUPPORTED_FORMAT, "at its end", || {
            let bytes = jpeg::claiming(&standard(), SIZE.0 as u16, 0);
            let (start, end) = bytes.split_at(bytes.len() - 2);
            [start, &segment(0xDC, &(SIZE.1 as u16).to_be_bytes()), end].concat()
        }),
        rejected("two colours", IMAGE_UNSUPPORTED_FORMAT, "number of colours", || {
            changed(&standard(), 0xC0, |part| *part = segment(0xC0, &[8, 0, 80, 0, 120, 2, 1, 0x11, 0, 2, 0x11, 0]))
        }),
    ]
}

/// Not as the standard says.
fn damaged() -> Vec<Case> {
    let corrupt = |what: &str, file: fn() -> Vec<u8>| rejected(what, IMAGE_CORRUPT, "JPEG", file);
    let in_frame = |at: usize, value: u8| move || changed(&standard(), 0xC0, |part| part[at] = value);
    vec![
        corrupt("no tables of codes", || without(&standard(), 0xC4)),
        corrupt("no quantization", || without(&standard(), 0xDB)),
        corrupt("no frame", || without(&standard(), 0xC0)),
        corrupt("no scan", || without(&standard(), 0xDA)),
        corrupt("two frames", || {
            jpeg::with(
                &standard(),
                &jpeg::parts(&standard()).into_iter().filter(|part| part[1] == 0xC0).collect::<Vec<_>>().concat(),
            )
        }),
        corrupt("a scan before its frame", || {
            let bytes = standard();
            let scan = jpeg::parts(&bytes).into_iter().find(|part| part[1] == 0xDA).unwrap().to_vec();
            jpeg::with(&bytes, &scan)
        }),
        corrupt("no restart markers where some should be", || jpeg::with(&standard(), &segment(0xDD, &[0, 2]))),
        corrupt("a restart marker too few", || {
            let bytes = jpeg::of(&picture(), |encoder| encoder.set_restart_interval(4));
            let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xD2]).unwrap();
            [&bytes[..at], &bytes[at + 2..]].concat()
        }),
        corrupt("a restart interval of one byte", || jpeg::with(&standard(), &segment(0xDD, &[4]))),
        corrupt("scan data that is noise", || {
            changed(&standard(), 0xDA, |part| {
                part.truncate(14);
                part.extend(noise(300, 2).iter().map(|byte| byte & 0x7F));
            })
        }),
        corrupt("scan data that is zeros", || changed(&standard(), 0xDA, |part| part.truncate(14))),
        corrupt("codes of ones only", || {
            changed(&standard(), 0xC4, |part| {
                *part = segment(0xC4, &[&[part[4], 3][..], &[0; 15], &[1, 2, 3]].concat());
            })
        }),
        corrupt("codes with more symbols than bytes", || {
            changed(&standard(), 0xC4, |part| *part = segment(0xC4, &[&[part[4]][..], &[255; 16]].concat()))
        }),
        corrupt("a segment longer than the file", || jpeg::with(&standard(), &[0xFF, 0xE1, 0xFF, 0xFF])[..40].to_vec()),
        rejected("a sampling of zero", IMAGE_CORRUPT, "JPEG", in_frame(11, 0x02)),
        rejected("a sampling of fifteen", IMAGE_CORRUPT, "JPEG", in_frame(11, 0xFF)),
        rejected("a quantization table that does not exist", IMAGE_CORRUPT, "JPEG", in_frame(12, 9)),
        rejected("more colours than there are", IMAGE_CORRUPT, "JPEG", in_frame(9, 200)),
        rejected("a scan of a colour that does not exist", IMAGE_CORRUPT, "JPEG", || {
            changed(&standard(), 0xDA, |part| part[5] = 77)
        }),
        rejected("a scan of one colour twice", IMAGE_CORRUPT, "JPEG", || {
            changed(&standard(), 0xDA, |part| part[7] = part[5])
        }),
        rejected("a refinement before what it refines", IMAGE_CORRUPT, "JPEG", || {
            let coefficients = Coefficients::noise(120, 80, &[(1, 1)], 3);
            changed(&coefficients.progressive(0, &[Part::new(None, (0, 63), 9, 1)]), 0xDA, |_| {})
        }),
        rejected("a colour without a scan", IMAGE_CORRUPT, "end is missing", || {
            let coefficients = Coefficients::noise(120, 80, &[(1, 1), (1, 1), (1, 1)], 3);
            coefficients.progressive(0, &[Part::new(Some(0), (0, 0), 0, 0), Part::new(Some(1), (0, 0), 0, 0)])
        }),
    ]
}

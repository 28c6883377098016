//! What stands in a house.

use tola_catalog::product::AttributeValue;

use super::{Ask, Shelf, Sketch, Trade, capital, integer, tenths, texts};
use crate::dice::Dice;
use crate::picture::{Motif, Picture, Tone};

pub(crate) static FURNITURE: Trade =
    Trade { name: "furniture", code: "FUR", shelves: SHELVES, dollars: (60, 2_600), sketch };

const MATERIALS: &[&str] = &["oak", "ash", "walnut", "parota", "linen", "wool", "steel"];

const SHELVES: &[Shelf] = &[
    Shelf {
        id: "furniture",
        name: "Furniture",
        parent: None,
        about: "What stands in a house.",
        asks: &[
            Ask::integer("width_cm", "Width").required().measured_in("cm"),
            Ask::integer("depth_cm", "Depth").required().measured_in("cm"),
            Ask::integer("height_cm", "Height").required().measured_in("cm"),
            Ask::decimal("weight_kg", "Weight").measured_in("kg"),
            Ask::texts("material", "Material").required().one_of(MATERIALS),
            Ask::flag("assembly", "To be assembled"),
        ],
    },
    Shelf {
        id: "seating",
        name: "Seating",
        parent: Some("furniture"),
        about: "Chairs, stools and sofas.",
        asks: &[Ask::integer("seats", "Seats").required()],
    },
    Shelf { id: "chairs", name: "Chairs", parent: Some("seating"), about: "Chairs, with arms and without.", asks: &[] },
    Shelf { id: "sofas", name: "Sofas", parent: Some("seating"), about: "Sofas for two and more.", asks: &[] },
    Shelf {
        id: "tables",
        name: "Tables",
        parent: Some("furniture"),
        about: "Tables to eat and to work at.",
        asks: &[Ask::integer("seats", "Places")],
    },
    Shelf { id: "dining-tables", name: "Dining tables", parent: Some("tables"), about: "Tables to eat at.", asks: &[] },
    Shelf { id: "desks", name: "Desks", parent: Some("tables"), about: "Tables to work at.", asks: &[] },
    Shelf {
        id: "storage",
        name: "Storage",
        parent: Some("furniture"),
        about: "Bookcases and sideboards.",
        asks: &[Ask::integer("shelves", "Shelves").required()],
    },
    Shelf {
        id: "beds",
        name: "Beds",
        parent: Some("furniture"),
        about: "Bed frames, without mattress.",
        asks: &[Ask::text("mattress", "Mattress").required().one_of(&[
            "90 × 200",
            "140 × 200",
            "160 × 200",
            "180 × 200",
        ])],
    },
];

const LINES: &[&str] = &[
    "Encinal", "Loma", "Arroyo", "Tecali", "Patio", "Ribera", "Campana", "Mesón", "Zaguán", "Nogalera", "Cumbre",
    "Alero",
];
const BRANDS: &[&str] = &["Casa Lumbre", "Taller Cedro", "Nogal y Hilo", "Cuatro Patas"];

struct Wood {
    name: &'static str,
    about: &'static str,
    tone: Tone,
    /// In percent of what it costs in ash.
    cost: u32,
}

const WOODS: &[Wood] = &[
    Wood { name: "oak", about: "Oak is hard and takes a knock without complaint.", tone: Tone::Light, cost: 115 },
    Wood { name: "ash", about: "Ash is pale and springy, with a lively grain.", tone: Tone::Light, cost: 100 },
    Wood { name: "walnut", about: "Walnut is dark, and grows lighter in the sun.", tone: Tone::Dark, cost: 150 },
    Wood {
        name: "parota",
        about: "Parota is a Mexican wood with a broad, golden-brown figure.",
        tone: Tone::Dark,
        cost: 125,
    },
];

/// What of it is different from size to size.
struct Size {
    /// What stands in the name, if there are several.
    label: &'static str,
    width: u32,
    depth: u32,
    height: u32,
    cents: u32,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Seats(u32),
    Shelves(u32),
    Mattress(&'static str),
}

struct Piece {
    noun: &'static str,
    /// How a description begins.
    phrase: &'static str,
    shelf: &'static str,
    motif: Motif,
    cloth: Option<&'static str>,
    assembly: bool,
    details: &'static [&'static str],
    tags: &'static [&'static str],
    sizes: &'static [Size],
}

const fn size(label: &'static str, [width, depth, height]: [u32; 3], dollars: u32, what: What) -> Size {
    Size { label, width, depth, height, cents: dollars * 100, what }
}

const PIECES: &[Piece] = &[
    Piece {
        noun: "dining chair",
        phrase: "A dining chair",
        shelf: "chairs",
        motif: Motif::Chair,
        cloth: None,
        assembly: false,
        details: &["with a seat that is shaped by hand", "with a back of three slats", "with a woven seat"],
        tags: &["chair", "dining room"],
        sizes: &[size("", [46, 52, 82], 140, What::Seats(1)), size("with arms", [58, 54, 82], 185, What::Seats(1))],
    },
    Piece {
        noun: "stool",
        phrase: "A stool",
        shelf: "chairs",
        motif: Motif::Stool,
        cloth: None,
        assembly: false,
        details: &["with three legs, so that it never wobbles", "with a footrest", "with a round seat"],
        tags: &["stool", "kitchen"],
        sizes: &[size("45 cm", [36, 36, 45], 75, What::Seats(1)), size("65 cm", [38, 38, 65], 95, What::Seats(1))],
    },
    Piece {
        noun: "armchair",
        phrase: "An armchair",
        shelf: "chairs",
        motif: Motif::Sofa,
        cloth: Some("linen"),
        assembly: false,
        details: &["with cushions whose covers come off", "with a high back for reading", "with wide arms"],
        tags: &["armchair", "living room"],
        sizes: &[size("", [78, 82, 92], 480, What::Seats(1))],
    },
    Piece {
        noun: "sofa",
        phrase: "A sofa",
        shelf: "sofas",
        motif: Motif::Sofa,
        cloth: Some("wool"),
        assembly: true,
        details: &["with cushions whose covers come off", "with a deep seat", "with room below for a robot to clean"],
        tags: &["sofa", "living room"],
        sizes: &[
            size("for two", [160, 90, 84], 950, What::Seats(2)),
            size("for three", [215, 92, 84], 1_300, What::Seats(3)),
        ],
    },
    Piece {
        noun: "dining table",
        phrase: "A dining table",
        shelf: "dining-tables",
        motif: Motif::Table,
        cloth: None,
        assembly: true,
        details: &["with a top of boards as long as the table", "with rounded corners", "with legs set far apart"],
        tags: &["table", "dining room"],
        sizes: &[
            size("140 cm", [140, 80, 75], 620, What::Seats(4)),
            size("180 cm", [180, 90, 75], 840, What::Seats(6)),
            size("240 cm", [240, 100, 75], 1_250, What::Seats(10)),
        ],
    },
    Piece {
        noun: "desk",
        phrase: "A desk",
        shelf: "desks",
        motif: Motif::Table,
        cloth: None,
        assembly: true,
        details: &["with a drawer for pens and papers", "with a gap at the back for cables", "with a slim top"],
        tags: &["desk", "study"],
        sizes: &[
            size("120 cm", [120, 60, 74], 380, What::Seats(1)),
            size("160 cm", [160, 75, 74], 520, What::Seats(1)),
        ],
    },
    Piece {
        noun: "bookcase",
        phrase: "A bookcase",
        shelf: "storage",
        motif: Motif::Bookcase,
        cloth: None,
        assembly: true,
        details: &["with boards that can be moved", "with an open back", "with boards that do not bend under atlases"],
        tags: &["bookcase", "study"],
        sizes: &[size("low", [90, 32, 95], 340, What::Shelves(2)), size("tall", [90, 32, 200], 620, What::Shelves(5))],
    },
    Piece {
        noun: "sideboard",
        phrase: "A sideboard",
        shelf: "storage",
        motif: Motif::Bookcase,
        cloth: None,
        assembly: false,
        details: &[
            "with doors that close softly",
            "with feet of turned wood",
            "with a back panel to pass cables through",
        ],
        tags: &["sideboard", "living room"],
        sizes: &[size("", [160, 45, 78], 900, What::Shelves(3))],
    },
    Piece {
        noun: "bed frame",
        phrase: "A bed frame",
        shelf: "beds",
        motif: Motif::Bed,
        cloth: None,
        assembly: true,
        details: &["with a headboard to lean on", "with a slatted base", "with joints that do not creak"],
        tags: &["bed", "bedroom"],
        sizes: &[
            size("90 cm", [98, 208, 90], 480, What::Mattress("90 × 200")),
            size("140 cm", [148, 208, 95], 640, What::Mattress("140 × 200")),
            size("160 cm", [168, 208, 95], 720, What::Mattress("160 × 200")),
            size("180 cm", [188, 208, 95], 790, What::Mattress("180 × 200")),
        ],
    },
];

fn sketch(dice: &mut Dice) -> Sketch {
    let piece = dice.one(PIECES);
    let (wood, line, brand) = (dice.one(WOODS), *dice.one(LINES), *dice.one(BRANDS));
    let size = dice.one(piece.sizes);
    let Size { label, width, depth, height, cents, what } = *size;
    // What a thing weighs grows with what it takes up, though most of that is air.
    let weight = width * depth * height / 5_500 + dice.between(20..=60);
    let (key, value) = match what {
        What::Seats(seats) => ("seats", integer(seats)),
        What::Shelves(shelves) => ("shelves", integer(shelves)),
        What::Mattress(mattress) => ("mattress", AttributeValue::Text(mattress.to_owned())),
    };
    let made_of = match piece.cloth {
        Some(cloth) => format!("of {} and {cloth}", wood.name),
        None => format!("of solid {}", wood.name),
    };
    let delivery = if piece.assembly {
        "It comes in parts and is put together in half an hour; the key is in the box."
    } else {
        "It is delivered in one piece."
    };
    let mut sentences = vec![
        format!("{} {made_of}, {}.", piece.phrase, dice.one(piece.details)),
        wood.about.to_owned(),
        format!("It is {width} cm wide, {depth} cm deep and {height} cm high."),
    ];
    sentences.extend(dice.percent(60).then(|| delivery.to_owned()));
    let materials: Vec<&str> = [wood.name].into_iter().chain(piece.cloth).collect();
    let mut tags = piece.tags.to_vec();
    tags.push(wood.name);
    let label = if label.is_empty() { String::new() } else { format!(", {label}") };
    Sketch {
        name: format!("{line} {} in {}{label}", piece.noun, wood.name),
        brand,
        shelf: piece.shelf,
        sentences,
        cents: cents * wood.cost / 100 * dice.between(95..=125) / 100,
        attributes: vec![
            ("width_cm", integer(width)),
            ("depth_cm", integer(depth)),
            ("height_cm", integer(height)),
            ("weight_kg", tenths(weight)),
            ("material", texts(&materials)),
            ("assembly", AttributeValue::Flag(piece.assembly)),
            (key, value),
        ],
        tags,
        picture: Picture { motif: piece.motif, tone: wood.tone },
        alt: format!("{} in {}, drawn from the front", capital(piece.noun), wood.name),
    }
}

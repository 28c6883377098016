//! Clothes, shoes and bags.

use super::{Ask, Shelf, Sketch, Trade, capital, tenths, text, texts};
use crate::dice::Dice;
use crate::picture::{Motif, Picture, Tone};

pub(crate) static FASHION: Trade = Trade { name: "fashion", code: "FAS", shelves: SHELVES, dollars: (14, 260), sketch };

const LETTERS: &[&str] = &["XS", "S", "M", "L", "XL", "XXL"];
const NUMBERS: &[&str] = &["35", "36", "37", "38", "39", "40", "41", "42", "43", "44", "45", "46"];
const COLOURS: &[&str] = &["ivory", "sand", "oatmeal", "black", "navy", "charcoal", "terracotta", "rust", "brick red"];
const MATERIALS: &[&str] = &["linen", "cotton", "wool", "denim", "viscose", "leather", "suede", "canvas"];

const SHELVES: &[Shelf] = &[
    Shelf {
        id: "fashion",
        name: "Fashion",
        parent: None,
        about: "Clothes, shoes and bags.",
        asks: &[
            Ask::text("colour", "Colour").required().one_of(COLOURS),
            Ask::texts("material", "Material").required().one_of(MATERIALS),
            Ask::text("care", "Care"),
        ],
    },
    Shelf {
        id: "clothing",
        name: "Clothing",
        parent: Some("fashion"),
        about: "What is worn, from shirts to trousers.",
        asks: &[
            Ask::texts("size", "Size").required().one_of(LETTERS),
            Ask::text("fit", "Fit").one_of(&["slim", "regular", "relaxed"]),
        ],
    },
    Shelf { id: "shirts", name: "Shirts", parent: Some("clothing"), about: "Shirts, blouses and T-shirts.", asks: &[] },
    Shelf { id: "dresses", name: "Dresses", parent: Some("clothing"), about: "Dresses for every day.", asks: &[] },
    Shelf { id: "trousers", name: "Trousers", parent: Some("clothing"), about: "Trousers and jeans.", asks: &[] },
    Shelf {
        id: "shoes",
        name: "Shoes",
        parent: Some("fashion"),
        about: "Sneakers, loafers and derbies, in European sizes.",
        asks: &[
            Ask::texts("size", "Size (EU)").required().one_of(NUMBERS),
            Ask::text("sole", "Sole").one_of(&["rubber", "leather"]),
        ],
    },
    Shelf {
        id: "bags",
        name: "Bags",
        parent: Some("fashion"),
        about: "Bags to carry over the shoulder or by hand.",
        asks: &[
            Ask::decimal("volume_l", "Volume").required().measured_in("l"),
            Ask::text("closure", "Closure").one_of(&["zip", "buckle", "magnet"]),
        ],
    },
];

const LINES: &[&str] = &[
    "Alameda",
    "Brisa",
    "Marea",
    "Solana",
    "Jacaranda",
    "Cantera",
    "Rivera",
    "Mirador",
    "Laurel",
    "Duna",
    "Vereda",
    "Salina",
    "Bahía",
    "Palma",
    "Encino",
    "Pradera",
];
const BRANDS: &[&str] = &["Hilo Sur", "Telar Nueve", "Casa Lumbre", "Oficio", "Marta Luz"];

struct Fabric {
    name: &'static str,
    about: &'static str,
    care: &'static str,
    season: &'static str,
}

const LINEN: Fabric = Fabric {
    name: "linen",
    about: "Linen breathes in the heat and grows softer with every wash.",
    care: "Wash at 30 °C and dry in the shade.",
    season: "summer",
};
const COTTON: Fabric = Fabric {
    name: "cotton",
    about: "The cotton is combed, which keeps it smooth and free of pilling.",
    care: "Wash at 40 °C with similar colours.",
    season: "everyday",
};
const WOOL: Fabric = Fabric {
    name: "wool",
    about: "The wool keeps its shape and airs out overnight.",
    care: "Wash by hand in cold water and dry flat.",
    season: "winter",
};
const DENIM: Fabric = Fabric {
    name: "denim",
    about: "The denim is washed before it is cut, so that it does not shrink later.",
    care: "Wash inside out at 30 °C, and not too often.",
    season: "everyday",
};
const VISCOSE: Fabric = Fabric {
    name: "viscose",
    about: "Viscose falls softly and does not cling.",
    care: "Wash at 30 °C on a gentle cycle.",
    season: "evening",
};
const LEATHER: Fabric = Fabric {
    name: "leather",
    about: "The leather is tanned without chrome and darkens a little with the years.",
    care: "Wipe with a damp cloth and wax it now and then.",
    season: "all year",
};
const SUEDE: Fabric = Fabric {
    name: "suede",
    about: "The suede is brushed on both sides and soft from the first day.",
    care: "Brush when dry, and keep out of the rain.",
    season: "autumn",
};
const CANVAS: Fabric = Fabric {
    name: "canvas",
    about: "The canvas is woven tightly enough to shed a light rain.",
    care: "Sponge with cold water and let it dry in the air.",
    season: "everyday",
};

enum Measure {
    Clothing,
    Shoes,
    Bag { litres: (u32, u32) },
}

struct Garment {
    noun: &'static str,
    /// How a description begins.
    phrase: &'static str,
    shelf: &'static str,
    motif: Motif,
    dollars: (u32, u32),
    fabrics: &'static [&'static Fabric],
    details: &'static [&'static str],
    measure: Measure,
}

const GARMENTS: &[Garment] = &[
    Garment {
        noun: "shirt",
        phrase: "A shirt",
        shelf: "shirts",
        motif: Motif::Shirt,
        dollars: (28, 70),
        fabrics: &[&LINEN, &COTTON],
        details: &[
            "with buttons of mother-of-pearl",
            "with a pocket on the chest",
            "with a collar that stays up without a tie",
        ],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "blouse",
        phrase: "A blouse",
        shelf: "shirts",
        motif: Motif::Shirt,
        dollars: (26, 64),
        fabrics: &[&VISCOSE, &COTTON],
        details: &["with a tie at the neck", "with gathered cuffs", "with a row of covered buttons"],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "T-shirt",
        phrase: "A T-shirt",
        shelf: "shirts",
        motif: Motif::Shirt,
        dollars: (14, 32),
        fabrics: &[&COTTON, &LINEN],
        details: &["with a round neck", "with a ribbed collar", "with taped shoulder seams"],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "dress",
        phrase: "A dress",
        shelf: "dresses",
        motif: Motif::Dress,
        dollars: (42, 130),
        fabrics: &[&LINEN, &VISCOSE, &COTTON],
        details: &["with pockets in the side seams", "with a belt of the same cloth", "with a skirt that swings"],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "trousers",
        phrase: "Trousers",
        shelf: "trousers",
        motif: Motif::Trousers,
        dollars: (38, 110),
        fabrics: &[&LINEN, &COTTON, &WOOL],
        details: &[
            "with side pockets and a hidden hook",
            "with a waistband that gives a little",
            "with a sharp crease",
        ],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "jeans",
        phrase: "Jeans",
        shelf: "trousers",
        motif: Motif::Trousers,
        dollars: (45, 120),
        fabrics: &[&DENIM],
        details: &["with five pockets and copper rivets", "with a button fly", "with a hem that may be rolled up"],
        measure: Measure::Clothing,
    },
    Garment {
        noun: "sneakers",
        phrase: "A pair of sneakers",
        shelf: "shoes",
        motif: Motif::Shoe,
        dollars: (48, 130),
        fabrics: &[&CANVAS, &LEATHER],
        details: &["with waxed laces", "with a padded collar", "with an insole that can be taken out"],
        measure: Measure::Shoes,
    },
    Garment {
        noun: "loafers",
        phrase: "A pair of loafers",
        shelf: "shoes",
        motif: Motif::Shoe,
        dollars: (70, 180),
        fabrics: &[&LEATHER, &SUEDE],
        details: &["with a stitched apron", "with a low heel", "with a lining of calfskin"],
        measure: Measure::Shoes,
    },
    Garment {
        noun: "tote bag",
        phrase: "A tote bag",
        shelf: "bags",
        motif: Motif::Bag,
        dollars: (24, 150),
        fabrics: &[&CANVAS, &LEATHER],
        details: &["with handles long enough for the shoulder", "with a pocket for keys", "with a reinforced base"],
        measure: Measure::Bag { litres: (10, 22) },
    },
    Garment {
        noun: "weekend bag",
        phrase: "A weekend bag",
        shelf: "bags",
        motif: Motif::Bag,
        dollars: (90, 260),
        fabrics: &[&CANVAS, &LEATHER],
        details: &["with a compartment for shoes", "with feet of brass", "with a strap that can be taken off"],
        measure: Measure::Bag { litres: (28, 45) },
    },
];

const FITS: &[(&str, &str)] = &[
    ("slim", "Cut close to the body: choose one size up for more room."),
    ("regular", "Cut to hang straight, neither tight nor wide."),
    ("relaxed", "Cut wide, for warm days and for layers."),
];
const SOLES: &[(&str, &str)] = &[
    ("rubber", "The rubber sole grips on wet pavement."),
    ("leather", "The leather sole can be replaced by any cobbler."),
];
const CLOSURES: &[&str] = &["zip", "buckle", "magnet"];

fn sketch(dice: &mut Dice) -> Sketch {
    let garment = dice.one(GARMENTS);
    let Garment { noun, phrase, shelf, motif, .. } = *garment;
    let (fabric, colour) = (*dice.one(garment.fabrics), *dice.one(COLOURS));
    let (line, detail, brand) = (*dice.one(LINES), *dice.one(garment.details), *dice.one(BRANDS));
    let mut attributes =
        vec![("colour", text(colour)), ("material", texts(&[fabric.name])), ("care", text(fabric.care))];
    let measured = match garment.measure {
        Measure::Clothing => {
            let (fit, about) = *dice.one(FITS);
            let length = dice.between(3..=5) as usize;
            attributes.extend([("size", texts(dice.run(LETTERS, length))), ("fit", text(fit))]);
            about.to_owned()
        }
        Measure::Shoes => {
            let (sole, about) = *dice.one(SOLES);
            let length = dice.between(5..=8) as usize;
            attributes.extend([("size", texts(dice.run(NUMBERS, length))), ("sole", text(sole))]);
            about.to_owned()
        }
        Measure::Bag { litres: (least, most) } => {
            let (litres, closure) = (dice.between(least..=most), *dice.one(CLOSURES));
            attributes.extend([("volume_l", tenths(litres * 10)), ("closure", text(closure))]);
            format!("It holds {litres} litres and closes with a {closure}.")
        }
    };
    let mut sentences = vec![
        format!("{phrase} in {colour} {}, {detail}.", fabric.name),
        fabric.about.to_owned(),
        measured,
        fabric.care.to_owned(),
    ];
    sentences.truncate(dice.between(3..=4) as usize);
    let mut tags = vec![noun, fabric.name, fabric.season];
    tags.extend(dice.percent(15).then_some("new"));
    Sketch {
        name: format!("{line} {} {noun}, {colour}", fabric.name),
        brand,
        shelf,
        sentences,
        cents: dice.between(garment.dollars.0 * 100..=garment.dollars.1 * 100),
        attributes,
        tags,
        picture: Picture { motif, tone: tone(colour) },
        alt: format!("{} in {colour}, drawn from the front", capital(noun)),
    }
}

fn tone(colour: &str) -> Tone {
    match colour {
        "ivory" | "sand" | "oatmeal" => Tone::Light,
        "black" | "navy" | "charcoal" => Tone::Dark,
        _ => Tone::Warm,
    }
}

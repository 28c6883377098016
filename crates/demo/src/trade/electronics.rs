//! Phones, computers and what makes sound.

use tola_catalog::product::AttributeValue;

use super::{Ask, Shelf, Sketch, Trade, capital, integer, tenths, text};
use crate::check_digit::gtin;
use crate::dice::Dice;
use crate::picture::{Motif, Picture, Tone};

pub(crate) static ELECTRONICS: Trade =
    Trade { name: "electronics", code: "ELE", shelves: SHELVES, dollars: (15, 2_400), sketch };

const VOLTAGES: &[&str] = &["100-240 V", "5 V", "9 V", "20 V"];

const SHELVES: &[Shelf] = &[
    Shelf {
        id: "electronics",
        name: "Electronics",
        parent: None,
        about: "Phones, computers, sound, and what goes with them.",
        asks: &[
            Ask::decimal("power_w", "Power").required().measured_in("W"),
            Ask::text("voltage", "Voltage").required().one_of(VOLTAGES),
            Ask::text("colour", "Colour").one_of(&["graphite", "silver"]),
            Ask::integer("warranty_months", "Warranty").measured_in("months"),
            Ask::text("gtin", "GTIN"),
        ],
    },
    Shelf {
        id: "phones",
        name: "Phones",
        parent: Some("electronics"),
        about: "Phones, unlocked.",
        asks: &[
            Ask::integer("memory_gb", "Memory").required().measured_in("GB"),
            Ask::integer("storage_gb", "Storage").required().measured_in("GB"),
            Ask::decimal("screen_in", "Screen").measured_in("in"),
            Ask::integer("battery_mah", "Battery").measured_in("mAh"),
        ],
    },
    Shelf {
        id: "computers",
        name: "Computers",
        parent: Some("electronics"),
        about: "Laptops and tablets.",
        asks: &[
            Ask::integer("memory_gb", "Memory").required().measured_in("GB"),
            Ask::integer("storage_gb", "Storage").required().measured_in("GB"),
            Ask::decimal("screen_in", "Screen").required().measured_in("in"),
        ],
    },
    Shelf { id: "laptops", name: "Laptops", parent: Some("computers"), about: "Laptops for work and home.", asks: &[] },
    Shelf {
        id: "tablets",
        name: "Tablets",
        parent: Some("computers"),
        about: "Tablets to read and to draw.",
        asks: &[],
    },
    Shelf {
        id: "audio",
        name: "Audio",
        parent: Some("electronics"),
        about: "What makes sound.",
        asks: &[
            Ask::flag("wireless", "Wireless").required(),
            Ask::decimal("battery_h", "Battery life").measured_in("h"),
        ],
    },
    Shelf {
        id: "headphones",
        name: "Headphones",
        parent: Some("audio"),
        about: "Headphones for both ears.",
        asks: &[],
    },
    Shelf { id: "speakers", name: "Speakers", parent: Some("audio"), about: "Speakers, large and small.", asks: &[] },
    Shelf {
        id: "accessories",
        name: "Accessories",
        parent: Some("electronics"),
        about: "Keyboards and chargers.",
        asks: &[Ask::integer("ports", "Ports")],
    },
    Shelf { id: "keyboards", name: "Keyboards", parent: Some("accessories"), about: "Keyboards.", asks: &[] },
    Shelf { id: "chargers", name: "Chargers", parent: Some("accessories"), about: "Chargers with USB-C.", asks: &[] },
];

const BRANDS: &[&str] = &["Voltara", "Nimvo", "Oktalon", "Haldris", "Quorix", "Bramble & Ohm"];
const COLOURS: &[(&str, Tone)] = &[("graphite", Tone::Dark), ("silver", Tone::Light)];
const WARRANTIES: &[u32] = &[12, 24, 36];

struct Device {
    noun: &'static str,
    /// How a description begins.
    phrase: &'static str,
    series: &'static [&'static str],
    shelf: &'static str,
    motif: Motif,
    tags: &'static [&'static str],
    specify: fn(&mut Dice) -> Specification,
}

/// What is different from one model to the other.
struct Specification {
    /// What stands in the name behind what it is.
    variant: String,
    /// Continues "A phone in silver".
    with: String,
    facts: Vec<String>,
    cents: u32,
    /// In tenths of a watt.
    power: u32,
    voltage: &'static str,
    attributes: Vec<(&'static str, AttributeValue)>,
}

const DEVICES: &[Device] = &[
    Device {
        noun: "phone",
        phrase: "A phone",
        series: &["Arc 5", "Arc 6", "Arc 7", "Arc 8 Mini", "Lumen 3", "Lumen 4"],
        shelf: "phones",
        motif: Motif::Phone,
        tags: &["phone", "unlocked"],
        specify: phone,
    },
    Device {
        noun: "laptop",
        phrase: "A laptop",
        series: &["Folio", "Folio Air", "Atelier", "Campus"],
        shelf: "laptops",
        motif: Motif::Laptop,
        tags: &["laptop", "work"],
        specify: laptop,
    },
    Device {
        noun: "tablet",
        phrase: "A tablet",
        series: &["Pane", "Pane Plus", "Sketchpad"],
        shelf: "tablets",
        motif: Motif::Tablet,
        tags: &["tablet", "reading"],
        specify: tablet,
    },
    Device {
        noun: "headphones",
        phrase: "A pair of headphones",
        series: &["Hush 1", "Hush 2", "Studio 40", "Studio 60", "Commute"],
        shelf: "headphones",
        motif: Motif::Headphones,
        tags: &["headphones", "music"],
        specify: headphones,
    },
    Device {
        noun: "speaker",
        phrase: "A speaker",
        series: &["Bloom", "Bloom Mini", "Hearth", "Patio"],
        shelf: "speakers",
        motif: Motif::Speaker,
        tags: &["speaker", "music"],
        specify: speaker,
    },
    Device {
        noun: "keyboard",
        phrase: "A keyboard",
        series: &["Clack", "Whisper", "Clack Compact"],
        shelf: "keyboards",
        motif: Motif::Keyboard,
        tags: &["keyboard", "desk"],
        specify: keyboard,
    },
    Device {
        noun: "charger",
        phrase: "A charger",
        series: &["Spark", "Spark Duo", "Travel"],
        shelf: "chargers",
        motif: Motif::Charger,
        tags: &["charger", "usb-c", "travel"],
        specify: charger,
    },
];

fn phone(dice: &mut Dice) -> Specification {
    let (memory, storage) = *dice.one(&[(4, 128), (6, 128), (8, 256), (12, 512)]);
    let (screen, battery) = (dice.between(58..=68), dice.between(38..=55) * 100);
    let power = *dice.one(&[250, 330, 450]);
    Specification {
        variant: format!("{memory} GB / {storage} GB"),
        with: format!("with a display of {} inches and {memory} GB of memory", decimal(screen)),
        facts: vec![
            format!("The battery of {battery} mAh lasts a long day and charges with {} W.", power / 10),
            format!("There are {storage} GB for photos, and room for two SIM cards."),
        ],
        cents: 14_000 + memory * 3_000 + storage * 45 + battery,
        power,
        voltage: "9 V",
        attributes: vec![
            ("memory_gb", integer(memory)),
            ("storage_gb", integer(storage)),
            ("screen_in", tenths(screen)),
            ("battery_mah", integer(battery)),
        ],
    }
}

fn laptop(dice: &mut Dice) -> Specification {
    let (memory, storage) = *dice.one(&[(8, 256), (16, 512), (32, 1_024), (64, 2_048)]);
    let (screen, power) = (*dice.one(&[133, 140, 156, 160]), *dice.one(&[450, 650, 1_000]));
    Specification {
        variant: format!("{} in, {memory} GB / {storage} GB", decimal(screen)),
        with: format!("with a matt screen of {} inches and {memory} GB of memory", decimal(screen)),
        facts: vec![
            format!("It charges over USB-C with {} W, from either side.", power / 10),
            "Memory and storage can be exchanged with one screwdriver.".to_owned(),
        ],
        cents: 45_000 + memory * 1_600 + storage * 25 + screen * 60,
        power,
        voltage: "20 V",
        attributes: vec![
            ("memory_gb", integer(memory)),
            ("storage_gb", integer(storage)),
            ("screen_in", tenths(screen)),
        ],
    }
}

fn tablet(dice: &mut Dice) -> Specification {
    let (memory, storage) = *dice.one(&[(4, 64), (6, 128), (8, 256)]);
    let screen = *dice.one(&[83, 104, 110, 129]);
    Specification {
        variant: format!("{} in, {storage} GB", decimal(screen)),
        with: format!("with a screen of {} inches that is easy on the eyes", decimal(screen)),
        facts: vec![
            format!("{memory} GB of memory are enough for books, films and drawings side by side."),
            "A pen is held by magnets and charges while it is there.".to_owned(),
        ],
        cents: 9_000 + memory * 1_500 + storage * 40 + screen * 90,
        power: 180,
        voltage: "9 V",
        attributes: vec![
            ("memory_gb", integer(memory)),
            ("storage_gb", integer(storage)),
            ("screen_in", tenths(screen)),
        ],
    }
}

fn headphones(dice: &mut Dice) -> Specification {
    let wireless = dice.percent(70);
    let (hours, price) = (dice.between(18..=45), dice.between(4_500..=22_000));
    let (variant, fact) = if wireless {
        ("wireless", format!("One charge lasts {hours} hours, and ten minutes at the cable give four more."))
    } else {
        ("with cable", "The cable is two metres long and can be replaced.".to_owned())
    };
    let mut attributes = vec![("wireless", AttributeValue::Flag(wireless))];
    attributes.extend(wireless.then(|| ("battery_h", integer(hours))));
    Specification {
        variant: variant.to_owned(),
        with: "with soft cushions that go around the ear".to_owned(),
        facts: vec![fact, "They fold flat and come with a pouch.".to_owned()],
        cents: price,
        power: 5,
        voltage: "5 V",
        attributes,
    }
}

fn speaker(dice: &mut Dice) -> Specification {
    let (watts, hours) = (*dice.one(&[10_u32, 20, 30, 60]), dice.between(8..=24));
    let wireless = watts < 60;
    let fact = if wireless {
        format!("It plays for {hours} hours without a cable and survives a shower of rain.")
    } else {
        "It stays at its socket and fills a large room.".to_owned()
    };
    let mut attributes = vec![("wireless", AttributeValue::Flag(wireless))];
    attributes.extend(wireless.then(|| ("battery_h", integer(hours))));
    Specification {
        variant: format!("{watts} W"),
        with: format!("with {watts} W, covered in woven cloth"),
        facts: vec![fact, "Two of them pair as left and right.".to_owned()],
        cents: 2_500 + watts * 300 + hours * 60,
        power: watts * 10,
        voltage: if wireless { "5 V" } else { "100-240 V" },
        attributes,
    }
}

fn keyboard(dice: &mut Dice) -> Specification {
    let (keys, layout) = (*dice.one(&[61_u32, 75, 104]), *dice.one(&["Spanish", "US", "Portuguese"]));
    Specification {
        variant: format!("{keys} keys, {layout} layout"),
        with: format!("with {keys} keys and a {layout} layout"),
        facts: vec![
            "The switches can be pulled out and exchanged without soldering.".to_owned(),
            "It connects to three devices and changes between them with one key.".to_owned(),
        ],
        cents: 3_000 + keys * 70 + dice.between(0..=3_000),
        power: 25,
        voltage: "5 V",
        attributes: vec![("ports", integer(1))],
    }
}

fn charger(dice: &mut Dice) -> Specification {
    let (watts, ports) = (*dice.one(&[20_u32, 30, 45, 65, 100]), dice.between(1..=4));
    let many = if ports == 1 { "one port".to_owned() } else { format!("{ports} ports") };
    Specification {
        variant: format!("{watts} W, {many}"),
        with: format!("with {watts} W and {many}"),
        facts: vec![
            "It takes any voltage from 100 to 240 V, so that it travels well.".to_owned(),
            "It stays cool because it adapts to what it charges.".to_owned(),
        ],
        cents: 1_200 + watts * 40 + ports * 400,
        power: watts * 10,
        voltage: "100-240 V",
        attributes: vec![("ports", integer(ports))],
    }
}

fn sketch(dice: &mut Dice) -> Sketch {
    let Device { noun, phrase, series, shelf, motif, tags, specify } = *dice.one(DEVICES);
    let (brand, series, (colour, tone)) = (*dice.one(BRANDS), *dice.one(series), *dice.one(COLOURS));
    let Specification { variant, with, mut facts, cents, power, voltage, mut attributes } = specify(dice);
    let warranty = *dice.one(WARRANTIES);
    attributes.extend([
        ("power_w", tenths(power)),
        ("voltage", text(voltage)),
        ("colour", text(colour)),
        ("warranty_months", integer(warranty)),
        ("gtin", text(&gtin(&dice.digits(10)))),
    ]);
    facts.truncate(dice.between(1..=2) as usize);
    let mut sentences = vec![format!("{phrase} in {colour}, {with}.")];
    sentences.extend(facts);
    sentences.push(format!("The warranty is {warranty} months."));
    let mut tags = tags.to_vec();
    tags.extend(dice.percent(15).then_some("new"));
    Sketch {
        name: format!("{brand} {series} {noun}, {variant}, {colour}"),
        brand,
        shelf,
        sentences,
        cents,
        attributes,
        tags,
        picture: Picture { motif, tone },
        alt: format!("{} in {colour}, drawn from the front", capital(noun)),
    }
}

/// `58` → `5.8`
fn decimal(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

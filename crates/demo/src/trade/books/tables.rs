//! What books are called and about.

/// What differs from language to language.
pub(super) struct Tongue {
    pub(super) name: &'static str,
    pub(super) heads: &'static [&'static str],
    pub(super) tails: &'static [&'static str],
    pub(super) first_names: &'static [&'static str],
    pub(super) last_names: &'static [&'static str],
    pub(super) publishers: &'static [&'static str],
}

pub(super) const ENGLISH: Tongue = Tongue {
    name: "English",
    heads: &[
        "The Lighthouse",
        "The Orchard",
        "A House",
        "The Last Train",
        "The Cartographer",
        "Nine Letters",
        "The Salt Road",
        "A Garden",
        "The Clockmaker",
        "The Long Table",
        "The Ferry",
        "The Winter Room",
    ],
    tails: &[
        "of Quiet Hours",
        "Without Windows",
        "at the Edge of Rain",
        "and the Sea",
        "in August",
        "Before Dawn",
        "of Small Debts",
        "Beyond the River",
        "for Two Voices",
        "Under Glass",
    ],
    first_names: &["Nora", "Elias", "Ruth", "Graham", "Ivy", "Tobias", "Hazel", "Owen"],
    last_names: &["Wetherby", "Ashdown", "Calloway", "Pemberton", "Thorne", "Hollis", "Quill", "Marsh"],
    publishers: &["Harbour & Quill", "Long Table Press"],
};

pub(super) static TONGUES: &[Tongue] = &[
    ENGLISH,
    Tongue {
        name: "Spanish",
        heads: &[
            "El faro",
            "La casa",
            "El jardín",
            "Las cartas",
            "El último tren",
            "La cartógrafa",
            "El relojero",
            "La mesa larga",
            "El verano",
            "La travesía",
        ],
        tails: &[
            "del silencio",
            "de las horas lentas",
            "sin ventanas",
            "al borde de la lluvia",
            "y el mar",
            "en agosto",
            "antes del alba",
            "de las deudas pequeñas",
            "más allá del río",
            "para dos voces",
        ],
        first_names: &["Lucía", "Mateo", "Inés", "Rodrigo", "Elena", "Tomás", "Ximena", "Joaquín"],
        last_names: &["Arrieta", "Valdés", "Montero", "Quiroga", "Salvatierra", "Beltrán", "Olmedo", "Zúñiga"],
        publishers: &["Faro Bajo", "Tinta Clara"],
    },
    Tongue {
        name: "Portuguese",
        heads: &[
            "O farol",
            "A casa",
            "O jardim",
            "As cartas",
            "O último trem",
            "A cartógrafa",
            "O relojoeiro",
            "A mesa comprida",
            "O verão",
            "A travessia",
        ],
        tails: &[
            "do silêncio",
            "das horas lentas",
            "sem janelas",
            "à beira da chuva",
            "e o mar",
            "em agosto",
            "antes da aurora",
            "das pequenas dívidas",
            "além do rio",
            "para duas vozes",
        ],
        first_names: &["Beatriz", "Caio", "Helena", "Davi", "Lia", "Otávio", "Marina", "Renato"],
        last_names: &["Farias", "Nogueira", "Prado", "Tavares", "Meireles", "Sampaio", "Azevedo", "Queiroga"],
        publishers: &["Casa do Papel", "Beira-Rio Livros"],
    },
];

/// Continues "In this novel …".
pub(super) const NOVELS: &[&str] = &[
    "two sisters inherit an inn and the debts that come with it",
    "a watchmaker returns to the town that he left as a boy",
    "a translator finds a letter that was never meant for her",
    "three generations share one kitchen and very different memories",
    "a ferryman's daughter counts the days until the bridge is finished",
    "a retired teacher answers an advertisement and crosses the country by bus",
];
pub(super) const ABOUT_NOVELS: &[&str] = &[
    "The chapters are short, and the ending is earned.",
    "It is told in a calm voice that stays with the reader.",
    "A slow beginning gives way to a second half that is hard to put down.",
];
pub(super) const ON_NOVELS: &[&str] = &["novel", "fiction"];

/// Continues "In this crime story …".
pub(super) const CRIMES: &[&str] = &[
    "a village policewoman has one week before the only witness sails",
    "an accountant notices a sum that nobody should have paid",
    "the night porter of a grand hotel is the last who saw the guest of room 14",
    "a harbour pilot disappears, and his boat comes back without him",
    "a restorer finds a second painting under the first, and a date that can't be right",
];
pub(super) const ABOUT_CRIMES: &[&str] = &[
    "The clues are all there, and few readers will find them in time.",
    "It is tense without being bloody.",
    "It is the first case of a series, and complete in itself.",
];
pub(super) const ON_CRIMES: &[&str] = &["crime", "fiction", "suspense"];

/// Continues "Nine stories about …".
pub(super) const STORIES: &[&str] = &[
    "people who are about to leave",
    "neighbours who never speak",
    "what is found when houses are sold",
    "the hours after work",
];
pub(super) const ON_STORIES: &[&str] = &["short stories", "fiction"];

pub(super) const DISHES: &[&str] =
    &["Corn", "Beans", "Bread", "Broth", "Chillies", "Chocolate", "Vegetables", "Preserves"];
pub(super) const ON_DISHES: &[&str] = &["cooking", "recipes"];

/// Topics, and what continues "… tells".
pub(super) const EPISODES: &[(&str, &str)] = &[
    ("Silver Roads", "how silver left the mountains, and what came back along the same roads"),
    ("Coffee Ports", "of harbours that grew rich on coffee, and of what became of them"),
    ("Night Mail", "how letters learned to travel faster than people"),
    ("Paper Mills", "how paper came to the highlands, and who wrote on it"),
    ("Salt Tax", "of a tax that everybody paid and nobody forgave"),
    ("Lighthouse Keepers", "of those who kept the lights, and of the ships that never knew them"),
    ("Mapmakers", "how a coast was drawn before anybody had walked along it"),
    ("First Trams", "how a city changed once it could be crossed for a coin"),
];
pub(super) const ON_EPISODES: &[&str] = &["history", "non-fiction"];

/// Subjects, and what continues "All that is needed is".
pub(super) const SUBJECTS: &[(&str, &str)] = &[
    ("Databases", "a laptop and some patience"),
    ("Queues", "a laptop and a basic knowledge of any programming language"),
    ("Compilers", "a laptop and a basic knowledge of any programming language"),
    ("Statistics", "school mathematics"),
    ("Electronics", "a soldering iron and a handful of parts"),
    ("Typography", "a printer and a good eye"),
    ("Networks", "a laptop and a second one to talk to"),
    ("Clocks", "a small screwdriver and a steady hand"),
];
pub(super) const COURSES: &[&str] =
    &["A First Course in {}", "{} in Practice", "{}, Slowly Explained", "The Small Book of {}"];
pub(super) const ON_SUBJECTS: &[&str] = &["technology", "non-fiction", "textbook"];

pub(super) const CHILDREN: &[&str] = &[
    "The Fox Who",
    "The Heron Who",
    "The Tortoise Who",
    "The Owl Who",
    "The Hedgehog Who",
    "The Goat Who",
    "The Moth Who",
    "The Little Tram That",
];
pub(super) const DEEDS: &[&str] = &[
    "Counted Stars",
    "Could Not Sleep",
    "Wanted a Name",
    "Learned to Wait",
    "Crossed the Street",
    "Kept the Rain",
    "Was Never Late",
];

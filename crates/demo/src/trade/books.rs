//! Books, in three languages.

use super::{Ask, Shelf, Sketch, Trade, integer, text};
use crate::check_digit::isbn;
use crate::dice::Dice;
use crate::picture::{Motif, Picture, Tone};

mod tables;
use tables::{
    ABOUT_CRIMES, ABOUT_NOVELS, CHILDREN, COURSES, CRIMES, DEEDS, DISHES, ENGLISH, EPISODES, NOVELS, ON_CRIMES,
    ON_DISHES, ON_EPISODES, ON_NOVELS, ON_STORIES, ON_SUBJECTS, STORIES, SUBJECTS, TONGUES, Tongue,
};

pub(crate) static BOOKS: Trade = Trade { name: "books", code: "BOO", shelves: SHELVES, dollars: (9, 60), sketch };

const FORMATS: &[&str] = &["paperback", "hardcover"];
const COVERS: &[Tone] = &[Tone::Light, Tone::Dark, Tone::Warm, Tone::Green, Tone::Blue];

const SHELVES: &[Shelf] = &[
    Shelf {
        id: "books",
        name: "Books",
        parent: None,
        about: "Books, in three languages.",
        asks: &[
            Ask::text("isbn", "ISBN").required(),
            Ask::text("author", "Author").required(),
            Ask::text("language", "Language").required().one_of(&["English", "Spanish", "Portuguese"]),
            Ask::integer("pages", "Pages").required(),
            Ask::text("format", "Format").one_of(FORMATS),
            Ask::integer("year", "Year"),
        ],
    },
    Shelf { id: "fiction", name: "Fiction", parent: Some("books"), about: "What did not happen.", asks: &[] },
    Shelf { id: "novels", name: "Novels", parent: Some("fiction"), about: "Novels, old and new.", asks: &[] },
    Shelf { id: "crime", name: "Crime", parent: Some("fiction"), about: "Who did it, and why.", asks: &[] },
    Shelf { id: "short-stories", name: "Short stories", parent: Some("fiction"), about: "For one evening.", asks: &[] },
    Shelf { id: "non-fiction", name: "Non-fiction", parent: Some("books"), about: "What did happen.", asks: &[] },
    Shelf {
        id: "cooking",
        name: "Cooking",
        parent: Some("non-fiction"),
        about: "Recipes and their stories.",
        asks: &[],
    },
    Shelf { id: "history", name: "History", parent: Some("non-fiction"), about: "How things came to be.", asks: &[] },
    Shelf { id: "technology", name: "Technology", parent: Some("non-fiction"), about: "How things work.", asks: &[] },
    Shelf {
        id: "children",
        name: "Children",
        parent: Some("books"),
        about: "Picture books.",
        asks: &[Ask::integer("age_from", "From age").required().measured_in("years")],
    },
];

/// A book before it is printed.
struct Manuscript {
    title: String,
    tongue: &'static Tongue,
    shelf: &'static str,
    author: String,
    sentences: Vec<String>,
    pages: u32,
    age_from: Option<u32>,
    tags: Vec<&'static str>,
}

fn sketch(dice: &mut Dice) -> Sketch {
    let write = *dice.one(&[novel, novel, crime, stories, cooking, history, technology, children]);
    let Manuscript { title, tongue, shelf, author, mut sentences, pages, age_from, tags } = write(dice);
    let format = *dice.one(FORMATS);
    let year = dice.between(1998..=2025);
    sentences.push(format!("First published in {year}: {pages} pages in {}, {format}.", tongue.name));
    let mut attributes = vec![
        ("isbn", text(&isbn(&dice.digits(8)))),
        ("author", text(&author)),
        ("language", text(tongue.name)),
        ("pages", integer(pages)),
        ("format", text(format)),
        ("year", integer(year)),
    ];
    attributes.extend(age_from.map(|age| ("age_from", integer(age))));
    let brand = *dice.one(tongue.publishers);
    let bound = if format == "hardcover" { 1_000 } else { 0 };
    Sketch {
        alt: format!("The cover of {title}, drawn without its text"),
        name: title,
        brand,
        shelf,
        sentences,
        cents: 1_000 + pages * 4 + bound + dice.between(0..=600),
        attributes,
        tags,
        picture: Picture { motif: Motif::Cover, tone: *dice.one(COVERS) },
    }
}

fn titled(dice: &mut Dice, tongue: &Tongue) -> String {
    format!("{} {}", dice.one(tongue.heads), dice.one(tongue.tails))
}

fn name(dice: &mut Dice, tongue: &Tongue) -> String {
    format!("{} {}", dice.one(tongue.first_names), dice.one(tongue.last_names))
}

fn novel(dice: &mut Dice) -> Manuscript {
    let tongue = dice.one(TONGUES);
    let author = name(dice, tongue);
    Manuscript {
        title: titled(dice, tongue),
        tongue,
        shelf: "novels",
        sentences: vec![
            format!("In this novel by {author}, {}.", dice.one(NOVELS)),
            (*dice.one(ABOUT_NOVELS)).to_owned(),
        ],
        author,
        pages: dice.between(180..=520),
        age_from: None,
        tags: ON_NOVELS.to_vec(),
    }
}

fn crime(dice: &mut Dice) -> Manuscript {
    let tongue = dice.one(TONGUES);
    let author = name(dice, tongue);
    Manuscript {
        title: titled(dice, tongue),
        tongue,
        shelf: "crime",
        sentences: vec![
            format!("In this crime story by {author}, {}.", dice.one(CRIMES)),
            (*dice.one(ABOUT_CRIMES)).to_owned(),
        ],
        author,
        pages: dice.between(220..=420),
        age_from: None,
        tags: ON_CRIMES.to_vec(),
    }
}

fn stories(dice: &mut Dice) -> Manuscript {
    let tongue = dice.one(TONGUES);
    let (author, count) = (name(dice, tongue), dice.one(&["Seven", "Nine", "Eleven", "Twelve"]));
    Manuscript {
        title: titled(dice, tongue),
        tongue,
        shelf: "short-stories",
        sentences: vec![
            format!("{count} stories by {author} about {}.", dice.one(STORIES)),
            "Each can be read in one sitting, and the last takes up the first.".to_owned(),
        ],
        author,
        pages: dice.between(120..=260),
        age_from: None,
        tags: ON_STORIES.to_vec(),
    }
}

fn cooking(dice: &mut Dice) -> Manuscript {
    let (dish, author) = (*dice.one(DISHES), name(dice, &ENGLISH));
    let title = match dice.between(0..=3) {
        0 => format!("The Book of {dish}"),
        1 => format!("Everyday {dish}"),
        2 => format!("{dish} at Home"),
        _ => format!("Simply {dish}"),
    };
    Manuscript {
        title,
        tongue: &ENGLISH,
        shelf: "cooking",
        sentences: vec![
            format!(
                "{} recipes around {} by {author}, from quick suppers to a feast for twelve.",
                dice.one(&["Fifty", "Sixty", "Eighty"]),
                dish.to_lowercase()
            ),
            "What can be made the day before is marked, and so is what can be left out.".to_owned(),
        ],
        author,
        pages: dice.between(140..=320),
        age_from: None,
        tags: ON_DISHES.to_vec(),
    }
}

fn history(dice: &mut Dice) -> Manuscript {
    let ((topic, about), author) = (*dice.one(EPISODES), name(dice, &ENGLISH));
    let title = match dice.between(0..=2) {
        0 => format!("A Short History of the {topic}"),
        1 => format!("The {topic}: A History in Twelve Objects"),
        _ => format!("In Search of the {topic}"),
    };
    Manuscript {
        title,
        tongue: &ENGLISH,
        shelf: "history",
        sentences: vec![
            format!("{author} tells {about}."),
            "Maps and letters of the time are shown in full, and the sources are listed by chapter.".to_owned(),
        ],
        author,
        pages: dice.between(220..=480),
        age_from: None,
        tags: ON_EPISODES.to_vec(),
    }
}

fn technology(dice: &mut Dice) -> Manuscript {
    let ((subject, needs), author) = (*dice.one(SUBJECTS), name(dice, &ENGLISH));
    let title = dice.one(COURSES).replace("{}", subject);
    Manuscript {
        title,
        tongue: &ENGLISH,
        shelf: "technology",
        sentences: vec![
            format!("{author} introduces {} step by step, with exercises after each chapter.", subject.to_lowercase()),
            format!("All that is needed is {needs}."),
        ],
        author,
        pages: dice.between(160..=460),
        age_from: None,
        tags: ON_SUBJECTS.to_vec(),
    }
}

fn children(dice: &mut Dice) -> Manuscript {
    let (author, age) = (name(dice, &ENGLISH), dice.between(2..=6));
    Manuscript {
        title: format!("{} {}", dice.one(CHILDREN), dice.one(DEEDS)),
        tongue: &ENGLISH,
        shelf: "children",
        sentences: vec![
            format!("A picture book by {author} for children from the age of {age}."),
            "There are few words on each page, which makes it good to read aloud.".to_owned(),
        ],
        author,
        pages: dice.between(6..=12) * 4,
        age_from: Some(age),
        tags: vec!["picture book", "children"],
    }
}

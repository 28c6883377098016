use proptest::prelude::*;
use ulid::Ulid;

use super::*;

pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

pub(super) fn tree() -> CategoryTree {
    CategoryTree::new(MerchantId::new(Ulid::from_parts(1, 1)))
}

pub(super) fn key(text: &str) -> CategoryKey {
    CategoryKey::parse(text).unwrap()
}

pub(crate) fn draft(name: &str, parent: Option<&str>) -> CategoryDraft {
    CategoryDraft { parent_id: parent.map(key), ..CategoryDraft::named(Name::parse(name).unwrap()) }
}

pub(super) fn put(tree: &mut CategoryTree, id: &str, parent: Option<&str>) -> Result<Changed, CategoryRefused> {
    tree.put(&key(id), &draft(id, parent), now())
}

fn path(tree: &CategoryTree, id: &str) -> String {
    tree.categories[&key(id)].path.iter().map(CategoryKey::as_str).collect::<Vec<_>>().join("/")
}

/// Makes a category, or moves it.
pub(super) fn made(tree: &mut CategoryTree, id: &str, parent: Option<&str>) {
    assert_eq!(put(tree, id, parent), Ok(Changed::Yes), "{id}");
}

/// Lamps, of which some stand on floors; and gardens.
fn lamps() -> CategoryTree {
    let mut tree = tree();
    made(&mut tree, "home", None);
    made(&mut tree, "lamps", Some("home"));
    made(&mut tree, "floor-lamps", Some("lamps"));
    made(&mut tree, "garden", None);
    tree
}

#[test]
fn what_is_part_of_a_category_moves_with_it() {
    let mut tree = lamps();
    assert_eq!(path(&tree, "floor-lamps"), "home/lamps");

    assert_eq!(put(&mut tree, "lamps", Some("garden")), Ok(Changed::Yes));
    assert_eq!((path(&tree, "lamps"), path(&tree, "floor-lamps")), ("garden".into(), "garden/lamps".into()));

    assert_eq!(put(&mut tree, "lamps", None), Ok(Changed::Yes));
    assert_eq!((path(&tree, "lamps"), path(&tree, "floor-lamps")), (String::new(), "lamps".into()));
}

#[test]
fn nothing_is_part_of_itself() {
    let mut tree = lamps();
    let before = tree.clone();
    for parent in ["home", "lamps", "floor-lamps"] {
        let refused = put(&mut tree, "home", Some(parent));

        assert_eq!(refused, Err(CategoryRefused::Circle { id: key("home"), parent: key(parent) }));
    }
    assert_eq!(put(&mut tree, "rugs", Some("floors")), Err(CategoryRefused::UnknownParent(key("floors"))));
    assert_eq!(tree, before);
}

#[test]
fn a_move_takes_nothing_below_the_last_level() {
    let mut tree = tree();
    let names: Vec<_> = (1..=MAX_DEPTH).map(|level| format!("level-{level}")).collect();
    made(&mut tree, &names[0], None);
    for pair in names.windows(2) {
        made(&mut tree, &pair[1], Some(&pair[0]));
    }
    assert_eq!(put(&mut tree, "too-deep", Some("level-8")), Err(CategoryRefused::TooDeep(key("too-deep"))));

    made(&mut tree, "top", None);
    assert_eq!(put(&mut tree, "level-1", Some("top")), Err(CategoryRefused::TooDeep(key("level-8"))));
    assert_eq!(put(&mut tree, "level-2", Some("top")), Ok(Changed::Yes));
}

#[test]
fn slugs_are_told_apart_and_stay() {
    let mut tree = lamps();
    assert_eq!(tree.put(&key("other"), &draft("Lamps", None), now()), Ok(Changed::Yes));
    assert_eq!(tree.categories[&key("other")].slug.as_str(), "lamps-2");

    assert_eq!(tree.put(&key("other"), &draft("Torches", None), now()), Ok(Changed::Yes));
    assert_eq!(tree.categories[&key("other")].slug.as_str(), "lamps-2");

    let chosen = CategoryDraft { slug: Some(Slug::parse("lamps").unwrap()), ..draft("Torches", None) };
    assert_eq!(tree.put(&key("other"), &chosen, now()), Err(CategoryRefused::SlugTaken(key("lamps"))));
    assert_eq!(tree.put(&key("lamps"), &chosen, now()), Ok(Changed::Yes));

    // A name that suggests none leaves it to the id.
    assert_eq!(tree.put(&key("signs_1"), &draft("---", None), now()), Ok(Changed::Yes));
    assert_eq!(tree.categories[&key("signs_1")].slug.as_str(), "signs-1");
}

#[test]
fn what_is_said_again_changes_nothing() {
    let mut tree = lamps();
    let before = tree.clone();
    let later = Timestamp::from_millis(1_800_000_001_000);

    assert_eq!(tree.put(&key("lamps"), &draft("lamps", Some("home")), later), Ok(Changed::No));
    assert_eq!(tree.remove(&key("nothing")), Ok(Changed::No));
    assert_eq!(tree, before);
}

#[test]
fn only_what_nothing_is_part_of_goes() {
    let mut tree = lamps();
    assert_eq!(tree.remove(&key("lamps")), Err(CategoryRefused::HasChildren(key("floor-lamps"))));

    assert_eq!(tree.remove(&key("floor-lamps")), Ok(Changed::Yes));
    assert_eq!(tree.remove(&key("lamps")), Ok(Changed::Yes));
}

#[test]
fn siblings_stand_by_position_and_then_by_name() {
    let mut tree = tree();
    for (id, name, position) in [("a", "Zebra", 1), ("b", "Ape", 1), ("c", "Tiger", 0)] {
        assert_eq!(tree.put(&key(id), &CategoryDraft { position, ..draft(name, None) }, now()), Ok(Changed::Yes));
    }
    let order: Vec<_> = tree.children(None).into_iter().map(|(id, _)| id.as_str()).collect();

    assert_eq!(order, ["c", "b", "a"]);
}

#[test]
fn shoppers_see_nothing_below_what_they_do_not_see() {
    let mut tree = lamps();
    assert_eq!(
        tree.put(&key("home"), &CategoryDraft { active: false, ..draft("home", None) }, now()),
        Ok(Changed::Yes)
    );

    assert!(!tree.is_shown(&key("home")) && !tree.is_shown(&key("floor-lamps")));
    assert!(tree.is_shown(&key("garden")));
}

#[test]
fn there_is_an_end_to_it() {
    let mut tree = tree();
    for number in 0..MAX_CATEGORIES {
        made(&mut tree, &format!("c{number}"), None);
    }
    assert_eq!(put(&mut tree, "one-more", None), Err(CategoryRefused::TooMany));
    assert_eq!(put(&mut tree, "c7", Some("c8")), Ok(Changed::Yes));
}

#[test]
fn an_id_is_a_key_of_a_document_and_not_the_tree() {
    assert!(CategoryKey::parse("lamps_2-b").is_ok());
    for text in ["", "tree", "Lamps", "a.b", "$a", "a b", &"a".repeat(65)] {
        assert!(CategoryKey::parse(text).is_err(), "{text}");
    }
}

/// What merchants may do to a small tree, in any order.
#[derive(Debug, Clone)]
enum Step {
    Put(u8, Option<u8>),
    Remove(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..12, proptest::option::of(0u8..12)).prop_map(|(id, parent)| Step::Put(id, parent)),
        1 => (0u8..12).prop_map(Step::Remove),
    ]
}

/// The way up from a category, by parents alone.
fn way_up(tree: &CategoryTree, id: &CategoryKey) -> Vec<CategoryKey> {
    let parent = |id: &CategoryKey| tree.categories[id].parent_id().cloned();
    let mut way: Vec<_> = std::iter::successors(parent(id), parent).take(MAX_CATEGORIES).collect();
    way.reverse();
    way
}

proptest! {
    #[test]
    fn whatever_is_done_paths_are_true_and_lead_to_the_top(steps in proptest::collection::vec(step(), 0..80)) {
        let mut tree = tree();
        for step in steps {
            let before = tree.clone();
            let changed = match step {
                Step::Put(id, parent) => {
                    let parent = parent.map(|parent| format!("c{parent}"));
                    put(&mut tree, &format!("c{id}"), parent.as_deref())
                }
                Step::Remove(id) => tree.remove(&key(&format!("c{id}"))),
            };
            match changed {
                Ok(Changed::Yes) => prop_assert_eq!(tree.version, before.version + 1),
                Ok(Changed::No) | Err(_) => prop_assert_eq!(&tree, &before),
            }
            for (id, category) in &tree.categories {
                prop_assert_eq!(&category.path, &way_up(&tree, id), "{}", id);
                prop_assert!(!category.path.contains(id), "{} is part of itself", id);
                prop_assert!(category.path.iter().all(|above| tree.categories.contains_key(above)));
                prop_assert!(category.path.len() < MAX_DEPTH);
            }
            let slugs: BTreeSet<_> = tree.categories.values().map(|category| &category.slug).collect();
            prop_assert_eq!(slugs.len(), tree.categories.len());
        }
    }

    #[test]
    fn what_rolls_up_is_what_the_subtree_has(
        steps in proptest::collection::vec(step(), 0..40),
        counts in proptest::collection::btree_map(0u8..14, 0u64..9, 0..14),
    ) {
        let mut tree = tree();
        for step in steps {
            if let Step::Put(id, parent) = step {
                let parent = parent.map(|parent| format!("c{parent}"));
                let _ = put(&mut tree, &format!("c{id}"), parent.as_deref());
            }
        }
        let own: BTreeMap<_, _> =
            counts.iter().map(|(id, count)| (key(&format!("c{id}")), *count)).collect();
        let sums = tree.rolled_up(&own);
        for id in tree.categories.keys() {
            let in_it = tree.subtree(id).into_iter().filter_map(|id| own.get(id));

            prop_assert_eq!(sums[id], in_it.sum::<u64>(), "{}", id);
        }
    }
}

/// Says which category of which channel a category is.
fn mapped(tree: &mut CategoryTree, id: &str, parent: Option<&str>, said: &[(&str, &str)]) {
    let said = said
        .iter()
        .map(|(channel, category)| (ChannelId::parse(channel).unwrap(), ChannelCategory::parse(category).unwrap()));
    let draft = CategoryDraft { channel_categories: said.collect(), ..draft(id, parent) };
    assert_eq!(tree.put(&key(id), &draft, now()), Ok(Changed::Yes), "{id}");
}

#[test]
fn what_a_category_is_on_a_channel_is_said_by_it_or_by_the_nearest_above() {
    let mut tree = lamps();
    mapped(&mut tree, "home", None, &[("bazaar", "1574"), ("fair", "H"), ("mine", "M")]);
    mapped(&mut tree, "floor-lamps", Some("lamps"), &[("bazaar", "1582"), ("my-bazaar", "77")]);
    let on = |id: &str, channel: &str, channel_type: &str| {
        tree.channel_category(&CategoryId::parse(id).unwrap(), channel, channel_type)
    };

    assert_eq!(on("home", "bazaar", "bazaar"), Some("1574"));
    assert_eq!(on("lamps", "shop", "bazaar"), Some("1574"), "it says nothing itself");
    assert_eq!(on("floor-lamps", "shop", "bazaar"), Some("1582"), "the nearest holds");
    assert_eq!(on("floor-lamps", "my-bazaar", "bazaar"), Some("77"), "of a channel more is known than of its type");
    assert_eq!(on("floor-lamps", "mine", "bazaar"), Some("1582"), "what is nearer holds, if of the type alone");
    assert_eq!(on("floor-lamps", "stall", "stall"), None);
    assert_eq!(on("garden", "bazaar", "bazaar"), None);
    assert_eq!(on("nowhere", "bazaar", "bazaar"), None);
    assert_eq!(on("tree", "bazaar", "bazaar"), None, "a text that is no category's id");
}

#[test]
fn what_is_said_of_channels_is_replaced_whole_and_bounded_and_asks_nothing_of_products() {
    let mut tree = lamps();
    mapped(&mut tree, "lamps", Some("home"), &[("bazaar", "1")]);
    assert!(!tree.asks_anew());
    let many = |count: usize| {
        let said =
            (0..count).map(|n| (ChannelId::parse(&format!("c{n}")).unwrap(), ChannelCategory::parse("1").unwrap()));
        CategoryDraft { channel_categories: said.collect(), ..draft("lamps", Some("home")) }
    };

    let refused = tree.put(&key("lamps"), &many(MAX_CHANNEL_CATEGORIES + 1), now());
    assert_eq!(refused, Err(CategoryRefused::TooManyChannels));
    assert_eq!(tree.categories[&key("lamps")].channel_categories.len(), 1, "nothing has changed");
    assert_eq!(tree.put(&key("lamps"), &many(MAX_CHANNEL_CATEGORIES), now()), Ok(Changed::Yes));
    assert_eq!(put(&mut tree, "lamps", Some("home")), Ok(Changed::Yes));
    assert!(tree.categories[&key("lamps")].channel_categories.is_empty());
}

//! The places of a request in which something can be named: in its path, its query and its body. Which they are is
//! learned from the routes themselves; what they can name is said here, and a place of which nothing is said fails.

use std::collections::BTreeMap;

use api::routes::Route;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::support::Actress;

/// What can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Merchant,
    Product,
    Image,
    Operation,
    Category,
    Channel,
    Sku,
    Slug,
    Secret,
    Cursor,
}

/// A place of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The part of the pattern, with its braces.
    Path(String),
    Query(&'static str),
    /// The pointer.
    Body(String),
}

/// One thing of each kind.
#[derive(Debug, Clone)]
pub(crate) struct Things(BTreeMap<Kind, String>);

impl Things {
    /// Things that are not there, whose names look as those of things that are.
    pub(crate) fn nobodys() -> Self {
        let id = |prefix: &str| format!("{prefix}_01JD0000000000000000000ZZZ");
        Self::named("nobody", id("merchant"), id("product"), id("image"), id("operation"))
    }

    /// Makes the things of a merchant; whose they are is in those names that a merchant chooses.
    pub(crate) async fn of(actress: &Actress, whose: &str) -> Self {
        let image = actress.has_ready_image().await;
        let named = json!({
            "name": format!("The lamp of {whose}"), "sku": format!("sku-of-{whose}"), "slug": format!("slug-of-{whose}"),
            "images": [{ "image_id": image.id }],
        });
        let made = actress.registers(named).await;
        let (product, operation) = (made.text("/id").to_owned(), made.text("/operation/id").to_owned());
        actress.absorbs(&product, &image).await;
        let merchant = actress.identity.merchant_id.to_string();
        let things = Self::named(whose, merchant, product, image.id.to_string(), operation);
        actress.connects(things.name(Kind::Channel)).await;
        // Nobody else is to see it.
        let category = json!({ "name": format!("What {whose} has"), "active": false });
        actress.files(things.name(Kind::Category), category).await;
        things
    }

    fn named(whose: &str, merchant: String, product: String, image: String, operation: String) -> Self {
        Self(BTreeMap::from([
            (Kind::Merchant, merchant),
            (Kind::Product, product),
            (Kind::Image, image),
            (Kind::Operation, operation),
            (Kind::Category, format!("category-of-{whose}")),
            (Kind::Channel, format!("shop-of-{whose}")),
            (Kind::Sku, format!("sku-of-{whose}")),
            (Kind::Slug, format!("slug-of-{whose}")),
            (Kind::Secret, format!("secret-of-{whose}")),
        ]))
    }

    pub(crate) fn with(mut self, kind: Kind, name: String) -> Self {
        self.0.insert(kind, name);
        self
    }

    pub(crate) fn name(&self, kind: Kind) -> &str {
        &self.0[&kind]
    }
}

/// What a part of a path names, if it is something of a merchant's.
fn in_path(pattern: &str, part: &str) -> Option<Kind> {
    let before = pattern.split(part).next().unwrap().trim_end_matches('/').rsplit('/').next().unwrap();
    match (before, part) {
        ("products", "{id}") => Some(Kind::Product),
        ("images", "{id}") => Some(Kind::Image),
        ("operations", "{id}") => Some(Kind::Operation),
        ("channels", "{id}" | "{channel_id}") => Some(Kind::Channel),
        ("categories", "{id}") => Some(Kind::Category),
        ("merchants", "{id}") => Some(Kind::Merchant),
        ("by-sku", "{sku}") => Some(Kind::Sku),
        ("by-slug", "{slug}") => Some(Kind::Slug),
        ("docs", "{file}") => None,
        _ => panic!("it is not said what {part} names in {pattern}"),
    }
}

/// What a parameter of a query names, if it names anything.
pub(crate) fn in_query(parameter: &str) -> Option<Kind> {
    match parameter {
        "merchant" => Some(Kind::Merchant),
        "product_id" => Some(Kind::Product),
        "channel" => Some(Kind::Channel),
        "category" => Some(Kind::Category),
        "cursor" => Some(Kind::Cursor),
        "status" | "limit" | "dry_run" | "channel_type" => None,
        // What a product is like.
        "q" | "listing" | "tag" | "attribute" | "currency" | "price_min" | "price_max" | "missing" | "stock"
        | "in_stock" | "updated_since" | "updated_before" | "sort" => None,
        _ => panic!("it is not said what the parameter {parameter} names"),
    }
}

/// What a field of a body holds.
#[derive(Debug)]
enum Field {
    /// A value that names nothing; such a one is given.
    Plain(Value),
    Names(Kind),
    NamesSome(Kind),
    Holds(Form),
    HoldsSome(Form),
}

/// The fields of an object.
type Form = BTreeMap<String, Field>;

fn in_body(field: &str) -> Field {
    match field {
        "name" | "description" | "alt" | "image_alt" | "brand" => Field::Plain(json!("A torch")),
        "price" => Field::Plain(json!({ "amount": 1, "currency": "USD" })),
        "position" => Field::Plain(json!(7)),
        "active" => Field::Plain(json!(true)),
        "title" => Field::Plain(json!("Torches")),
        "seo" => Field::Holds(Form::new()),
        "parent_id" => Field::Names(Kind::Category),
        "category_id" => Field::Plain(json!("torches")),
        "attributes" | "config" | "channel_categories" => Field::Plain(json!({})),
        "tags" => Field::Plain(json!([])),
        "type" => Field::Plain(json!("sandbox")),
        "paused" => Field::Plain(json!(false)),
        "content_type" => Field::Plain(json!("image/png")),
        "set" | "low_stock_threshold" => Field::Plain(json!(3)),
        "adjust" => Field::Plain(json!(-1)),
        "reason" => Field::Plain(json!("SALE")),
        "note" => Field::Plain(json!("A torch was sold")),
        "sku" => Field::Names(Kind::Sku),
        "slug" => Field::Names(Kind::Slug),
        "secret" => Field::Names(Kind::Secret),
        "image_id" => Field::Names(Kind::Image),
        "channels" => Field::NamesSome(Kind::Channel),
        "images" => Field::HoldsSome(Form::new()),
        "overrides" => Field::Holds(Form::new()),
        _ => panic!("it is not said what the field {field} of a body names"),
    }
}

/// A route with the form of its body.
pub(crate) struct Known {
    pub(crate) route: &'static Route,
    form: Form,
}

impl Known {
    /// Asks the route itself which fields it takes: it says so when it refuses one that it does not know.
    pub(crate) async fn learned(route: &'static Route, asker: &Actress, own: &Things) -> Self {
        let mut known = Self { route, form: Form::new() };
        if !matches!(route.method, "GET" | "DELETE") {
            known.form = known.learn(asker, own, &|probe| probe).await;
        }
        known
    }

    fn learn<'a>(
        &'a self,
        asker: &'a Actress,
        own: &'a Things,
        place: &'a (dyn Fn(Value) -> Value + Sync),
    ) -> BoxFuture<'a, Form> {
        async move {
            let probe = place(json!({ "?": 0 }));
            let ask = asker.ask(self.route.method, &self.path(own, None)).with("if-match", "*");
            let answer = ask.json(probe).send().await;
            assert_eq!(answer.refused(), (422, "INVALID_BODY"), "{:?}: {}", self.route, answer.body);
            let message = answer.text("/error/message");
            let (unknown, known) = message.split_once(", ").unwrap();
            assert!(unknown == "unknown field `?`" && !known.contains('…'), "{message}");
            let mut form = Form::new();
            for name in known.split('`').skip(1).step_by(2) {
                let field = match in_body(name) {
                    Field::Holds(_) => {
                        Field::Holds(self.learn(asker, own, &|probe| place(json!({ name: probe }))).await)
                    }
                    Field::HoldsSome(_) => {
                        Field::HoldsSome(self.learn(asker, own, &|probe| place(json!({ name: [probe] }))).await)
                    }
                    field => field,
                };
                form.insert(name.to_owned(), field);
            }
            form
        }
        .boxed()
    }

    /// Every place in which something can be named.
    pub(crate) fn places(&self) -> Vec<(Place, Kind)> {
        let path = parts(self.route.path)
            .filter_map(|part| Some((Place::Path(part.to_owned()), in_path(self.route.path, part)?)));
        let query = self.route.parameters.iter().filter_map(|name| Some((Place::Query(name), in_query(name)?)));
        let mut places: Vec<_> = path.chain(query).collect();
        collect(&self.form, "", &mut places);
        places
    }

    /// The path with what it names, which is one's own but at one place.
    pub(crate) fn path(&self, own: &Things, other: Option<(&Place, &str)>) -> String {
        let pattern = self.route.path;
        let path = parts(pattern).fold(pattern.to_owned(), |path, part| {
            let name = match other {
                Some((Place::Path(place), name)) if place == part => name,
                _ => in_path(pattern, part).map_or(part, |kind| own.name(kind)),
            };
            path.replace(part, name)
        });
        match other {
            Some((Place::Query(parameter), name)) => format!("{path}?{parameter}={name}"),
            _ => path,
        }
    }

    /// The body likewise. Names that have to be new are left out where they are one's own, as is a category that may not be
    /// part of itself.
    pub(crate) fn body(&self, own: &Things, other: Option<(&Place, &str)>) -> Value {
        filled(&self.form, "", own, other)
    }
}

fn parts(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    pattern.split('/').filter(|part| part.starts_with('{'))
}

fn collect(form: &Form, parent: &str, places: &mut Vec<(Place, Kind)>) {
    for (name, field) in form {
        match field {
            Field::Plain(_) => {}
            Field::Names(kind) => places.push((Place::Body(format!("{parent}/{name}")), *kind)),
            Field::NamesSome(kind) => places.push((Place::Body(format!("{parent}/{name}/0")), *kind)),
            Field::Holds(form) => collect(form, &format!("{parent}/{name}"), places),
            Field::HoldsSome(form) => collect(form, &format!("{parent}/{name}/0"), places),
        }
    }
}

fn filled(form: &Form, parent: &str, own: &Things, other: Option<(&Place, &str)>) -> Value {
    let name_at = |pointer: String, kind: Kind| match other {
        Some((Place::Body(place), name)) if *place == pointer => Some(json!(name)),
        _ if matches!(kind, Kind::Sku | Kind::Slug | Kind::Category) => None,
        _ => Some(json!(own.name(kind))),
    };
    let value = |(name, field): (&String, &Field)| {
        let pointer = format!("{parent}/{name}");
        let value = match field {
            Field::Plain(value) => Some(value.clone()),
            Field::Names(kind) => name_at(pointer, *kind),
            Field::NamesSome(kind) => name_at(format!("{pointer}/0"), *kind).map(|name| json!([name])),
            Field::Holds(form) => Some(filled(form, &pointer, own, other)),
            Field::HoldsSome(form) => Some(json!([filled(form, &format!("{pointer}/0"), own, other)])),
        };
        Some((name.clone(), value?))
    };
    form.iter().filter_map(value).collect::<Map<_, _>>().into()
}

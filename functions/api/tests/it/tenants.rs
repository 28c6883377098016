//! Merchants never see, change or learn of each other's data: every route, with another merchant's names at every place
//! where it takes one.

use api::Policy;
use api::ROUTES;
use api::routes::Route;
use axum::http::StatusCode;
use serde_json::json;
use tola_store::schema;

use crate::alike::plain;
use crate::commands::Command;
use crate::places::{Kind, Known, Place, Things, in_query};
use crate::support::{Actress, Answer, World};
use crate::tokens::{asks, claims_of};

/// A route that is asked for by somebody with things of his own, who names another's at one place.
struct Case<'a> {
    known: &'a Known,
    place: &'a Place,
    kind: Kind,
}

/// What came of it, without whose thing was named and who asked.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    answer: String,
    commands: Vec<Command>,
}

impl Told {
    /// Whether anything was looked for but the key of the request.
    fn looked(&self) -> bool {
        self.commands.iter().any(|command| command.collection != schema::IDEMPOTENCY)
    }
}

impl Case<'_> {
    async fn told(&self, world: &World, things: &Things) -> (Answer, Told) {
        let asker = world.merchant();
        let own = Things::of(&asker, "whoever-asks").await;
        let name = things.name(self.kind);
        let other = Some((self.place, name));

        let route = self.known.route;
        let ask = asker.ask(route.method, &self.known.path(&own, other));
        // Who puts a product asks for it to be there, if it is asked for at all.
        let ask = if self.puts_a_product() { ask } else { ask.with("if-match", "*") };
        let ask = match route.method {
            "GET" | "DELETE" => ask,
            "POST" => ask.with("idempotency-key", "k").json(self.known.body(&own, other)),
            _ => ask.json(self.known.body(&own, other)),
        };
        let (answer, mut commands) = world.commands().of(ask.send()).await;

        let merchant = asker.identity.merchant_id.to_string();
        for command in &commands {
            // What everybody may see is looked for without a merchant, or with the one that is named.
            let public = route.policy == Policy::Public
                && [schema::PRODUCTS, schema::CATEGORIES].contains(&&*command.collection);
            // Events are delivered of a product that was just written, whosever it is.
            let own = [&merchant, own.name(Kind::Product)].iter().any(|name| command.asks.contains(*name));
            assert!(own || public, "{self} asks for anybody's: {command:?}");
        }
        let names = [(name.to_owned(), "(what is named)"), (merchant, "(who asks)")];
        for command in &mut commands {
            command.asks = plain(&command.asks, &names);
        }
        let told = Told { answer: answer.plain(&names), commands };
        (answer, told)
    }

    fn puts_a_product(&self) -> bool {
        self.known.route.method == "PUT" && self.known.route.path == "/v1/products/by-sku/{sku}"
    }

    /// Whether what is named is held against the rest of the request alone.
    fn is_held_against_the_path(&self) -> bool {
        self.puts_a_product() && self.kind == Kind::Sku && matches!(self.place, Place::Body(_))
    }

    /// What is answered to whoever names what is not there, or not theirs.
    fn expected(&self) -> (u16, Option<&'static str>) {
        match (self.place, self.kind) {
            // A channel's name is its merchant's, as are a category's id, SKU, slug and the name of a secret: another's are
            // free.
            (Place::Path(_), Kind::Category)
                if self.known.route.method == "PUT" && self.known.route.path.ends_with("/categories/{id}") =>
            {
                (201, None)
            }
            (Place::Path(_), Kind::Channel)
                if self.known.route.method == "PUT" && self.known.route.path.ends_with("/channels/{id}") =>
            {
                (201, None)
            }
            (Place::Path(_), Kind::Sku) if self.puts_a_product() => (201, None),
            (Place::Body(_), Kind::Sku) if self.puts_a_product() => (422, Some("INVALID_BODY")),
            (Place::Body(_), Kind::Sku | Kind::Slug | Kind::Secret) if self.known.route.method == "POST" => (201, None),
            (Place::Body(_), Kind::Sku | Kind::Slug | Kind::Secret) => (200, None),
            (Place::Body(_), Kind::Category) => (422, Some("INVALID_BODY")),
            (Place::Body(_), Kind::Image) => (422, Some("UNKNOWN_IMAGE")),
            (Place::Body(_), Kind::Channel) => (422, Some("UNKNOWN_CHANNEL")),
            // What everybody may see of a merchant who offers nothing is an empty list.
            (Place::Path(_), Kind::Merchant) => (200, None),
            (Place::Path(_), _) => (404, Some("RESOURCE_NOT_FOUND")),
            (Place::Query(_), Kind::Merchant) => (403, Some("FORBIDDEN")),
            (Place::Query(_), Kind::Category) => (422, Some("UNKNOWN_CATEGORY")),
            (Place::Query(_), Kind::Cursor) => (400, Some("INVALID_CURSOR")),
            (Place::Query(_), _) => (200, None),
            (Place::Body(_), kind) => panic!("it is not said what comes of naming {kind:?} in a body: {self}"),
        }
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} with another's {:?} at {:?}",
            self.known.route.method, self.known.route.path, self.kind, self.place
        )
    }
}

/// A merchant's things, of which there are two of each kind that is listed; some are offered.
async fn many(actress: &Actress, whose: &str) -> Things {
    let things = Things::of(actress, whose).await;
    actress.has_live_product(&["fair"]).await;
    let product = actress.has_live_product(&["market"]).await;
    things.with(Kind::Product, product)
}

/// The cursor that the first page of a list ends with.
async fn cursor(actress: &Actress, path: &str) -> String {
    let page = actress.get(&format!("{path}?limit=1")).await;
    page.text("/next_cursor").to_owned()
}

/// A value of a parameter that names nothing, with what it needs besides.
fn said(route: &Route, parameter: &str) -> &'static str {
    match parameter {
        "status" if route.path == "/v1/products" => "ACTIVE",
        "status" => "RUNNING",
        "q" | "tag" => "lamp",
        "listing" => "PAUSED&channel=shop",
        "attribute" => "colour:red",
        "currency" => "USD",
        "price_min" | "price_max" => "1&currency=USD",
        "missing" => "PRICE_REQUIRED",
        "stock" => "UNTRACKED",
        "in_stock" => "true",
        "updated_since" | "updated_before" => "2026-11-21T03:24:34Z",
        "sort" => "oldest",
        _ => panic!("it is not said what {parameter} could be"),
    }
}

/// Every place of every route that names something, as a merchant to whom it does not belong: the answer and what the
/// database is asked are those to a name of nothing, and nothing of anybody else has changed.
#[tokio::test]
async fn another_merchants_ids_are_not_found_anywhere() {
    let world = World::overheard().await;
    let (ana, shy, bob) = (world.merchant(), world.merchant(), world.merchant());
    let (offered, hidden) = (many(&ana, "ana").await, Things::of(&shy, "shy").await);
    let his = Things::of(&bob, "bob").await;
    let mut before = Vec::new();
    for whose in [ana.identity.merchant_id, shy.identity.merchant_id] {
        before.push((whose, world.documents_of(whose).await));
    }
    let mut unnamed = Vec::new();

    for route in ROUTES {
        let known = Known::learned(route, &bob, &his).await;
        let places = known.places();
        if places.is_empty() {
            unnamed.push(route.path);
        }
        for (place, kind) in &places {
            let case = Case { known: &known, place, kind: *kind };
            let mut nobodys = Things::nobodys();
            // Of what is offered, everybody may see something.
            let mut hers = if route.policy == Policy::Public { hidden.clone() } else { offered.clone() };
            if *kind == Kind::Cursor {
                let cursor = cursor(&ana, &known.path(&offered, None)).await;
                nobodys = nobodys.with(Kind::Cursor, cursor.chars().rev().collect());
                hers = hers.with(Kind::Cursor, cursor);
            }

            let (answer, to_foreign) = case.told(&world, &hers).await;
            let (_, to_absent) = case.told(&world, &nobodys).await;

            let (status, code) = case.expected();
            let told = (answer.status.as_u16(), answer.body["error"]["code"].as_str());
            assert_eq!(told, (status, code), "{case}: {answer:?}");
            assert_eq!(to_foreign, to_absent, "{case} tells that it is there");
            match status {
                200 if route.method == "GET" => assert_eq!(answer.body["items"], json!([]), "{case}"),
                422 if case.is_held_against_the_path() => assert_eq!(to_foreign.commands, [], "{case} is looked for"),
                404 | 422 => assert!(to_foreign.looked(), "{case}: nobody looked for it"),
                400 | 403 => assert_eq!(to_foreign.commands, [], "{case} is looked for first"),
                _ => {}
            }
        }
        for (whose, before) in &before {
            assert!(
                world.documents_of(*whose).await == *before,
                "{} {} changed what is {whose}'s",
                route.method,
                route.path
            );
        }
    }
    assert_eq!(
        unnamed,
        ["/v1/channel-types", "/v1/images", "/v1/health", "/v1/openapi.json", "/v1/docs", "/v1/docs/{file}"],
        "all that names nothing"
    );
}

/// Every list with every cursor but its own: of another list, of another merchant, and of the same list unfiltered.
#[tokio::test]
async fn a_cursor_holds_for_the_list_and_the_merchant_that_it_was_made_for() {
    let world = World::overheard().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let (hers, his) = (many(&ana, "ana").await, many(&bob, "bob").await);
    let (mut lists, mut cursors) = (Vec::new(), Vec::new());
    for route in ROUTES.iter().filter(|route| route.parameters.contains(&"cursor")) {
        let known = Known::learned(route, &bob, &his).await;
        cursors.push((None, cursor(&ana, &known.path(&hers, None)).await));
        cursors.push((Some(route.path), cursor(&bob, &known.path(&his, None)).await));
        lists.push((route, known.path(&his, None)));
    }
    assert!(lists.len() >= 4);

    for (route, path) in lists {
        for (made_for, cursor) in &cursors {
            let (answer, commands) = world.commands().of(bob.get(&format!("{path}?cursor={cursor}"))).await;
            if *made_for == Some(route.path) {
                assert_eq!(answer.status, StatusCode::OK, "{path}");
                continue;
            }
            assert_eq!(answer.refused(), (400, "INVALID_CURSOR"), "{path} with the cursor of {made_for:?}");
            assert_eq!(commands, [], "{path} with the cursor of {made_for:?}");
        }
        let (_, cursor) = cursors.iter().find(|(made_for, _)| *made_for == Some(route.path)).unwrap();
        for parameter in route.parameters.iter().filter(|name| !["limit", "cursor", "merchant"].contains(*name)) {
            let value = match in_query(parameter) {
                Some(kind) => his.name(kind),
                None => said(route, parameter),
            };
            let answer = bob.get(&format!("{path}?{parameter}={value}&cursor={cursor}")).await;
            assert_eq!(answer.refused(), (400, "INVALID_CURSOR"), "{path} with {parameter} besides");
        }
    }
}

/// Every route that is not for everybody, as a merchant whose request names another one: nothing is looked for.
#[tokio::test]
async fn no_route_lets_a_merchant_name_another() {
    let world = World::overheard().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let (hers, his) = (Things::of(&ana, "ana").await, Things::of(&bob, "bob").await);
    let mut paths = Vec::new();
    for route in ROUTES.iter().filter(|route| route.policy != Policy::Public) {
        paths.push((route, Known::learned(route, &bob, &his).await.path(&hers, None)));
    }
    let before = world.documents().await;

    for (route, path) in paths {
        for role in ["merchant", "viewer"] {
            let claims = claims_of(role, his.name(Kind::Merchant));
            let headers = json!({ "x-merchant-id": hers.name(Kind::Merchant) });
            let (heard, commands) =
                world.commands().of(asks(&world, route.method, &path, Some(&claims), headers)).await;
            let (status, code, pointer) = heard.refused();
            assert_eq!((status, code), (403, "FORBIDDEN"), "{} {path} as {role}", route.method);
            if role == "merchant" {
                assert_eq!(pointer, "/headers/x-merchant-id", "{} {path}", route.method);
            }
            assert_eq!(commands, [], "{} {path} as {role}", route.method);
        }
    }
    assert_eq!(world.documents().await, before);
}

/// A secret's name can't lead out of its merchant's own; that it is looked for below the merchant's id is held by the
/// adapter that reads it.
#[tokio::test]
async fn another_merchants_secret_cannot_be_named() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let merchant = ana.identity.merchant_id;

    for name in
        [format!("{merchant}/hook"), format!("../{merchant}/hook"), format!("/{merchant}/hook"), "..%2fhook".into()]
    {
        let answer = bob.puts("shop", json!({ "type": "sandbox", "config": {}, "secret": name })).await;

        assert_eq!((answer.refused(), answer.pointer()), ((422, "INVALID_BODY"), "/secret"), "{name}");
    }
}

#[tokio::test]
async fn another_merchants_image_is_unknown() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());
    let (hers, his) = (ana.promises_image().await, bob.promises_image().await);
    let images = json!([{ "image_id": his }, { "image_id": hers }]);

    let created = bob.registers(json!({ "images": images })).await;
    let existing = bob.registers(json!({})).await;
    let edited = bob.patches(existing.text("/id"), "*", json!({ "images": images })).await;

    for answer in [created, edited] {
        assert_eq!((answer.refused(), answer.pointer()), ((422, "UNKNOWN_IMAGE"), "/images/1/image_id"));
        assert_eq!(answer.body["error"]["details"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn keys_of_two_merchants_are_two() {
    let world = World::new().await;
    let (ana, bob) = (world.merchant(), world.merchant());

    let mut ids = Vec::new();
    for actress in [&ana, &bob] {
        let ask = actress.ask("POST", "/v1/products").with("idempotency-key", "k");
        let made = ask.json(json!({ "name": "Lamp" })).send().await;
        assert_eq!(made.header("idempotency-replayed"), "");
        ids.push(made.text("/id").to_owned());
    }

    assert_ne!(ids[0], ids[1]);
}

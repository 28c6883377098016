//! Whatever Tola asks of a database, both say: this one and the embedded one.

use futures::TryStreamExt as _;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{IndexOptions, InsertManyOptions, ReturnDocument};
use mongodb::{Client, Collection, IndexModel};
use tempfile::TempDir;
use tola_local::InProcessDatabase;

use super::{Database, Socket};
use crate::gate::Gate;

/// What a database says to everything, one answer after the other.
async fn says(uri: &str) -> Vec<String> {
    let client = Client::with_uri_str(uri).await.expect("a client");
    let things: Collection<Document> = client.database("tola").collection("things");
    let mut said = Vec::new();
    makes_indexes(&things).await;
    inserts(&things, &mut said).await;
    finds(&things, &mut said).await;
    counts(&things, &mut said).await;
    updates(&things, &mut said).await;
    upserts(&things, &mut said).await;
    let gone = things.delete_one(doc! { "_id": "b", "n": { "$lt": 100 } }).await.expect("deleted");
    said.push(format!("{} gone", gone.deleted_count));
    said.push(all(&things, doc! {}).await);
    said
}

async fn makes_indexes(things: &Collection<Document>) {
    let options = IndexOptions::builder()
        .name("by_sku".to_owned())
        .unique(true)
        .partial_filter_expression(doc! { "sku": { "$exists": true } })
        .build();
    things
        .create_index(IndexModel::builder().keys(doc! { "who": 1, "sku": 1 }).options(options).build())
        .await
        .expect("an index");
    let names = things.list_index_names().await.expect("their names");
    assert!(names.contains(&"by_sku".to_owned()), "{names:?}");
}

async fn inserts(things: &Collection<Document>, said: &mut Vec<String>) {
    let many = [
        doc! { "_id": "a", "who": "x", "n": 1, "tags": ["red", "blue"], "items": [{ "id": 1, "at": "2026" }], "sku": "1" },
        doc! { "_id": "b", "who": "x", "n": 2_i64, "tags": [], "items": [], "in": { "deep": true } },
        doc! { "_id": "c", "who": "y", "n": 3, "tags": ["red"], "items": [{ "id": 2, "at": "2027" }, { "id": 3 }], "sku": "1" },
        doc! { "_id": "d", "who": "y", "n": 4 },
    ];
    things.insert_many(many).await.expect("written");
    for again in [doc! { "_id": "a" }, doc! { "_id": "e", "who": "x", "sku": "1" }, doc! { "_id": "f", "who": "x" }] {
        said.push(outcome(things.insert_one(again).await.map(|_| "written")));
    }
    let options = InsertManyOptions::builder().ordered(false).build();
    let some = things.insert_many([doc! { "_id": "a" }, doc! { "_id": "g", "who": "z" }]).with_options(options).await;
    said.push(format!("{} of two", if some.is_err() { "one" } else { "both" }));
}

async fn counts(things: &Collection<Document>, said: &mut Vec<String>) {
    let group = doc! { "$group": { "_id": "$who", "things": { "$sum": 1_i64 } } };
    let found = things.aggregate([doc! { "$match": { "n": { "$gt": 1 } } }, group]).await.expect("counted");
    let mut found: Vec<String> = found.map_ok(|count| count.to_string()).try_collect().await.expect("all of them");
    found.sort();
    said.extend(found);
}

async fn finds(things: &Collection<Document>, said: &mut Vec<String>) {
    let filters = [
        doc! { "who": "x" },
        doc! { "n": { "$gte": 2, "$lt": 4 } },
        doc! { "n": { "$lte": 2_i64 } },
        doc! { "n": { "$gt": 2 } },
        doc! { "n": { "$eq": 3 } },
        doc! { "who": { "$gt": "x" } },
        doc! { "n": { "$lt": "3" } },
        doc! { "tags": "red" },
        doc! { "tags": { "$size": 0 } },
        doc! { "tags": { "$exists": false } },
        doc! { "items.id": 3 },
        doc! { "items.id": { "$gt": 1 } },
        doc! { "items.at": { "$lt": "2027" } },
        doc! { "items.1": { "$exists": true } },
        doc! { "items.0.id": 2 },
        doc! { "items": { "$elemMatch": { "id": 2, "at": { "$exists": true } } } },
        doc! { "items": { "$not": { "$elemMatch": { "id": 2 } } } },
        doc! { "in.deep": true },
        doc! { "in": { "deep": true } },
        doc! { "_id": { "$in": ["a", "d", "nobody"] } },
        doc! { "_id": "a", "who": "y" },
        doc! { "_id": "a", "n": 1_i64 },
    ];
    for filter in filters {
        said.push(format!("{filter}: {}", all(things, filter.clone()).await));
    }
    for sort in [doc! { "n": -1 }, doc! { "who": 1, "_id": 1 }, doc! { "items.at": 1, "_id": -1 }] {
        let found = things.find(doc! {}).sort(sort.clone()).limit(3).projection(doc! { "n": 1 }).await.expect("found");
        let found: Vec<Document> = found.try_collect().await.expect("all of them");
        said.push(format!("by {sort}: {}", found.into_iter().map(sorted).collect::<Vec<_>>().join(" ")));
    }
}

async fn updates(things: &Collection<Document>, said: &mut Vec<String>) {
    let pull = |condition: Document| doc! { "$pull": { "items": condition } };
    let step = doc! { "items": { "$elemMatch": { "id": 3 } }, "_id": "c" };
    let updates = [
        (doc! { "_id": "a", "n": 1 }, doc! { "$set": { "n": 10, "new": "field" }, "$unset": { "tags": 1 } }),
        (doc! { "_id": "a", "n": 1 }, doc! { "$set": { "n": 11 } }),
        (doc! { "_id": "b" }, doc! { "$inc": { "n": 5, "m": 1 } }),
        (doc! { "_id": "b" }, doc! { "$push": { "items": { "$each": [{ "id": 7 }, { "id": 8 }] } } }),
        (doc! { "_id": "b" }, doc! { "$push": { "items": { "$each": [{ "id": 9 }], "$slice": -2 } } }),
        (doc! { "_id": "b" }, doc! { "$addToSet": { "tags": { "$each": ["one", "two", "one"] } } }),
        (doc! { "_id": "b" }, pull(doc! { "id": 8 })),
        (doc! { "_id": "b" }, pull(doc! { "id": { "$in": [9, 10] } })),
        (doc! { "_id": "d" }, pull(doc! { "id": 8 })),
        (step, doc! { "$set": { "items.$": { "id": 33 } } }),
        (doc! { "_id": "c" }, doc! { "$set": { "far.away": 1 } }),
        (doc! { "_id": "f" }, doc! { "$set": { "sku": "1" } }),
        (doc! { "_id": "nobody" }, doc! { "$set": { "n": 1 } }),
    ];
    for (filter, update) in updates {
        let updated = things.update_one(filter.clone(), update.clone()).await;
        said.push(format!("{filter} {update}: {}", outcome(updated.map(|updated| updated.matched_count))));
    }
}

async fn upserts(things: &Collection<Document>, said: &mut Vec<String>) {
    let upserts = [
        (doc! { "_id": "u", "who": "x" }, doc! { "$setOnInsert": { "n": 1 } }),
        (doc! { "_id": "u", "who": "x" }, doc! { "$setOnInsert": { "n": 2 } }),
        (doc! { "_id": "u", "who": "x", "n": { "$gt": 5 } }, doc! { "$set": { "n": 9 } }),
        (doc! { "_id": "v", "n": { "$lte": 5 } }, doc! { "$set": { "n": 9 } }),
    ];
    for (filter, update) in upserts {
        let updated = things.update_one(filter.clone(), update).upsert(true).await;
        said.push(format!(
            "{filter}: {}",
            outcome(updated.map(|updated| (updated.matched_count, updated.upserted_id)))
        ));
    }
    for filter in
        [doc! { "_id": "w", "window": { "$eq": 3 } }, doc! { "_id": "w", "window": { "$eq": 4 } }, doc! { "_id": "u" }]
    {
        let counted = things
            .find_one_and_update(filter.clone(), doc! { "$inc": { "count": 1 } })
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await;
        said.push(format!("{filter}: {}", outcome(counted.map(|counted| counted.map(sorted)))));
    }
}

async fn all(things: &Collection<Document>, filter: Document) -> String {
    let found = things.find(filter).sort(doc! { "_id": 1 }).await.expect("found");
    let found: Vec<Document> = found.try_collect().await.expect("all of them");
    found.into_iter().map(sorted).collect::<Vec<_>>().join(" ")
}

/// A document with its fields in order.
fn sorted(document: Document) -> String {
    let mut fields: Vec<_> = document.into_iter().collect();
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    Bson::Document(fields.into_iter().collect()).to_string()
}

fn outcome<T: std::fmt::Debug>(result: Result<T, mongodb::error::Error>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            // The server names the index, and so does Tola's code that reads it.
            let text = error.to_string();
            format!("refused: duplicate {} {}", text.contains("11000"), text.contains("by_sku"))
        }
    }
}

#[tokio::test]
async fn it_says_what_the_embedded_database_says() {
    let embedded = InProcessDatabase::start().expect("a database");
    let (folder, gate) = (TempDir::new().expect("a folder"), Gate::default());
    let socket = Socket::open(&folder.path().join("one.sock"), &Database::default(), &gate).expect("a socket");
    let opens = tokio::spawn(async move {
        loop {
            gate.arrival().await;
            gate.open();
        }
    });

    let (wanted, said) = (says(&embedded.uri()).await, says(&socket.uri()).await);

    opens.abort();
    for (wanted, said) in wanted.iter().zip(&said) {
        assert_eq!(said, wanted);
    }
    assert_eq!(said.len(), wanted.len());
}

#[tokio::test]
async fn what_it_does_not_know_it_refuses() {
    let database = Database::default();
    database.answer(&doc! { "insert": "things", "documents": [{ "_id": "a", "n": 1 }] });
    for command in [
        doc! { "find": "things", "filter": { "n": { "$mod": [2, 0] } } },
        doc! { "update": "things", "updates": [{ "q": { "_id": "a" }, "u": { "$mul": { "n": 2 } } }] },
        doc! { "aggregate": "things" },
    ] {
        let answer = database.answer(&command);
        assert!(answer.get_f64("ok").is_ok_and(|ok| ok < 1.0), "{command}: {answer}");
    }
}

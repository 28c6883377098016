//! The commands that Tola's driver sends.

use std::collections::BTreeMap;

use mongodb::bson::{Bson, Document, doc};

use super::query::{matches, order, values};
use super::update::apply;

const DUPLICATE_KEY: i32 = 11000;
const NAMESPACE_NOT_FOUND: i32 = 26;
const NOT_SUPPORTED: i32 = 115;

/// Something that this database does not do.
#[derive(Debug)]
pub(super) struct Unknown(pub(super) String);

/// Everything that there is.
#[derive(Default)]
pub(crate) struct Collections(BTreeMap<String, Collection>);

#[derive(Default)]
struct Collection {
    /// By id.
    documents: BTreeMap<String, Document>,
    indexes: Vec<Index>,
}

struct Index {
    name: String,
    /// What no two documents may have alike.
    unique: Option<Vec<String>>,
    /// Which documents it is about.
    of: Document,
}

impl Collections {
    pub(super) fn clear(&mut self) {
        for collection in self.0.values_mut() {
            collection.documents.clear();
        }
    }

    /// The answer to a command.
    pub(super) fn answer(&mut self, command: &Document) -> Document {
        let Some((name, of)) = command.iter().next() else { return refused("nothing at all") };
        let collection = of.as_str().unwrap_or_default();
        match self.run(name, collection, command) {
            Ok(mut answer) => {
                answer.entry("ok".to_owned()).or_insert(Bson::Double(1.0));
                answer
            }
            Err(Unknown(what)) => refused(&what),
        }
    }

    fn run(&mut self, name: &str, collection: &str, command: &Document) -> Result<Document, Unknown> {
        let items = |field: &str| -> Vec<Document> {
            let items = command.get_array(field).into_iter().flatten();
            items.filter_map(Bson::as_document).cloned().collect()
        };
        match name {
            "hello" | "isMaster" | "ismaster" => return Ok(greeting()),
            "ping" | "endSessions" => return Ok(Document::new()),
            "listIndexes" => {
                let Some(collection) = self.0.get(collection) else {
                    return Ok(doc! { "ok": 0.0, "code": NAMESPACE_NOT_FOUND, "errmsg": "no such collection" });
                };
                let indexes: Vec<Bson> = collection
                    .indexes
                    .iter()
                    .map(|index| doc! { "v": 2, "key": {}, "name": &index.name }.into())
                    .collect();
                return Ok(doc! { "cursor": { "id": 0_i64, "ns": "tola.$cmd", "firstBatch": indexes } });
            }
            _ => {}
        }
        knows(command, options(name))?;
        let collection = self.0.entry(collection.to_owned()).or_default();
        match name {
            "createIndexes" => items("indexes").iter().try_for_each(|index| collection.index(index)).map(|()| doc! {}),
            "find" => collection.find(command),
            "aggregate" => collection.count(&items("pipeline")),
            "insert" => collection.insert(&items("documents"), command.get_bool("ordered").unwrap_or(true)),
            "update" => collection.update(&items("updates")),
            "delete" => collection.delete(&items("deletes")),
            "findAndModify" => collection.find_and_modify(command),
            other => Err(Unknown(format!("the command {other}"))),
        }
    }
}

impl Collection {
    fn index(&mut self, index: &Document) -> Result<(), Unknown> {
        let text = |field: &str| index.get_str(field).map(str::to_owned).map_err(|_| Unknown(format!("no {field}")));
        let keys = index.get_document("key").map_err(|_| Unknown("an index without keys".to_owned()))?;
        let is_unique = index.get_bool("unique").unwrap_or(false);
        let unique = is_unique.then(|| keys.keys().map(ToString::to_string).collect());
        let of = index.get_document("partialFilterExpression").cloned().unwrap_or_default();
        self.indexes.push(Index { name: text("name")?, unique, of });
        Ok(())
    }

    /// The ids of what a filter means. Most filters name one.
    fn found(&self, filter: &Document) -> Result<Vec<String>, Unknown> {
        if let Ok(id) = filter.get_str("_id") {
            let Some(document) = self.documents.get(id) else { return Ok(Vec::new()) };
            return Ok(if matches(filter, document)? { vec![id.to_owned()] } else { Vec::new() });
        }
        let mut found = Vec::new();
        for (id, document) in &self.documents {
            if matches(filter, document)? {
                found.push(id.clone());
            }
        }
        Ok(found)
    }

    fn find(&self, command: &Document) -> Result<Document, Unknown> {
        let part = |name: &str| command.get_document(name).cloned().unwrap_or_default();
        let ids = self.found(&part("filter"))?;
        let mut found: Vec<&Document> = ids.iter().filter_map(|id| self.documents.get(id)).collect();
        let sort = part("sort");
        found.sort_by(|left, right| order(left, right, &sort));
        let limit = command.get("limit").map_or(Ok(0), |limit| match limit {
            Bson::Int32(limit) => Ok(i64::from(*limit)),
            Bson::Int64(limit) => Ok(*limit),
            other => Err(Unknown(format!("the limit {other}"))),
        })?;
        if limit != 0 {
            found.truncate(usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX));
        }
        let fields = part("projection");
        if let Some((field, how)) = fields.iter().find(|(_, how)| !matches!(how, Bson::Int32(1) | Bson::Boolean(true)))
        {
            return Err(Unknown(format!("the projection {field}: {how}")));
        }
        let found: Vec<Bson> = found.into_iter().map(|document| projected(document, &fields).into()).collect();
        Ok(doc! { "cursor": { "id": 0_i64, "ns": "tola.one", "firstBatch": found } })
    }

    /// How many documents there are of each value of a field: the one thing that is aggregated.
    fn count(&self, pipeline: &[Document]) -> Result<Document, Unknown> {
        let unknown = || Unknown(format!("the pipeline {pipeline:?}"));
        let [first, second] = pipeline else { return Err(unknown()) };
        let filter = first.get_document("$match").map_err(|_| unknown())?;
        let group = second.get_document("$group").map_err(|_| unknown())?;
        let path = group.get_str("_id").ok().and_then(|path| path.strip_prefix('$')).ok_or_else(unknown)?;
        let others: Vec<_> = group.iter().filter(|(name, _)| *name != "_id").collect();
        let [(name, Bson::Document(sum))] = others[..] else { return Err(unknown()) };
        if first.len() + second.len() != 2 || *sum != doc! { "$sum": 1_i64 } {
            return Err(unknown());
        }
        let mut counts = BTreeMap::new();
        for document in self.found(filter)?.iter().filter_map(|id| self.documents.get(id)) {
            let value = values(document, path).first().and_then(|value| value.as_str()).ok_or_else(unknown)?;
            *counts.entry(value).or_insert(0_i64) += 1;
        }
        let found: Vec<Bson> =
            counts.into_iter().map(|(value, count)| doc! { "_id": value, name: count }.into()).collect();
        Ok(doc! { "cursor": { "id": 0_i64, "ns": "tola.one", "firstBatch": found } })
    }

    fn insert(&mut self, documents: &[Document], ordered: bool) -> Result<Document, Unknown> {
        let (mut written, mut errors) = (0, Vec::new());
        for (position, document) in documents.iter().enumerate() {
            match self.put(document.clone(), None)? {
                None => written += 1,
                Some(taken) => {
                    errors.push(error(position, &taken));
                    if ordered {
                        break;
                    }
                }
            }
        }
        Ok(with_errors(doc! { "n": written }, errors))
    }

    /// Puts a document in, instead of the one that it was if it is not new. Returns the index whose rule it breaks.
    fn put(&mut self, document: Document, was: Option<&str>) -> Result<Option<String>, Unknown> {
        let id = document.get_str("_id").map_err(|_| Unknown(format!("the id of {document}")))?.to_owned();
        if was.is_none() && self.documents.contains_key(&id) {
            return Ok(Some("_id_".to_owned()));
        }
        for index in &self.indexes {
            let Some(keys) = &index.unique else { continue };
            if !matches(&index.of, &document)? {
                continue;
            }
            for (other, there) in &self.documents {
                let is_same = |key: &String| values(there, key) == values(&document, key);
                if Some(other.as_str()) != was && matches(&index.of, there)? && keys.iter().all(is_same) {
                    return Ok(Some(index.name.clone()));
                }
            }
        }
        self.documents.insert(id, document);
        Ok(None)
    }

    fn update(&mut self, updates: &[Document]) -> Result<Document, Unknown> {
        let (mut matched, mut upserted, mut errors) = (0, Vec::new(), Vec::new());
        for (position, update) in updates.iter().enumerate() {
            knows(update, &["q", "u", "upsert", "multi"])?;
            if update.get_bool("multi").unwrap_or(false) {
                return Err(Unknown(format!("the update of many {update}")));
            }
            let part = |name: &str| update.get_document(name).cloned().map_err(|_| Unknown(format!("no {name}")));
            let may_make = update.get_bool("upsert").unwrap_or(false);
            match self.modify(&part("q")?, &part("u")?, &Document::new(), may_make)? {
                Modified::Nothing => {}
                Modified::One(_) => matched += 1,
                Modified::New(document) => {
                    matched += 1;
                    let id = document.get("_id").cloned().unwrap_or(Bson::Null);
                    upserted.push(doc! { "index": i32::try_from(position).unwrap_or(0), "_id": id });
                }
                Modified::Refused(index) => errors.push(error(position, &index)),
            }
        }
        let mut answer = doc! { "n": matched, "nModified": matched };
        if !upserted.is_empty() {
            answer.insert("upserted", upserted);
        }
        Ok(with_errors(answer, errors))
    }

    fn find_and_modify(&mut self, command: &Document) -> Result<Document, Unknown> {
        let part = |name: &str| command.get_document(name).cloned().unwrap_or_default();
        if !command.get_bool("new").unwrap_or(false) {
            return Err(Unknown("findAndModify of what was before".to_owned()));
        }
        let may_make = command.get_bool("upsert").unwrap_or(false);
        match self.modify(&part("query"), &part("update"), &part("sort"), may_make)? {
            Modified::Nothing => Ok(doc! { "value": Bson::Null }),
            Modified::One(document) | Modified::New(document) => Ok(doc! { "value": document }),
            Modified::Refused(index) => {
                Ok(doc! { "ok": 0.0, "code": DUPLICATE_KEY, "errmsg": duplicate(&index), "codeName": "DuplicateKey" })
            }
        }
    }

    fn modify(
        &mut self,
        filter: &Document,
        update: &Document,
        sort: &Document,
        may_make: bool,
    ) -> Result<Modified, Unknown> {
        let mut found = self.found(filter)?;
        found.sort_by(|left, right| order(&self.documents[left], &self.documents[right], sort));
        let (mut document, was) = match found.into_iter().next() {
            Some(id) => (self.documents[&id].clone(), Some(id)),
            None if may_make => (equalities(filter), None),
            None => return Ok(Modified::Nothing),
        };
        apply(&mut document, filter, update, was.is_none())?;
        if let Some(index) = self.put(document.clone(), was.as_deref())? {
            return Ok(Modified::Refused(index));
        }
        Ok(if was.is_some() { Modified::One(document) } else { Modified::New(document) })
    }

    fn delete(&mut self, deletes: &[Document]) -> Result<Document, Unknown> {
        let mut gone = 0;
        for delete in deletes {
            knows(delete, &["q", "limit"])?;
            if delete.get("limit") != Some(&Bson::Int32(1)) {
                return Err(Unknown(format!("the deletion {delete}")));
            }
            let filter = delete.get_document("q").cloned().unwrap_or_default();
            if let Some(id) = self.found(&filter)?.first() {
                self.documents.remove(id);
                gone += 1;
            }
        }
        Ok(doc! { "n": gone })
    }
}

/// What a command may say here.
fn options(command: &str) -> &'static [&'static str] {
    match command {
        "createIndexes" => &["indexes"],
        // All that is found comes in the first batch in any case, and at once.
        "find" => &["filter", "sort", "limit", "projection", "singleBatch", "batchSize", "maxTimeMS"],
        "aggregate" => &["pipeline", "cursor"],
        "insert" => &["documents", "ordered"],
        "update" => &["updates", "ordered"],
        "delete" => &["deletes", "ordered"],
        "findAndModify" => &["query", "update", "sort", "upsert", "new"],
        _ => &[],
    }
}

/// Refuses what nobody here takes heed of.
fn knows(command: &Document, options: &[&str]) -> Result<(), Unknown> {
    let of_each = ["$db"];
    let mut names = command.keys().map(String::as_str).enumerate();
    let unknown = names.find(|(place, name)| {
        let is_the_command = *place == 0 && !options.contains(name);
        !(is_the_command || of_each.contains(name) || options.contains(name))
    });
    unknown.map_or(Ok(()), |(_, name)| Err(Unknown(format!("the option {name} of {command}"))))
}

enum Modified {
    Nothing,
    One(Document),
    New(Document),
    Refused(String),
}

/// What an upsert begins with.
fn equalities(filter: &Document) -> Document {
    let is_equality = |value: &Bson| match value.as_document() {
        Some(operators) => operators.get("$eq").cloned(),
        None => Some(value.clone()),
    };
    filter.iter().filter_map(|(path, value)| Some((path.clone(), is_equality(value)?))).collect()
}

fn projected(document: &Document, fields: &Document) -> Document {
    if fields.is_empty() {
        return document.clone();
    }
    let is_wanted = |name: &str| name == "_id" || fields.contains_key(name);
    document.iter().filter(|(name, _)| is_wanted(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn duplicate(index: &str) -> String {
    format!("E11000 duplicate key error index: {index}")
}

fn error(position: usize, index: &str) -> Bson {
    let position = i32::try_from(position).unwrap_or(0);
    doc! { "index": position, "code": DUPLICATE_KEY, "errmsg": duplicate(index) }.into()
}

fn with_errors(mut answer: Document, errors: Vec<Bson>) -> Document {
    if !errors.is_empty() {
        answer.insert("writeErrors", errors);
    }
    answer
}

fn refused(what: &str) -> Document {
    // What Tola makes of it may tell less.
    eprintln!("the database of the model does not know {what}");
    doc! { "ok": 0.0, "code": NOT_SUPPORTED, "codeName": "NotSupported", "errmsg": format!("not known here: {what}") }
}

/// A server that stands alone. Without sessions: the driver then sends none.
fn greeting() -> Document {
    doc! {
        "helloOk": true, "ismaster": true, "isWritablePrimary": true, "maxBsonObjectSize": 16_777_216,
        "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21,
    }
}

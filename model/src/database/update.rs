//! What an update makes of a document.

use mongodb::bson::{Bson, Document};

use super::commands::Unknown;
use super::query::one_matches;

/// Applies an update to a document that `filter` means. `is_new` for one that an upsert has just made.
pub(super) fn apply(
    document: &mut Document,
    filter: &Document,
    update: &Document,
    is_new: bool,
) -> Result<(), Unknown> {
    for (operator, fields) in update {
        let fields = fields.as_document().ok_or_else(|| Unknown(format!("{operator} without fields")))?;
        for (field, value) in fields {
            match field.strip_suffix(".$") {
                Some(list) if operator == "$set" => *found(document, filter, list)? = value.clone(),
                Some(_) => return Err(Unknown(format!("{operator} of {field}"))),
                None => one(document, operator, field, value, is_new)?,
            }
        }
    }
    Ok(())
}

/// The element of a list that the filter has found.
fn found<'a>(document: &'a mut Document, filter: &Document, list: &str) -> Result<&'a mut Bson, Unknown> {
    let wanted = filter.get_document(list).and_then(|condition| condition.get_document("$elemMatch"));
    let wanted = wanted.map_err(|_| Unknown(format!("{list}.$ without $elemMatch")))?;
    for element in array(document, list)? {
        if one_matches(wanted, element)? {
            return Ok(element);
        }
    }
    Err(Unknown(format!("{list}.$ of nothing")))
}

fn one(document: &mut Document, operator: &str, path: &str, value: &Bson, is_new: bool) -> Result<(), Unknown> {
    let (holder, field) = match path.rsplit_once('.') {
        None => (document, path),
        Some((way, field)) => (descend(document, way)?, field),
    };
    match operator {
        "$set" => drop(holder.insert(field, value.clone())),
        "$setOnInsert" if is_new => drop(holder.insert(field, value.clone())),
        "$setOnInsert" => {}
        "$unset" => drop(holder.remove(field)),
        "$inc" => {
            let sum = match (holder.get(field), value) {
                (None, value) => value.clone(),
                (Some(Bson::Int32(is)), Bson::Int32(more)) => Bson::Int32(is + more),
                (Some(Bson::Int64(is)), Bson::Int64(more)) => Bson::Int64(is + more),
                (Some(Bson::Int64(is)), Bson::Int32(more)) => Bson::Int64(is + i64::from(*more)),
                (Some(Bson::Int32(is)), Bson::Int64(more)) => Bson::Int64(i64::from(*is) + more),
                (Some(is), more) => return Err(Unknown(format!("$inc of {is} by {more}"))),
            };
            holder.insert(field, sum);
        }
        "$push" => push(array(holder, field)?, value)?,
        "$addToSet" => {
            let elements = array(holder, field)?;
            let each = value.as_document().and_then(|document| document.get_array("$each").ok());
            for value in each.map_or(std::slice::from_ref(value), Vec::as_slice) {
                if !elements.contains(value) {
                    elements.push(value.clone());
                }
            }
        }
        "$pull" => {
            let condition = value.as_document().ok_or_else(|| Unknown("$pull of a value".to_owned()))?;
            if holder.contains_key(field) {
                let elements = array(holder, field)?;
                let goes: Vec<bool> =
                    elements.iter().map(|element| one_matches(condition, element)).collect::<Result<_, _>>()?;
                let mut goes = goes.into_iter();
                elements.retain(|_| !goes.next().unwrap_or(false));
            }
        }
        other => return Err(Unknown(format!("the update {other}"))),
    }
    Ok(())
}

fn push(elements: &mut Vec<Bson>, value: &Bson) -> Result<(), Unknown> {
    let Some(modifiers) = value.as_document().filter(|document| document.contains_key("$each")) else {
        elements.push(value.clone());
        return Ok(());
    };
    for (modifier, value) in modifiers {
        match (modifier.as_str(), value) {
            ("$each", Bson::Array(more)) => elements.extend(more.iter().cloned()),
            ("$slice", Bson::Int32(last)) if *last < 0 => {
                let keep = usize::try_from(last.unsigned_abs()).unwrap_or(usize::MAX);
                elements.drain(..elements.len().saturating_sub(keep));
            }
            other => return Err(Unknown(format!("$push with {other:?}"))),
        }
    }
    Ok(())
}

fn array<'a>(holder: &'a mut Document, field: &str) -> Result<&'a mut Vec<Bson>, Unknown> {
    let value = holder.entry(field.to_owned()).or_insert_with(|| Bson::Array(Vec::new()));
    value.as_array_mut().ok_or_else(|| Unknown(format!("{field} is no list")))
}

fn descend<'a>(document: &'a mut Document, way: &str) -> Result<&'a mut Document, Unknown> {
    way.split('.').try_fold(document, |holder, field| {
        let inner = holder.entry(field.to_owned()).or_insert_with(|| Bson::Document(Document::new()));
        inner.as_document_mut().ok_or_else(|| Unknown(format!("{way} leads through something else")))
    })
}

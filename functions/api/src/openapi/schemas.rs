//! The schemas of what is read and of what is written, each once.
//!
//! A type may be read more strictly than it is written (a field that may be left out is written as `null`), so that each
//! side has a generator of its own. What both call the same and is not the same gets the ending `Input`.

use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

const WRITTEN: &str = "/components/schemas";
const READ: &str = "/components/read";

/// The schemas that operations refer to.
pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |path: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = path.into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings(READ).for_deserialize().into_generator(),
            written: settings(WRITTEN).for_serialize().into_generator(),
        }
    }

    /// Of a value that clients send.
    pub(super) fn read<T: JsonSchema>(&mut self) -> Schema {
        self.read.subschema_for::<T>()
    }

    /// Of a value that clients get.
    pub(super) fn written<T: JsonSchema>(&mut self) -> Schema {
        self.written.subschema_for::<T>()
    }

    /// All that was referred to, by name, in one namespace; and what makes references lead there.
    pub(super) fn finish(mut self) -> (IndexMap<String, Schema>, Renaming) {
        let written = self.written.take_definitions(true);
        let read = self.read.take_definitions(true);
        let differs = |(name, schema): (&String, &Value)| {
            let (text, as_read) = (schema.to_string(), |value: &Value| value.to_string().replace(WRITTEN, READ));
            written.get(name).filter(|other| as_read(other) != text).map(|_| name.clone())
        };
        let renaming = Renaming { apart: read.iter().filter_map(differs).collect() };
        let mut all: IndexMap<String, Schema> = IndexMap::new();
        let named = written.into_iter().chain(read.into_iter().map(|(name, schema)| (renaming.of(&name), schema)));
        for (name, mut schema) in named {
            renaming.apply(&mut schema);
            if let Ok(schema) = Schema::try_from(schema) {
                all.insert(name, schema);
            }
        }
        all.sort_keys();
        (all, renaming)
    }
}

/// How the schemas of what is read are called in the end.
pub(super) struct Renaming {
    apart: Vec<String>,
}

impl Renaming {
    fn of(&self, name: &str) -> String {
        if self.apart.iter().any(|apart| apart == name) { format!("{name}Input") } else { name.to_owned() }
    }

    /// Makes every reference below a value lead to where its schema is, and descriptions speak to readers of the API:
    /// links to items of the code are names there.
    pub(super) fn apply(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    match value {
                        Value::String(text) if key == "$ref" => {
                            if let Some(name) = text.strip_prefix(&format!("#{READ}/")) {
                                *text = format!("#{WRITTEN}/{}", self.of(name));
                            }
                        }
                        Value::String(text) if key == "description" => {
                            *text = text.replace("[`", "`").replace("`]", "`");
                        }
                        _ => self.apply(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.apply(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    /// The same [`Both`] ways.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Both {
        always: u8,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Apart {
        #[serde(default)]
        may_be_left_out: u8,
        both: Both,
    }

    #[test]
    fn what_is_read_and_written_alike_is_there_once() {
        let mut schemas = Schemas::new();
        let written = schemas.written::<Apart>();
        let mut read = json!({ "schema": schemas.read::<Apart>() });

        let (all, renaming) = schemas.finish();
        renaming.apply(&mut read);

        assert_eq!(all.keys().collect::<Vec<_>>(), ["Apart", "ApartInput", "Both"]);
        assert_eq!(written.to_value(), json!({ "$ref": "#/components/schemas/Apart" }));
        assert_eq!(read["schema"], json!({ "$ref": "#/components/schemas/ApartInput" }));
        assert_eq!(all["ApartInput"].as_value()["properties"]["both"]["$ref"], "#/components/schemas/Both");
        assert_eq!(all["Both"].as_value()["description"], "The same `Both` ways.");
    }
}

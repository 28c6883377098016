//! `template.yaml` as data: short forms of intrinsic functions are read into their long form.

use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::workspace;

/// A CloudFormation template.
#[derive(Debug, Clone)]
pub(crate) struct Template(pub(crate) Value);

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a Value,
}

impl Template {
    /// Reads the template of the repository.
    pub(crate) fn read() -> Self {
        Self::parse(&workspace::read("template.yaml"))
    }

    fn parse(text: &str) -> Self {
        let documents = Yaml::load_from_str(text).expect("the template is YAML");
        Self(value(&documents[0]))
    }

    /// All resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let resources = self.0["Resources"].as_object().expect("the template has resources");
        resources.iter().map(|(id, body)| Resource { id, kind: body["Type"].as_str().unwrap_or_default(), body })
    }

    /// The resources of one type.
    pub(crate) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        self.resources().filter(move |resource| resource.kind == kind)
    }

    /// A resource by its logical id.
    pub(crate) fn resource(&self, id: &str) -> Option<Resource<'_>> {
        self.resources().find(|resource| resource.id == id)
    }

    /// Properties of a resource, for mutations.
    pub(crate) fn properties_mut(&mut self, id: &str) -> &mut Value {
        &mut self.0["Resources"][id]["Properties"]
    }

    /// The functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = Resource<'_>> {
        self.of_type("AWS::Serverless::Function")
    }

    /// The seconds that a function may take.
    pub(crate) fn timeout(&self, function: &str) -> Option<u64> {
        let own = self.resource(function)?.property("/Timeout").and_then(Value::as_u64);
        own.or_else(|| self.0.pointer("/Globals/Function/Timeout")?.as_u64())
    }
}

impl<'a> Resource<'a> {
    /// A property, by a JSON pointer below `Properties`.
    pub(crate) fn property(&self, pointer: &str) -> Option<&'a Value> {
        self.body.get("Properties")?.pointer(pointer)
    }

    /// A property that is a text.
    pub(crate) fn text(&self, pointer: &str) -> Option<&'a str> {
        self.property(pointer)?.as_str()
    }
}

/// The logical id that a `Ref` or `GetAtt` refers to.
pub(crate) fn referred(value: &Value) -> Option<&str> {
    if let Some(id) = value.get("Ref") {
        return id.as_str();
    }
    value.get("Fn::GetAtt")?.get(0)?.as_str()
}

/// The text of a `Sub`, or the value itself when it is a text.
pub(crate) fn template_text(value: &Value) -> Option<&str> {
    value.get("Fn::Sub").unwrap_or(value).as_str()
}

/// A value or a list of them, as a list.
pub(crate) fn listed(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(flag) => json!(flag),
            Scalar::Integer(number) => json!(number),
            Scalar::FloatingPoint(number) => json!(number.into_inner()),
            Scalar::String(text) => json!(text),
        },
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(entries) => {
            let key = |key: &Yaml<'_>| key.as_str().expect("keys are texts").to_owned();
            Value::Object(entries.iter().map(|(name, entry)| (key(name), value(entry))).collect::<Map<_, _>>())
        }
        Yaml::Tagged(tag, inner) => intrinsic(&tag.suffix, &value(inner)),
        Yaml::Representation(text, ..) => json!(text),
        Yaml::Alias(_) | Yaml::BadValue => panic!("CloudFormation has no aliases"),
    }
}

fn intrinsic(name: &str, argument: &Value) -> Value {
    match (name, argument) {
        ("Ref" | "Condition", _) => json!({ name: argument }),
        ("GetAtt", Value::String(path)) => {
            let (id, attribute) = path.split_once('.').expect("GetAtt names an attribute");
            json!({ "Fn::GetAtt": [id, attribute] })
        }
        _ => json!({ format!("Fn::{name}"): argument }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_read_into_long_forms() {
        let text = "A: !Ref X\nB: !GetAtt X.Arn\nC: !If [Y, !Sub 'a-${X}', !Ref AWS::NoValue]\nD: 5\nE: \"5\"\n";

        assert_eq!(
            Template::parse(text).0,
            json!({
                "A": { "Ref": "X" }, "B": { "Fn::GetAtt": ["X", "Arn"] },
                "C": { "Fn::If": ["Y", { "Fn::Sub": "a-${X}" }, { "Ref": "AWS::NoValue" }] }, "D": 5, "E": "5",
            })
        );
    }
}

//! JSONata, as far as our machines use it: a path, a path compared with a text, and texts and paths put together.

use serde_json::Value;

/// What stands between `{%` and `%}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// `$states.input.verdict`: the names, the first one without its `$`.
    Path(Vec<String>),
    /// `$states.input.verdict = 'USABLE'`
    Equals(Vec<String>, String),
    /// `'tola-' & $page.channel_type & '-adapter'`
    Joined(Vec<Part>),
}

/// A part of a text that is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// What is found there.
    Path(Vec<String>),
}

/// An expression that is more than we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is more than a path, a comparison with a text, or texts and paths put together")]
pub struct NotAnExpression(pub String);

impl Expression {
    /// Reads a text: `None` if it is none at all but a text that means itself.
    ///
    /// # Errors
    /// [`NotAnExpression`] when it is more than we use.
    pub fn parse(text: &str) -> Result<Option<Self>, NotAnExpression> {
        let refuse = || NotAnExpression(text.to_owned());
        let Some(inner) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) else {
            return if text.contains("{%") || text.contains("%}") { Err(refuse()) } else { Ok(None) };
        };
        let inner = inner.trim();
        if inner.contains(" & ") {
            let parts: Option<Vec<_>> = inner.split(" & ").map(|part| part_of(part.trim())).collect();
            return Ok(Some(Self::Joined(parts.ok_or_else(refuse)?)));
        }
        let expression = match inner.split_once(" = ") {
            Some((left, right)) => path_of(left).zip(literal_of(right)).map(|(path, text)| Self::Equals(path, text)),
            None => path_of(inner).map(Self::Path),
        };
        expression.map(Some).ok_or_else(refuse)
    }

    /// The value, where `root` finds what the first name of a path stands for; `None` where something is missing.
    pub(crate) fn value(&self, root: &impl Fn(&str) -> Option<Value>) -> Option<Value> {
        match self {
            Self::Path(path) => find(path, root),
            // Nothing is equal to what is not there.
            Self::Equals(path, text) => Some(Value::Bool(find(path, root).is_some_and(|value| value == text.as_str()))),
            Self::Joined(parts) => {
                let texts: Option<Vec<_>> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => Some(text.clone()),
                        Part::Path(path) => find(path, root)?.as_str().map(str::to_owned),
                    })
                    .collect();
                Some(Value::String(texts?.concat()))
            }
        }
    }
}

fn part_of(text: &str) -> Option<Part> {
    literal_of(text).map(Part::Text).or_else(|| path_of(text).map(Part::Path))
}

fn literal_of(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then(|| inner.to_owned())
}

fn path_of(text: &str) -> Option<Vec<String>> {
    let path: Vec<_> = text.strip_prefix('$')?.split('.').map(str::to_owned).collect();
    let is_name = |name: &String| {
        let mut letters = name.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    path.iter().all(is_name).then_some(path)
}

fn find(path: &[String], root: &impl Fn(&str) -> Option<Value>) -> Option<Value> {
    let (first, rest) = path.split_first()?;
    let mut found = root(first)?;
    for name in rest {
        found = found.get_mut(name)?.take();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Option<Value> {
        let root = |name: &str| match name {
            "states" => Some(json!({ "input": { "verdict": "USABLE", "type": "shop", "none": null, "list": [1] } })),
            "after" => Some(Value::Null),
            _ => None,
        };
        Expression::parse(text).unwrap().unwrap().value(&root)
    }

    #[test]
    fn what_we_use_is_evaluated() {
        assert_eq!(value("{% $states.input.verdict %}"), Some(json!("USABLE")));
        assert_eq!(value("{% $states.input.verdict = 'USABLE' %}"), Some(json!(true)));
        assert_eq!(value("{% $states.input.gone = 'USABLE' %}"), Some(json!(false)));
        assert_eq!(value("{% 'tola-' & $states.input.type & '-adapter' %}"), Some(json!("tola-shop-adapter")));
        assert_eq!(value("{% $states.input.list %}"), Some(json!([1])));
        assert_eq!(value("{% $after %}"), Some(Value::Null));
        assert_eq!(value("{% $states.input.none %}"), Some(Value::Null));
        assert_eq!(value("{% $states.input.gone %}"), None);
        assert_eq!(value("{% $nobody %}"), None);
    }

    #[test]
    fn what_is_more_is_refused_and_texts_mean_themselves() {
        assert_eq!(Expression::parse("plain"), Ok(None));
        for clever in ["{% $count($a) %}", "{% $a.b[0] %}", "{% $a = 'b' or $c = 'd' %}", "x {% $a %}", "{% $a & 1 %}"]
        {
            assert_eq!(Expression::parse(clever), Err(NotAnExpression(clever.to_owned())), "{clever}");
        }
    }
}

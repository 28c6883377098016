//! JSONata expressions, as far as our machines use them: they move data and never compute, so a path is all there is,
//! and in a choice a path that is compared with a literal.

use serde_json::Value;

/// `$states.input.verdict = 'USABLE'`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expression<'a> {
    /// The names of the path; the first one without its `$`.
    pub(super) path: Vec<&'a str>,
    /// What it is compared with.
    pub(super) equals: Option<&'a str>,
}

/// Whether a text has an expression in it, well-formed or not.
pub(super) fn is_expression(text: &str) -> bool {
    text.contains("{%") || text.contains("%}")
}

impl<'a> Expression<'a> {
    /// Reads `{% … %}`; `None` for anything that is more than a path or a comparison.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix("{%")?.strip_suffix("%}")?.trim();
        let (path, equals) = match inner.split_once(" = ") {
            Some((path, literal)) => (path, Some(literal.strip_prefix('\'')?.strip_suffix('\'')?)),
            None => (inner, None),
        };
        let path: Vec<_> = path.strip_prefix('$')?.split('.').collect();
        let is_name = |name: &&str| {
            let mut letters = name.chars();
            letters.next().is_some_and(|c| c.is_ascii_alphabetic())
                && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let literal_is_plain = equals.is_none_or(|literal| !literal.contains('\''));
        (path.iter().all(is_name) && literal_is_plain).then_some(Self { path, equals })
    }
}

/// Every text in a value that has an expression in it.
pub(super) fn expressions_in(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if is_expression(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(expressions_in).collect(),
        Value::Object(entries) => entries.values().flat_map(expressions_in).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_comparisons_are_read_and_nothing_more() {
        let verdict = Expression { path: vec!["states", "input", "verdict"], equals: Some("USABLE") };

        assert_eq!(Expression::parse("{% $states.input.verdict = 'USABLE' %}"), Some(verdict));
        assert_eq!(Expression::parse("{% $result %}").unwrap().path, ["result"]);
        for clever in
            ["{% $a & 'b' %}", "{% $count($a) %}", "{% $a.b[0] %}", "{% $a = 'b' or $c = 'd' %}", "x {% $a %}"]
        {
            assert_eq!(Expression::parse(clever), None, "{clever}");
        }
    }
}

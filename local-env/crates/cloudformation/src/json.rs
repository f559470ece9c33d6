//! JSON with places: a reader by recursive descent, as deep as [`MAX_DEPTH`].
//!
//! `serde_json` reads what stands between two quotation marks, so that escapes are its business.

use indexmap::map;

use super::{
    node::{Entry, MAX_DEPTH, Map, Node, Value},
    problem::{Result, SyntaxFault, TemplateProblem as Problem},
    source::{Span, line},
};

/// Reads the only value of a text.
pub(super) fn read(text: &str) -> Result<Node> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let node = reader.value()?;
    reader.blank();
    if reader.at < text.len() {
        return Err(reader.unexpected("the end of the text"));
    }
    Ok(node)
}

// === impl Node ===

impl Node {
    /// Reads a JSON document that stands within a text, as policies may; its places are that text's
    /// own.
    pub fn of_json(text: &str) -> Option<Self> {
        read(text).ok()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Node> {
        self.blank();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::map)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node::new(value, Span::from(start..self.at)))
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value>) -> Result<Value> {
        if self.depth == MAX_DEPTH {
            return Err(Problem::too_deep(self.at..self.at + 1));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn map(&mut self) -> Result<Value> {
        let mut map = Map::new();
        if self.eat(b'}') {
            return Ok(Value::Map(map));
        }
        loop {
            self.entry(&mut map)?;
            if self.eat(b'}') {
                return Ok(Value::Map(map));
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn entry(&mut self, map: &mut Map) -> Result<()> {
        self.blank();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in quotation marks"));
        }
        let key = self.string()?;
        let key_span = Span::from(start..self.at);
        self.expect(b':', "`:`")?;
        let node = self.value()?;
        insert(map, key, Entry { key_span, node }, self.text)
    }

    fn list(&mut self) -> Result<Value> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.eat(b']') {
                return Ok(Value::List(items));
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    fn string(&mut self) -> Result<String> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let Some(token) = self.text.get(start..=end) else {
            return Err(Problem::syntax(SyntaxFault::Unclosed, start..start + 1));
        };
        self.at = end + 1;
        serde_json::from_str(token).map_err(|_| unreadable(token, start))
    }

    fn number(&mut self) -> Result<Value> {
        let text = self.run(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if is_number(text) {
            return Ok(Value::Number(text.to_owned()));
        }
        let span = self.at - text.len()..self.at;
        Err(Problem::syntax(SyntaxFault::NotANumber { found: text.to_owned() }, span))
    }

    fn word(&mut self) -> Result<Value> {
        let start = self.at;
        let value = match self.run(|byte| byte.is_ascii_alphanumeric()) {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => {
                self.at = start;
                return Err(self.unexpected("a value"));
            }
        };
        Ok(value)
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(|byte| belongs(*byte)).count();
        self.at += length;
        &rest[..length]
    }

    fn blank(&mut self) {
        self.run(|byte| b" \t\r\n".contains(&byte));
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<()> {
        if self.eat(byte) { Ok(()) } else { Err(self.unexpected(name)) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unexpected(&self, expected: &'static str) -> Problem {
        if let Some(found) = self.text[self.at..].chars().next() {
            let reason = SyntaxFault::Unexpected { expected, found };
            return Problem::syntax(reason, self.at..self.at + found.len_utf8());
        }
        let end = self.text.trim_end();
        let last = end.char_indices().last().map_or(0, |(at, _)| at);
        Problem::syntax(SyntaxFault::Ended { expected }, last..end.len())
    }
}

/// Returns what is wrong with a text in quotation marks that cannot be read.
fn unreadable(token: &str, start: usize) -> Problem {
    match token.char_indices().find(|(_, it)| *it < ' ') {
        Some((at, found)) => {
            let at = start + at;
            Problem::syntax(SyntaxFault::ControlCharacter { found }, at..at + 1)
        }
        None => Problem::syntax(SyntaxFault::Escape, start..start + token.len()),
    }
}

/// Adds an entry, unless the key is there.
pub(super) fn insert(map: &mut Map, key: String, entry: Entry, text: &str) -> Result<()> {
    match map.entry(key) {
        map::Entry::Vacant(vacant) => {
            vacant.insert(entry);
            Ok(())
        }
        map::Entry::Occupied(there) => Err(Problem::DuplicateKey {
            key: there.key().clone(),
            first_line: line(text, there.get().key_span),
            span: entry.key_span,
        }),
    }
}

/// Returns whether JSON would call this a number.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        read(text).expect_err("the text is wrong").to_string()
    }

    #[test]
    fn values_know_their_place() {
        let text = r#" { "a": [1, "zwölf"], "b": true } "#;
        let node = read(text).unwrap();
        let at = |node: &Node| &text[node.span.offset()..][..node.span.len()];
        let items = node.get("a").and_then(Node::items).unwrap();
        assert_eq!(at(&node), text.trim());
        assert_eq!(at(&items[1]), "\"zwölf\"");
        let key = node.entries().unwrap()["b"].key_span;
        assert_eq!(&text[key.offset()..][..key.len()], "\"b\"");
    }

    #[test]
    fn escapes_and_surrogate_pairs_are_decoded() {
        let node = read(r#""\u0041\n\ud83d\ude00 \"""#).unwrap();
        assert_eq!(node.value, Value::String("A\n😀 \"".into()));
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for text in ["0", "-1", "1.50", "1e9", "12E-3", "123456789012345678901234567890"] {
            assert_eq!(read(text).unwrap().value, Value::Number(text.into()));
        }
        for text in ["01", "1.", "-", "1e", "0x10", "1-2", ".5"] {
            read(text).expect_err(text);
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(problem("{\"a\": 1,}"), "expected a key in quotation marks, found `}`");
        assert_eq!(problem("[1 2]"), "expected `,` or `]`, found `2`");
        assert_eq!(problem("{\"a\" 1}"), "expected `:`, found `1`");
        assert_eq!(problem("{} x"), "expected the end of the text, found `x`");
        assert_eq!(problem("[tru]"), "expected a value, found `t`");
        assert_eq!(problem("[ö]"), "expected a value, found `ö`");
        assert_eq!(
            problem(r#"{"a": 1, "a": 2}"#),
            "the key `a` is given twice in one mapping, first on line 1"
        );
        assert_eq!(
            problem("[\"ä\nb\"]"),
            "a text has the control character `\\n`, which JSON wants escaped"
        );
        assert_eq!(problem(r#""\x""#), "a text has an escape that JSON does not know");
        assert!(problem(r#"{"a": "b"#).contains("not closed"));
        assert!(problem(r#""\"#).contains("not closed"));
        assert!(problem("").contains("ends where a value"));
    }

    #[test]
    fn a_nesting_bomb_is_an_error() {
        for bomb in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
            assert!(problem(&bomb).contains("nested more than 100 deep"));
        }
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        read(&deep).unwrap();
    }
}

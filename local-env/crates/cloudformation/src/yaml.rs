//! YAML with places, from the events of `saphyr-parser`.
//!
//! A short-form tag becomes the mapping that it stands for: `!Sub x` is `{Fn::Sub: x}`. Scalars
//! keep their spelling. Aliases are copied as they are met, up to a bound, so that a few lines
//! cannot fill the memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as YamlSpan, Tag};

use super::{
    json::{insert, is_number},
    node::{Entry, MAX_DEPTH, Map, Node, Value},
    problem::{Result, SyntaxFault, TemplateProblem as Problem},
    source::Span,
};

/// The most values that anchors and aliases may add to a template; a long text counts as many.
const MAX_COPIED: usize = 200_000;

/// So many bytes of a text count as one value more.
const BYTES_A_VALUE: usize = 64;

/// Reads the only document of a text.
pub(super) fn read(text: &str) -> Result<Node> {
    let places = Places::new(text);
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(text) {
        // The parser would repeat its error for ever: the first one ends the loop.
        let (event, span) = event.map_err(|error| {
            let at = places.byte(error.marker().index());
            // It reads ahead of its events, and gives up at brackets that we would refuse.
            if most_open(&text[..at]) > MAX_DEPTH {
                return Problem::too_deep(at..at);
            }
            let message = error.info().to_owned();
            Problem::syntax(SyntaxFault::NotYaml { message }, at..at)
        })?;
        builder.take(event, places.span(span))?;
    }
    builder.root.map(|built| built.node).ok_or_else(|| Problem::syntax(SyntaxFault::Empty, 0..0))
}

/// Returns how many brackets are open at once where most are, whatever is quoted or a comment.
fn most_open(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Where characters are: the parser counts characters, everything else bytes.
struct Places {
    /// The byte of each character and of the end; `None` where every character is one byte.
    bytes: Option<Vec<usize>>,
    end: usize,
}

#[derive(Default)]
struct Builder<'a> {
    text: &'a str,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    copied: usize,
    documents: usize,
    root: Option<Built>,
}

/// A value with what bounds the copying of it.
#[derive(Clone)]
struct Built {
    node: Node,
    values: usize,
    depth: usize,
}

/// A list or mapping whose end has not come.
struct Open {
    kind: OpenKind,
    tag: Option<String>,
    anchor: usize,
    start: usize,
    end: usize,
    values: usize,
    depth: usize,
}

enum OpenKind {
    List(Vec<Node>),
    Map(Map, Option<(String, Span)>),
}

// === impl Places ===

impl Places {
    fn new(text: &str) -> Self {
        let ends = || text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { bytes: (!text.is_ascii()).then(ends), end: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.end),
            None => character.min(self.end),
        }
    }

    fn span(&self, span: YamlSpan) -> Span {
        let start = self.byte(span.start.index());
        Span::from(start..self.byte(span.end.index()).max(start))
    }
}

// === impl Builder ===

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, ..Self::default() }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<()> {
        match event {
            Event::DocumentStart(_) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, function(tag.as_deref(), span)?, span)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::SequenceStart(anchor, tag) => {
                self.open(OpenKind::List(Vec::new()), anchor, function(tag.as_deref(), span)?, span)
            }
            Event::MappingStart(anchor, tag) => {
                let kind = OpenKind::Map(Map::new(), None);
                self.open(kind, anchor, function(tag.as_deref(), span)?, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, span: Span) -> Result<()> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Problem::syntax(SyntaxFault::SecondDocument, span));
        }
        Ok(())
    }

    fn open(
        &mut self,
        kind: OpenKind,
        anchor: usize,
        tag: Option<Named>,
        span: Span,
    ) -> Result<()> {
        if self.open.len() == MAX_DEPTH {
            return Err(Problem::too_deep(span));
        }
        self.refuse_as_key(span)?;
        let tag = tag.and_then(Named::function);
        let start = span.offset();
        self.open.push(Open { kind, tag, anchor, start, end: start, values: 1, depth: 1 });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // A flow collection has an end of its own; a block's ends with what is in it.
        let end = if span.is_empty() { open.end } else { span.offset() + span.len() };
        let value = match open.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map(map, _) => Value::Map(map),
        };
        let node = Node::new(value, Span::from(open.start..end.max(open.start)));
        let built = Built { node, values: open.values, depth: open.depth };
        self.add(built, open.tag, open.anchor)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Named>,
        span: Span,
    ) -> Result<()> {
        if let Some(open) = self.open.last_mut()
            && let OpenKind::Map(_, key @ None) = &mut open.kind
        {
            if text == "<<" && style == ScalarStyle::Plain {
                return Err(Problem::syntax(SyntaxFault::MergeKey, span));
            }
            *key = Some((text.to_owned(), span));
            open.values += text.len() / BYTES_A_VALUE;
            return Ok(());
        }
        let value = match (style, &tag) {
            (ScalarStyle::Plain, None | Some(Named::Function(_))) => plain(text),
            _ => Value::String(text.to_owned()),
        };
        let values = 1 + text.len() / BYTES_A_VALUE;
        let built = Built { node: Node::new(value, span), values, depth: 0 };
        self.add(built, tag.and_then(Named::function), anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<()> {
        self.refuse_as_key(span)?;
        let Some(built) = self.anchors.get(&anchor) else {
            return Err(Problem::syntax(SyntaxFault::DanglingAlias, span));
        };
        let built = built.clone();
        self.copy(&built, span)?;
        if self.open.len() + built.depth > MAX_DEPTH {
            return Err(Problem::too_deep(span));
        }
        self.add(built, None, 0)
    }

    fn copy(&mut self, built: &Built, span: Span) -> Result<()> {
        self.copied += built.values;
        if self.copied > MAX_COPIED {
            let reason = SyntaxFault::TooManyCopies { most: MAX_COPIED };
            return Err(Problem::syntax(reason, span));
        }
        Ok(())
    }

    /// Adds a complete value to what is open, or takes it for the document's only one.
    fn add(&mut self, mut built: Built, tag: Option<String>, anchor: usize) -> Result<()> {
        if let Some(name) = tag {
            built = built.called_by(name);
        }
        if anchor > 0 {
            self.copy(&built, built.node.span)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(built);
            return Ok(());
        };
        open.values += built.values;
        open.depth = open.depth.max(built.depth + 1);
        open.end = open.end.max(built.node.span.offset() + built.node.span.len());
        match &mut open.kind {
            OpenKind::List(items) => items.push(built.node),
            OpenKind::Map(map, key) => {
                if let Some((key, key_span)) = key.take() {
                    insert(map, key, Entry { key_span, node: built.node }, self.text)?;
                }
            }
        }
        Ok(())
    }

    /// Refuses a value where a key is due, since only scalars can be keys of a template.
    fn refuse_as_key(&self, span: Span) -> Result<()> {
        match self.open.last() {
            Some(Open { kind: OpenKind::Map(_, None), .. }) => {
                Err(Problem::syntax(SyntaxFault::KeyNotText, span))
            }
            _ => Ok(()),
        }
    }
}

// === impl Built ===

impl Built {
    /// Returns `!Name value` as the mapping that CloudFormation makes of it.
    fn called_by(self, name: String) -> Self {
        let span = self.node.span;
        let entry = Entry { key_span: span, node: self.node };
        let node = Node::new(Value::Map(Map::from_iter([(name, entry)])), span);
        Self { node, values: self.values + 1, depth: self.depth + 1 }
    }
}

/// What a tag says of its value.
enum Named {
    /// The value is the argument of this function.
    Function(String),
    /// The value is a text, whatever it looks like.
    Text,
}

// === impl Named ===

impl Named {
    fn function(self) -> Option<String> {
        if let Self::Function(name) = self { Some(name) } else { None }
    }
}

fn function(tag: Option<&Tag>, span: Span) -> Result<Option<Named>> {
    let Some(tag) = tag else { return Ok(None) };
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name @ ("Ref" | "Condition")) => Ok(Some(Named::Function(name.to_owned()))),
        ("", "!") | ("!", "") | ("tag:yaml.org,2002:", "str") => Ok(Some(Named::Text)),
        ("!", name) => Ok(Some(Named::Function(format!("Fn::{name}")))),
        ("tag:yaml.org,2002:", "int" | "float" | "bool" | "null" | "seq" | "map") => Ok(None),
        _ => Err(Problem::syntax(SyntaxFault::UnknownTag { tag: tag.to_string() }, span)),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_number(number) => Value::Number(number.to_owned()),
        text => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::json;
    use super::*;

    fn problem(text: &str) -> String {
        read(text).expect_err("the text is wrong").to_string()
    }

    #[track_caller]
    fn same(yaml: &str, json: &str) {
        let (yaml, json) = (read(yaml).unwrap(), json::read(json).unwrap());
        assert!(yaml.same(&json), "{yaml:#?}\n{json:#?}");
    }

    #[test]
    fn short_forms_are_the_long_ones() {
        same("a: !Ref X", r#"{"a": {"Ref": "X"}}"#);
        same("a: !GetAtt b.c", r#"{"a": {"Fn::GetAtt": "b.c"}}"#);
        same("a: !Condition C", r#"{"a": {"Condition": "C"}}"#);
        same("- !Sub '${A}-${B}'", r#"[{"Fn::Sub": "${A}-${B}"}]"#);
        same("!If [C, !Ref B, 2]", r#"{"Fn::If": ["C", {"Ref": "B"}, 2]}"#);
        same("!Join\n  - ''\n  - [a, !Ref b]\n", r#"{"Fn::Join": ["", ["a", {"Ref": "b"}]]}"#);
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let node = read("[012345678901, 0644, yes, '80', 80, 2010-09-09, ~, !!str 1]").unwrap();
        let texts: Vec<_> = node.items().unwrap().iter().map(|item| item.value.clone()).collect();
        let text = |text: &str| Value::String(text.to_owned());
        assert_eq!(
            texts,
            [
                text("012345678901"),
                text("0644"),
                text("yes"),
                text("80"),
                Value::Number("80".into()),
                text("2010-09-09"),
                Value::Null,
                text("1"),
            ]
        );
    }

    #[test]
    fn places_are_bytes() {
        let text = "ä: ö\nList:\n  - über\n  - {x: 1}\nNext: 1\n";
        let node = read(text).unwrap();
        let at = |span: Span| &text[span.offset()..][..span.len()];
        assert_eq!(at(node.get("ä").unwrap().span), "ö");
        assert_eq!(at(node.get("List").unwrap().items().unwrap()[0].span), "über");
        assert_eq!(at(node.get("List").unwrap().items().unwrap()[1].span), "{x: 1}");
        assert_eq!(at(node.entries().unwrap()["Next"].key_span), "Next");
        assert!(at(node.get("List").unwrap().span).ends_with("{x: 1}"));
    }

    #[test]
    fn anchors_are_copied() {
        same("a: &x {b: !Ref C}\nd: *x", r#"{"a": {"b": {"Ref": "C"}}, "d": {"b": {"Ref": "C"}}}"#);
    }

    #[test]
    fn an_alias_bomb_is_an_error() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(problem(&bomb).contains("aliases repeat more than"));
    }

    #[test]
    fn nesting_bombs_are_errors() {
        let tags = "- ".repeat(100_000);
        let flow = "[".repeat(100_000);
        let mut aliases = String::from("a0: &a0 [x]\n");
        for level in 1..200 {
            writeln!(aliases, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
        }
        for bomb in [tags, flow, aliases] {
            let problem = problem(&bomb);
            assert!(problem.contains("nested more than 100 deep"), "{problem}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            problem("a: 1\na: 2"),
            "the key `a` is given twice in one mapping, first on line 1"
        );
        assert!(problem("<<: {a: 1}").contains("`<<`"));
        assert!(problem("? [a]\n: 1").contains("a key must be"));
        assert!(problem("a: 1\n---\nb: 2").contains("one YAML document"));
        assert!(problem("a: &x [*x]").contains("ends before it"));
        assert!(problem("a: !!binary x").contains("binary"));
        assert!(problem("a: [1").contains("not YAML"));
        assert!(problem("# nothing\n").contains("empty"));
    }
}

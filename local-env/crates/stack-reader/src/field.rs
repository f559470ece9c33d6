//! Properties, read with their places. What is never asked for is reported in the end.

use std::{
    borrow::Cow, cell::RefCell, collections::HashMap, ops::RangeInclusive, str::FromStr,
    sync::LazyLock, time::Duration,
};

use crate::StackProblem;
use cloudformation::{Map, Node, Resource, Span, Value};
use stack::{Arn, Ignored, Warning};

pub(super) type Result<T> = std::result::Result<T, StackProblem>;

/// Properties that only describe, and need no word.
const BOOKKEEPING: [&str; 6] = [
    "Tags",
    "Metadata",
    "Description",
    "EnableECSManagedTags",
    "PropagateTags",
    "TagSpecifications",
];

/// A resource while it is read.
pub(super) struct Reading<'a> {
    pub(super) resource: &'a Resource,
    seen: RefCell<HashMap<String, Seen>>,
    ignored: RefCell<Vec<String>>,
    warnings: RefCell<Vec<Warning>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// With all that is in it.
    Whole,
    /// As far as its parts were.
    Parts,
}

/// A mapping of properties.
#[derive(Clone)]
pub(super) struct Properties<'a> {
    reading: &'a Reading<'a>,
    map: &'a Map,
    /// Within the resource's properties; empty for those themselves.
    path: String,
    span: Span,
}

/// A property that is given.
#[derive(Clone)]
pub(super) struct Field<'a> {
    reading: &'a Reading<'a>,
    node: &'a Node,
    path: String,
}

// === impl Reading ===

impl<'a> Reading<'a> {
    pub(super) fn new(resource: &'a Resource) -> Self {
        Self {
            resource,
            seen: RefCell::default(),
            ignored: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    pub(super) fn properties(&'a self) -> Properties<'a> {
        static NONE: LazyLock<Map> = LazyLock::new(Map::new);
        let map = self.resource.properties.entries().unwrap_or_else(|| &NONE);
        Properties { reading: self, map, path: String::new(), span: self.resource.span }
    }

    /// Names something that was read and is not acted upon.
    pub(super) fn ignore(&self, property: String) {
        self.ignored.borrow_mut().push(property);
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.warnings.borrow_mut().push(warning);
    }

    /// What was warned of so far.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        self.warnings.take()
    }

    /// A problem with the resource as a whole.
    pub(super) fn not_emulated(&self, what: &str, help: &str) -> StackProblem {
        StackProblem::NotEmulated {
            path: format!("Resources.{}", self.resource.logical_id),
            what: what.to_owned(),
            help: help.to_owned(),
            span: self.resource.span,
        }
    }

    /// What was not acted upon, in the template's order.
    pub(super) fn ignored(self) -> Vec<Ignored> {
        let mut names = Vec::new();
        self.unseen(&self.resource.properties, "", &mut names);
        names.extend(self.ignored.into_inner());
        let ignored = |property| Ignored {
            logical_id: self.resource.logical_id.clone(),
            resource_type: self.resource.resource_type.clone(),
            property: Some(property),
        };
        names.into_iter().map(ignored).collect()
    }

    fn unseen(&self, node: &Node, path: &str, names: &mut Vec<String>) {
        match &node.value {
            Value::Map(map) => {
                for (key, entry) in map {
                    self.unseen_child(&entry.node, join(path, key), key, names);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.unseen_child(item, format!("{path}[{index}]"), "", names);
                }
            }
            _ => {}
        }
    }

    fn unseen_child(&self, node: &Node, path: String, key: &str, names: &mut Vec<String>) {
        let seen = self.seen.borrow().get(&path).copied();
        match seen {
            Some(Seen::Whole) => {}
            Some(Seen::Parts) => self.unseen(node, &path, names),
            None if BOOKKEEPING.contains(&key) => {}
            None => names.push(path),
        }
    }

    fn saw(&self, path: &str, seen: Seen) {
        self.seen.borrow_mut().insert(path.to_owned(), seen);
    }

    fn full_path(&self, path: &str) -> String {
        join(&format!("Resources.{}.Properties", self.resource.logical_id), path)
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() || key.is_empty() { format!("{path}{key}") } else { format!("{path}.{key}") }
}

// === impl Properties ===

impl<'a> Properties<'a> {
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let path = join(&self.path, key);
        let entry = self.map.get(key)?;
        self.reading.saw(&path, Seen::Whole);
        Some(Field { reading: self.reading, node: &entry.node, path })
    }

    /// All of them, where the keys are the user's own.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        self.map.keys().filter_map(|key| Some((key.as_str(), self.get(key)?)))
    }

    pub(super) fn need(&self, key: &str) -> Result<Field<'a>> {
        self.get(key).ok_or_else(|| self.missing(key, "AWS needs it to be given"))
    }

    pub(super) fn missing(&self, key: &str, help: &str) -> StackProblem {
        let path = self.reading.full_path(&join(&self.path, key));
        StackProblem::Missing { path, help: help.to_owned(), span: self.span }
    }

    /// Tells that what a property says, or its absence, is run in another way here.
    pub(super) fn run_otherwise(&self, key: &str, how: impl Into<String>) {
        self.reading.warn(Warning::RunOtherwise {
            logical_id: self.reading.resource.logical_id.clone(),
            property: join(&self.path, key),
            how: how.into(),
        });
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<Cow<'a, str>>> {
        self.get(key).map(|field| field.text()).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.get(key).map(|field| field.flag()).transpose()
    }

    /// The number, or the default if it is not given.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<u32> {
        self.get(key).map_or(Ok(default), |field| field.number(range))
    }

    pub(super) fn seconds(
        &self,
        key: &str,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> Result<Duration> {
        self.number(key, range, default).map(|seconds| Duration::from_secs(seconds.into()))
    }

    pub(super) fn map(&self, key: &str) -> Result<Option<Properties<'a>>> {
        self.get(key).map(|field| field.map()).transpose()
    }

    /// The mapping, if its flag switches it on; what one that is off says besides is nothing.
    pub(super) fn switched_on(&self, key: &str, flag: &str) -> Result<Option<Field<'a>>> {
        let Some(field) = self.get(key) else { return Ok(None) };
        let on = field.map()?.flag(flag)? == Some(true);
        self.reading.saw(&field.path, Seen::Whole);
        Ok(on.then_some(field))
    }

    /// Lists the property as ignored, unless its value is one that holds here anyway.
    pub(super) fn ignore_unless(&self, key: &str, values: &[&str]) -> Result<()> {
        if let Some(field) = self.get(key)
            && !values.contains(&&*field.text()?)
        {
            field.ignore();
        }
        Ok(())
    }

    /// The meaning of a word, or the default if it is not given.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T> {
        self.get(key).map_or(Ok(default), |field| field.choice(choices))
    }

    /// The items, none if the list is not given.
    pub(super) fn items(&self, key: &str) -> Result<Vec<Field<'a>>> {
        self.get(key).map_or(Ok(Vec::new()), |field| field.items())
    }
}

// === impl Field ===

impl<'a> Field<'a> {
    pub(super) fn text(&self) -> Result<Cow<'a, str>> {
        self.node.text().ok_or_else(|| self.wrong_type("a text", self.node.kind()))
    }

    pub(super) fn arn(&self) -> Result<Arn> {
        Ok(Arn::from(&*self.text()?))
    }

    /// A whole number, as far as its type goes.
    pub(super) fn whole<T: FromStr>(&self) -> Result<T> {
        let text = self.text()?;
        text.parse().map_err(|_| self.wrong_type("a whole number", &format!("`{text}`")))
    }

    pub(super) fn texts(&self) -> Result<Vec<String>> {
        self.items()?.iter().map(|item| item.text().map(Cow::into_owned)).collect()
    }

    pub(super) fn number(&self, range: RangeInclusive<u32>) -> Result<u32> {
        let number: u32 = self.whole()?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (from, to) = range.into_inner();
        Err(self.refused(format!("is {number}"), format!("AWS takes {from} to {to}")))
    }

    pub(super) fn port(&self) -> Result<u16> {
        let number = self.number(1..=u16::MAX.into())?;
        u16::try_from(number).map_err(|_| self.wrong_type("a port", &number.to_string()))
    }

    pub(super) fn flag(&self) -> Result<bool> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            // The last two are YAML's older words, which CloudFormation still reads.
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(self.wrong_type("`true` or `false`", &format!("`{text}`"))),
        }
    }

    /// The text, if it is neither too short nor too long.
    pub(super) fn sized(&self, range: RangeInclusive<usize>) -> Result<Cow<'a, str>> {
        let text = self.text()?;
        let length = text.chars().count();
        if range.contains(&length) {
            return Ok(text);
        }
        let (from, to) = range.into_inner();
        Err(self.refused(format!("has {length} characters"), format!("AWS takes {from} to {to}")))
    }

    /// The meaning of one of a few words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.refused(format!("is `{text}`"), format!("write {}", words.join(" or ")))
        })
    }

    pub(super) fn items(&self) -> Result<Vec<Field<'a>>> {
        let wrong = || self.wrong_type("a list", self.node.kind());
        self.reading.saw(&self.path, Seen::Parts);
        let items = self.node.items().ok_or_else(wrong)?.iter().enumerate();
        let field = |(index, node)| {
            let path = format!("{}[{index}]", self.path);
            self.reading.saw(&path, Seen::Whole);
            Field { reading: self.reading, node, path }
        };
        Ok(items.map(field).collect())
    }

    pub(super) fn map(&self) -> Result<Properties<'a>> {
        let wrong = || self.wrong_type("a mapping", self.node.kind());
        self.reading.saw(&self.path, Seen::Parts);
        let map = self.node.entries().ok_or_else(wrong)?;
        let (reading, path, span) = (self.reading, self.path.clone(), self.node.span);
        Ok(Properties { reading, map, path, span })
    }

    /// Lists it as something that is not acted upon.
    pub(super) fn ignore(&self) {
        self.reading.ignore(self.path.clone());
    }

    /// Tells that it is run in another way here.
    pub(super) fn run_otherwise(&self, how: impl Into<String>) {
        self.reading.warn(Warning::RunOtherwise {
            logical_id: self.reading.resource.logical_id.clone(),
            property: self.path.clone(),
            how: how.into(),
        });
    }

    /// Whether it is an empty list or mapping, which says nothing.
    pub(super) fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::List(items) => items.is_empty(),
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Whether it asks for nothing: empty, or switched off.
    pub(super) fn says_nothing(&self) -> bool {
        let off = || self.node.text().is_some_and(|text| text.is_empty() || text == "false");
        self.is_empty() || off()
    }

    pub(super) fn span(&self) -> Span {
        self.node.span
    }

    /// Where it stands in its resource.
    pub(super) fn property(&self) -> &str {
        &self.path
    }

    fn path(&self) -> String {
        self.reading.full_path(&self.path)
    }

    fn wrong_type(&self, expected: &str, found: &str) -> StackProblem {
        StackProblem::WrongType {
            path: self.path(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            span: self.span(),
        }
    }

    pub(super) fn refused(&self, why: impl Into<String>, help: impl Into<String>) -> StackProblem {
        let (why, help) = (why.into(), help.into());
        StackProblem::Refused { path: self.path(), why, help, span: self.span() }
    }

    pub(super) fn not_emulated(
        &self,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> StackProblem {
        let (what, help) = (what.into(), help.into());
        StackProblem::NotEmulated { path: self.path(), what, help, span: self.span() }
    }

    pub(super) fn not_in_template(&self, kind: &'static str) -> StackProblem {
        let value = self.node.text().unwrap_or_default().into_owned();
        StackProblem::NotInTemplate { path: self.path(), value, kind, span: self.span() }
    }
}

//! Properties, read with their places. What is never asked for is reported in the end.

use std::{
    borrow::Cow, cell::RefCell, collections::HashMap, ops::RangeInclusive, str::FromStr,
    sync::LazyLock, time::Duration,
};

use crate::problem::{
    Expected, Form, Found, Kind, Need, NotEmulated, Part, PropertyFault, Reason, StackProblem,
};
use cloudformation::{Map, Node, PropertyPath, Resource, Span, Value};
use stack::{Arn, Ignored, IgnoredPart, Otherwise, Warning};

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
    seen: RefCell<HashMap<PropertyPath, Seen>>,
    ignored: RefCell<Vec<IgnoredPart>>,
    warnings: RefCell<Vec<Warning>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It was seen with all that is in it.
    Whole,
    /// It was seen as far as its parts were.
    Parts,
}

/// A mapping of properties.
#[derive(Clone)]
pub(super) struct Properties<'a> {
    reading: &'a Reading<'a>,
    map: &'a Map,
    /// The way within the resource's properties; empty for those themselves.
    path: PropertyPath,
    span: Span,
    part: Part,
}

/// A property that is given.
#[derive(Clone)]
pub(super) struct Field<'a> {
    reading: &'a Reading<'a>,
    node: &'a Node,
    path: PropertyPath,
    part: Part,
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
        let (path, span) = (PropertyPath::default(), self.resource.span);
        Properties { reading: self, map, path, span, part: Part::Other }
    }

    /// Names something that was read and is not acted upon.
    pub(super) fn ignore(&self, part: IgnoredPart) {
        self.ignored.borrow_mut().push(part);
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.warnings.borrow_mut().push(warning);
    }

    /// Returns what was warned of so far.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        self.warnings.take()
    }

    /// Returns the problem that the resource as a whole is not emulated.
    pub(super) fn not_emulated(&self, what: NotEmulated) -> StackProblem {
        StackProblem {
            path: PropertyPath::of_resource(&self.resource.logical_id),
            span: self.resource.span,
            reason: what.into(),
        }
    }

    /// Returns what was not acted upon, in the template's order.
    pub(super) fn ignored(self) -> Vec<Ignored> {
        let mut unseen = Vec::new();
        self.unseen(&self.resource.properties, &PropertyPath::default(), &mut unseen);
        let unseen = unseen.into_iter().map(IgnoredPart::Property);
        let ignored = |part| Ignored {
            logical_id: (&self.resource.logical_id).into(),
            resource_type: self.resource.resource_type.clone(),
            part,
        };
        unseen.chain(self.ignored.into_inner()).map(ignored).collect()
    }

    fn unseen(&self, node: &Node, path: &PropertyPath, unseen: &mut Vec<PropertyPath>) {
        match &node.value {
            Value::Map(map) => {
                for (key, entry) in map {
                    self.unseen_child(&entry.node, path.clone().key(key), Some(key), unseen);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.unseen_child(item, path.clone().index(index), None, unseen);
                }
            }
            _ => {}
        }
    }

    fn unseen_child(
        &self,
        node: &Node,
        path: PropertyPath,
        key: Option<&str>,
        unseen: &mut Vec<PropertyPath>,
    ) {
        let seen = self.seen.borrow().get(&path).copied();
        match seen {
            Some(Seen::Whole) => {}
            Some(Seen::Parts) => self.unseen(node, &path, unseen),
            None if key.is_some_and(|key| BOOKKEEPING.contains(&key)) => {}
            None => unseen.push(path),
        }
    }

    fn saw(&self, path: &PropertyPath, seen: Seen) {
        self.seen.borrow_mut().insert(path.clone(), seen);
    }

    fn full_path(&self, path: &PropertyPath) -> PropertyPath {
        PropertyPath::of_properties(&self.resource.logical_id).join(path)
    }
}

// === impl Properties ===

impl<'a> Properties<'a> {
    /// Returns the properties as those of a part that AWS refuses in its own way.
    pub(super) fn of(&self, part: Part) -> Self {
        Self { part, ..self.clone() }
    }

    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let entry = self.map.get(key)?;
        let path = self.path.clone().key(key);
        self.reading.saw(&path, Seen::Whole);
        Some(Field { reading: self.reading, node: &entry.node, path, part: self.part })
    }

    /// Returns all of them, where the keys are the user's own.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        self.map.keys().filter_map(|key| Some((key.as_str(), self.get(key)?)))
    }

    pub(super) fn need(&self, key: &str) -> Result<Field<'a>> {
        self.get(key).ok_or_else(|| self.missing(key, Need::Required))
    }

    pub(super) fn missing(&self, key: &str, need: Need) -> StackProblem {
        self.missing_at(&PropertyPath::default().key(key), need)
    }

    /// Returns the problem that a property is absent which these lead to.
    pub(super) fn missing_at(&self, path: &PropertyPath, need: Need) -> StackProblem {
        StackProblem {
            path: self.reading.full_path(&self.path).join(path),
            span: self.span,
            reason: Reason::Property(self.part, PropertyFault::Missing(need)),
        }
    }

    /// Tells that what a property says, or its absence, is run in another way here.
    pub(super) fn run_otherwise(&self, key: &str, how: Otherwise) {
        self.reading.warn(Warning::RunOtherwise {
            logical_id: (&self.reading.resource.logical_id).into(),
            property: self.path.clone().key(key),
            how,
        });
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<Cow<'a, str>>> {
        self.get(key).map(|field| field.text()).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.get(key).map(|field| field.flag()).transpose()
    }

    /// Returns the number, or the default if it is not given.
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

    /// Returns the mapping, if its flag switches it on; what one that is off says besides is
    /// nothing.
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

    /// Returns the meaning of a word, or the default if it is not given.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&'static str, T)],
        default: T,
    ) -> Result<T> {
        self.get(key).map_or(Ok(default), |field| field.choice(choices))
    }

    /// Returns the items, none if the list is not given.
    pub(super) fn items(&self, key: &str) -> Result<Vec<Field<'a>>> {
        self.get(key).map_or(Ok(Vec::new()), |field| field.items())
    }
}

// === impl Field ===

impl<'a> Field<'a> {
    pub(super) fn text(&self) -> Result<Cow<'a, str>> {
        self.node
            .text()
            .ok_or_else(|| self.wrong_type(Expected::Text, Found::Type(self.node.kind())))
    }

    pub(super) fn arn(&self) -> Result<Arn> {
        Ok(Arn::from(&*self.text()?))
    }

    /// Returns a whole number, as far as its type goes.
    pub(super) fn whole<T: FromStr>(&self) -> Result<T> {
        let text = self.text()?;
        text.parse().map_err(|_| self.unreadable(Expected::WholeNumber, &text))
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
        Err(self.refused_as(PropertyFault::OutOfRange { found: number, from, to }))
    }

    pub(super) fn port(&self) -> Result<u16> {
        let number = self.number(1..=u16::MAX.into())?;
        Ok(u16::try_from(number).unwrap_or(u16::MAX))
    }

    pub(super) fn flag(&self) -> Result<bool> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            // The last two are YAML's older words, which CloudFormation still reads.
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(self.unreadable(Expected::Flag, &text)),
        }
    }

    /// Returns the text, if it is neither too short nor too long.
    pub(super) fn sized(&self, range: RangeInclusive<usize>) -> Result<Cow<'a, str>> {
        let text = self.text()?;
        let found = text.chars().count();
        if range.contains(&found) {
            return Ok(text);
        }
        let (from, to) = range.into_inner();
        Err(self.refused_as(PropertyFault::Length { found, from, to }))
    }

    /// Returns the meaning of one of a few words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&'static str, T)]) -> Result<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, meaning)| *meaning)
            .ok_or_else(|| self.unknown_word(&text, choices.iter().map(|(word, _)| *word)))
    }

    pub(super) fn items(&self) -> Result<Vec<Field<'a>>> {
        let wrong = || self.wrong_type(Expected::List, Found::Type(self.node.kind()));
        self.reading.saw(&self.path, Seen::Parts);
        let items = self.node.items().ok_or_else(wrong)?.iter().enumerate();
        let field = |(index, node)| {
            let path = self.path.clone().index(index);
            self.reading.saw(&path, Seen::Whole);
            Field { reading: self.reading, node, path, part: self.part }
        };
        Ok(items.map(field).collect())
    }

    pub(super) fn map(&self) -> Result<Properties<'a>> {
        let wrong = || self.wrong_type(Expected::Mapping, Found::Type(self.node.kind()));
        self.reading.saw(&self.path, Seen::Parts);
        let map = self.node.entries().ok_or_else(wrong)?;
        let (reading, path, span) = (self.reading, self.path.clone(), self.node.span);
        Ok(Properties { reading, map, path, span, part: self.part })
    }

    /// Lists it as something that is not acted upon.
    pub(super) fn ignore(&self) {
        self.reading.ignore(IgnoredPart::Property(self.path.clone()));
    }

    /// Tells that it is run in another way here.
    pub(super) fn run_otherwise(&self, how: Otherwise) {
        self.reading.warn(Warning::RunOtherwise {
            logical_id: (&self.reading.resource.logical_id).into(),
            property: self.path.clone(),
            how,
        });
    }

    /// Returns whether it is an empty list or mapping, which says nothing.
    pub(super) fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::List(items) => items.is_empty(),
            Value::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Returns whether it asks for nothing: empty, or switched off.
    pub(super) fn says_nothing(&self) -> bool {
        let off = || self.node.text().is_some_and(|text| text.is_empty() || text == "false");
        self.is_empty() || off()
    }

    /// Returns the way to it within its resource's properties.
    pub(super) fn property(&self) -> &PropertyPath {
        &self.path
    }

    /// Returns the problem that AWS would refuse it, or that it cannot be run, for this reason.
    pub(super) fn refused(&self, reason: impl Into<Reason>) -> StackProblem {
        let path = self.reading.full_path(&self.path);
        StackProblem { path, span: self.node.span, reason: reason.into() }
    }

    /// Returns the problem that its text is none of the words that have a meaning.
    pub(super) fn unknown_word(
        &self,
        found: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> StackProblem {
        let (found, known) = (found.to_owned(), known.into_iter().collect());
        self.refused_as(PropertyFault::UnknownWord { found, known })
    }

    /// Returns the problem that its text has not the form of what it should be.
    pub(super) fn malformed(&self, found: &str, form: Form) -> StackProblem {
        self.refused_as(PropertyFault::Malformed { found: found.to_owned(), form })
    }

    /// Returns the problem that its text has a character that its form has not.
    pub(super) fn illegal(&self, found: &str, illegal: char, form: Form) -> StackProblem {
        self.refused_as(PropertyFault::IllegalCharacter { found: found.to_owned(), illegal, form })
    }

    /// Returns the problem that it should name a resource of the template and names none.
    pub(super) fn not_in_template(&self, kind: Kind) -> StackProblem {
        let value = self.node.text().unwrap_or_default().into_owned();
        self.refused(Reason::NotInTemplate { value, kind })
    }

    fn unreadable(&self, expected: Expected, text: &str) -> StackProblem {
        self.wrong_type(expected, Found::Text(text.to_owned()))
    }

    fn wrong_type(&self, expected: Expected, found: Found) -> StackProblem {
        self.refused_as(PropertyFault::WrongType { expected, found })
    }

    fn refused_as(&self, fault: PropertyFault) -> StackProblem {
        self.refused(Reason::Property(self.part, fault))
    }
}

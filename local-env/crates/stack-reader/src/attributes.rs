//! Lists of `{Key, Value}`, as load balancers, listeners and target groups have them (alb §10).
//!
//! A reader takes the attributes that it acts upon, given or not. What is left in the end either
//! changes nothing here, or is nothing that AWS knows.

use std::{ops::RangeInclusive, time::Duration};

use indexmap::IndexMap;

use crate::{
    field::{Field, Properties, Reading, Result},
    problem::{AttributeFault, StackProblem},
};
use cloudformation::{PropertyPath, nearest};
use stack::IgnoredPart;

/// A list of attributes while it is read.
pub(super) struct Attributes<'a> {
    list: &'static str,
    given: IndexMap<String, Attribute<'a>>,
    /// The attributes that were asked for, given or not.
    known: Vec<String>,
}

struct Attribute<'a> {
    key: Field<'a>,
    value: Field<'a>,
}

/// Returns an attribute as something that is not acted upon.
pub(super) fn ignored(list: &str, key: &str) -> IgnoredPart {
    IgnoredPart::Property(PropertyPath::default().key(list).key(key))
}

// === impl Attributes ===

impl<'a> Attributes<'a> {
    pub(super) fn read(properties: &Properties<'a>, list: &'static str) -> Result<Self> {
        let mut given = IndexMap::new();
        for item in properties.items(list)? {
            let item = item.map()?;
            let (key, value) = (item.need("Key")?, item.need("Value")?);
            let name = key.text()?.into_owned();
            if given.contains_key(&name) {
                return Err(key.refused(AttributeFault::Repeated { name }));
            }
            given.insert(name, Attribute { key, value });
        }
        Ok(Self { list, given, known: Vec::new() })
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Field<'a>> {
        self.known.push(key.to_owned());
        self.given.shift_remove(key).map(|attribute| attribute.value)
    }

    pub(super) fn flag(&mut self, key: &str, default: bool) -> Result<bool> {
        self.take(key).map_or(Ok(default), |field| field.flag())
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&'static str, T)],
        default: T,
    ) -> Result<T> {
        self.take(key).map_or(Ok(default), |field| field.choice(choices))
    }

    pub(super) fn seconds(
        &mut self,
        key: &str,
        range: RangeInclusive<u32>,
        default: Duration,
    ) -> Result<Duration> {
        let Some(field) = self.take(key) else { return Ok(default) };
        Ok(Duration::from_secs(field.number(range)?.into()))
    }

    /// Lists those that change nothing here, unless they have their default, and refuses the rest.
    pub(super) fn finish(self, reading: &Reading<'_>, unused: &[(&str, &str)]) -> Result<()> {
        for (key, attribute) in &self.given {
            match unused.iter().find(|(name, _)| name == key) {
                Some((_, default)) if attribute.value.text()? == *default => {}
                Some(_) => reading.ignore(ignored(self.list, key)),
                None => return Err(self.unknown(key, &attribute.key, unused)),
            }
        }
        Ok(())
    }

    fn unknown(&self, key: &str, field: &Field<'_>, unused: &[(&str, &str)]) -> StackProblem {
        let known = self.known.iter().map(String::as_str);
        let near = nearest(key, known.chain(unused.iter().map(|(name, _)| *name)));
        let (name, near) = (key.to_owned(), near.map(str::to_owned));
        field.refused(AttributeFault::Unknown { name, list: self.list, near })
    }
}

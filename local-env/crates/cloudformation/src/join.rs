//! Several resolved templates as one.
//!
//! Logical ids that two of them have are told apart by the stack's name; all others stay as they
//! are, and so do places, each in its own text.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use super::{
    node::{Node, Value},
    resolved::{Output, Resolved, Resource},
    source::{Source, Span},
};

// === impl Resolved ===

impl Resolved {
    /// Returns the stacks as one, or `None` of no stacks. Each comes with what goes before a logical
    /// id that two of them have. Region and account are the first one's; the name is made of all
    /// names.
    pub fn joined(stacks: Vec<(String, Self)>) -> Option<Self> {
        let names: Vec<_> = stacks.iter().map(|(_, it)| it.stack_name.clone()).collect();
        let mut joined = join(stacks)?;
        joined.stack_name = names.join("-");
        Some(joined)
    }

    /// Returns it with the resources of its nested stacks in place of these.
    pub(super) fn with_nested(mut self, nested: IndexMap<String, Self>) -> Self {
        if nested.is_empty() {
            return self;
        }
        self.resources.retain(|name, _| !nested.contains_key(name));
        let (outputs, own) = (self.outputs.clone(), (String::new(), self.clone()));
        let joined = join([own].into_iter().chain(nested).collect()).unwrap_or(self);
        Self { outputs, ..joined }
    }
}

fn join(stacks: Vec<(String, Resolved)>) -> Option<Resolved> {
    if stacks.len() < 2 {
        return stacks.into_iter().next().map(|(_, resolved)| resolved);
    }
    let sources: Vec<_> = stacks.iter().map(|(_, resolved)| resolved.source.clone()).collect();
    let (source, starts) = Source::joined(&sources);
    let shared = Shared::of(&stacks);
    let mut parts = stacks.into_iter().zip(starts);
    let ((label, first), start) = parts.next()?;
    let mut joined = Resolved {
        resources: IndexMap::new(),
        outputs: IndexMap::new(),
        notes: Vec::new(),
        source,
        ..first.clone()
    };
    joined.add(&shared, &label, first, start);
    for ((label, resolved), start) in parts {
        joined.add(&shared, &label, resolved, start);
    }
    let notes: BTreeSet<_> = joined.notes.drain(..).collect();
    joined.notes = notes.into_iter().collect();
    Some(joined)
}

/// The logical ids that more than one stack has, each with how many have it.
struct Shared(HashMap<String, usize>);

// === impl Shared ===

impl Shared {
    fn of(stacks: &[(String, Resolved)]) -> Self {
        let mut counts = HashMap::new();
        for (_, resolved) in stacks {
            for name in resolved.resources.keys() {
                *counts.entry(name.clone()).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count > 1);
        Self(counts)
    }

    fn name(&self, label: &str, name: &str) -> String {
        if label.is_empty() || !self.0.contains_key(name) {
            return name.to_owned();
        }
        format!("{label}-{name}")
    }
}

// === impl Resolved ===

impl Resolved {
    fn add(&mut self, shared: &Shared, label: &str, other: Self, start: usize) {
        for (name, mut resource) in other.resources {
            resource.shift(start);
            let mut name = shared.name(label, &name);
            // Two stacks of one name, or an id that looks like a name of ours.
            while self.resources.contains_key(&name) {
                name.push('2');
            }
            for other in &mut resource.depends_on {
                *other = shared.name(label, other);
            }
            resource.logical_id.clone_from(&name);
            self.resources.insert(name, resource);
        }
        for (name, output) in other.outputs {
            self.add_output(label, name, output);
        }
        self.notes.extend(other.notes);
    }

    fn add_output(&mut self, label: &str, name: String, output: Output) {
        let name = if self.outputs.contains_key(&name) { format!("{label}-{name}") } else { name };
        self.outputs.insert(name, output);
    }
}

// === impl Resource ===

impl Resource {
    fn shift(&mut self, by: usize) {
        self.span = shifted(self.span, by);
        shift(&mut self.properties, by);
    }
}

fn shift(node: &mut Node, by: usize) {
    node.span = shifted(node.span, by);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Map(map) => {
            for entry in map.values_mut() {
                entry.key_span = shifted(entry.key_span, by);
                shift(&mut entry.node, by);
            }
        }
        _ => {}
    }
}

fn shifted(span: Span, by: usize) -> Span {
    Span::from((span.offset() + by, span.len()))
}

//! The names that a value refers to, found without evaluating it.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::{
    node::{Map, Node, Value},
    sub::{self, Piece},
};

/// Returns the names that a value has in `Ref`, `Fn::GetAtt` and `Fn::Sub`; parameters are among
/// them. Of `Fn::If` only the branch that is taken counts, as in CloudFormation.
pub(super) fn references(node: &Node, conditions: &IndexMap<String, bool>) -> HashSet<String> {
    let mut found = Found { names: HashSet::new(), conditions };
    found.node(node);
    found.names
}

/// Returns the conditions that a condition names.
pub(super) fn conditions(node: &Node) -> HashSet<String> {
    let mut names = HashSet::new();
    each_child(node, &mut |key, child| {
        if key == Some("Condition") {
            names.extend(child.text().map(String::from));
        }
        names.extend(conditions(child));
    });
    names
}

struct Found<'a> {
    names: HashSet<String>,
    conditions: &'a IndexMap<String, bool>,
}

// === impl Found ===

impl Found<'_> {
    fn node(&mut self, node: &Node) {
        each_child(node, &mut |key, child| match key {
            Some("Ref") => self.names.extend(child.text().map(String::from)),
            Some("Fn::GetAtt") => self.get_att(child),
            Some("Fn::Sub") => self.sub(child),
            Some("Fn::If") => self.branch(child),
            _ => self.node(child),
        });
    }

    fn get_att(&mut self, argument: &Node) {
        let resource = argument.items().and_then(|items| items.first()).unwrap_or(argument);
        let text = resource.text().unwrap_or_default();
        let name = text.split('.').next().unwrap_or_default();
        self.names.insert(name.to_owned());
        self.node(argument);
    }

    fn sub(&mut self, argument: &Node) {
        let (text, variables) = match argument.items() {
            Some([text, variables]) => (text, variables.entries()),
            _ => (argument, None),
        };
        let own = |name: &str| variables.is_some_and(|map: &Map| map.contains_key(name));
        for piece in sub::pieces(&text.text().unwrap_or_default()) {
            if let Piece::Name(name) = piece
                && !own(name)
            {
                self.names.extend(name.split('.').next().map(String::from));
            }
        }
        self.node(argument);
    }

    fn branch(&mut self, argument: &Node) {
        let Some([condition, then, otherwise]) = argument.items() else { return };
        let holds = condition.text().and_then(|name| self.conditions.get(&*name));
        match holds {
            Some(true) => self.node(then),
            Some(false) => self.node(otherwise),
            None => {}
        }
    }
}

fn each_child(node: &Node, visit: &mut dyn FnMut(Option<&str>, &Node)) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| visit(None, item)),
        Value::Map(map) => map.iter().for_each(|(key, entry)| visit(Some(key), &entry.node)),
        _ => {}
    }
}

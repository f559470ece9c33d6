//! `Rules`: what a template asserts of its parameters before anything is made.
//!
//! Some functions of rules ask AWS for what it has, such as all of an account's VPCs. A rule that
//! does, or that looks at a value which AWS keeps, is noted and not checked.

use super::{
    node::{Entry, Node},
    note::Note,
    path::Path,
    problem::{Expected, Result, TemplateProblem as Problem},
    scope::Scope,
    shape::{entries, text},
};

/// The name of CDK's own rule, about what it has put into the account.
const BOOKKEEPING: &str = "CheckBootstrapVersion";

const ASKS_AWS: [&str; 3] = ["Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"];

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn check_rules(&self, problems: &mut Vec<Problem>) {
        let rules = Path::Section("Rules");
        for (name, entry) in &self.template.rules {
            let before = self.notes.borrow().clone();
            let checked = self.check_rule(&rules.key(name), &entry.node);
            let asked = *self.notes.borrow() != before || asks_aws(&entry.node);
            *self.notes.borrow_mut() = before;
            match checked {
                _ if asked && name == BOOKKEEPING => {}
                _ if asked => {
                    self.notes.borrow_mut().insert(Note::UncheckedRule { rule: name.clone() });
                }
                Ok(()) => {}
                Err(problem) => problems.push(problem),
            }
        }
    }

    fn check_rule(&self, path: &Path<'_>, rule: &Node) -> Result<()> {
        let map = entries(rule, path)?;
        if let Some(Entry { node, .. }) = map.get("RuleCondition")
            && !self.decide(node, &path.key("RuleCondition"))?
        {
            return Ok(());
        }
        let path = path.key("Assertions");
        let Some(assertions) = map.get("Assertions") else { return Ok(()) };
        let items = assertions.node.items();
        let items =
            items.ok_or_else(|| Problem::malformed(&path, Expected::List, &assertions.node))?;
        for (index, assertion) in items.iter().enumerate() {
            let path = path.item(index);
            let Some(assert) = assertion.get("Assert") else {
                let (path, span) = ((&path).into(), assertion.span);
                return Err(Problem::Missing { path, key: "Assert", span });
            };
            if !self.decide(assert, &path)? {
                let description = assertion.get("AssertDescription");
                let description = description.map(|node| text(node, &path)).transpose()?;
                let (path, span) = ((&path).into(), assert.span);
                return Err(Problem::Assertion { path, description, span });
            }
        }
        Ok(())
    }
}

fn asks_aws(node: &Node) -> bool {
    let in_items = node.items().is_some_and(|items| items.iter().any(asks_aws));
    in_items
        || node.entries().is_some_and(|map| {
            map.iter().any(|(key, entry)| ASKS_AWS.contains(&key.as_str()) || asks_aws(&entry.node))
        })
}

//! Conditions: the functions that give true or false.

use super::{
    node::Node,
    path::Path,
    problem::{Expected, FunctionFault, Result, TemplateProblem as Problem, Unemulated},
    scope::Scope,
    shape::text,
    source::Span,
};

/// The functions, and the forms in which they are written.
const FUNCTIONS: [(&str, &str); 7] = [
    ("Fn::And", r#"{"Fn::And": [condition, condition, …]}"#),
    ("Fn::Contains", r#"{"Fn::Contains": [[value, …], value]}"#),
    ("Fn::EachMemberEquals", r#"{"Fn::EachMemberEquals": [[value, …], value]}"#),
    ("Fn::EachMemberIn", r#"{"Fn::EachMemberIn": [[value, …], [value, …]]}"#),
    ("Fn::Equals", r#"{"Fn::Equals": [value, value]}"#),
    ("Fn::Not", r#"{"Fn::Not": [condition]}"#),
    ("Fn::Or", r#"{"Fn::Or": [condition, condition, …]}"#),
];

/// So many conditions `Fn::And` and `Fn::Or` take.
const FEWEST: usize = 2;
const MOST: usize = 10;

/// A function that gives true or false, with its argument.
struct Test<'a> {
    function: &'static str,
    form: &'static str,
    argument: &'a Node,
    path: &'a Path<'a>,
    span: Span,
}

// === impl Scope ===

impl Scope<'_> {
    /// Returns whether a condition holds, once those that it names are decided.
    pub(super) fn decide(&self, node: &Node, path: &Path<'_>) -> Result<bool> {
        let only = node.entries().filter(|map| map.len() == 1).and_then(|map| map.first());
        let Some((name, entry)) = only else {
            return Err(Problem::malformed(path, Expected::ConditionFunction, node));
        };
        let (argument, span) = (&entry.node, node.span);
        if name == "Condition" {
            return self.decided(&text(argument, path)?, path, argument.span);
        }
        match FUNCTIONS.iter().find(|(known, _)| known == name) {
            Some((function, form)) => self.test(&Test { function, form, argument, path, span }),
            None => Err(Problem::NotEmulated {
                what: Unemulated::ConditionFunction { name: name.clone() },
                path: path.into(),
                span,
            }),
        }
    }

    fn test(&self, test: &Test<'_>) -> Result<bool> {
        match test.function {
            "Fn::And" => Ok(self.each(test)?.iter().all(|holds| *holds)),
            "Fn::Or" => Ok(self.each(test)?.contains(&true)),
            "Fn::Not" => {
                let [condition] = test.items()?;
                Ok(!self.decide(condition, test.path)?)
            }
            "Fn::Equals" => {
                let [a, b] = test.items()?;
                match (self.evaluate(a, test.path)?, self.evaluate(b, test.path)?) {
                    (Some(a), Some(b)) => Ok(a.same(&b)),
                    (a, b) => Ok(a.is_none() && b.is_none()),
                }
            }
            "Fn::EachMemberIn" => {
                let [members, known] = test.items()?;
                let (members, known) = (self.members(members, test)?, self.members(known, test)?);
                Ok(members.iter().all(|member| known.iter().any(|it| it.same(member))))
            }
            function => {
                let [members, value] = test.items()?;
                let Some(value) = self.evaluate(value, test.path)? else { return Ok(false) };
                let members = self.members(members, test)?;
                let mut same = members.iter().map(|it| it.same(&value));
                Ok(if function == "Fn::Contains" { same.any(|it| it) } else { same.all(|it| it) })
            }
        }
    }

    fn members(&self, node: &Node, test: &Test<'_>) -> Result<Vec<Node>> {
        let list = self.evaluate(node, test.path)?;
        let items = list.as_ref().and_then(Node::items).map(<[Node]>::to_vec);
        items.ok_or_else(|| Problem::malformed(test.path, Expected::List, node))
    }

    fn each(&self, test: &Test<'_>) -> Result<Vec<bool>> {
        let items = test.argument.items();
        let items = items.filter(|items| (FEWEST..=MOST).contains(&items.len()));
        let items = items.ok_or_else(|| test.wrong(FEWEST, MOST))?;
        items.iter().map(|item| self.decide(item, test.path)).collect()
    }
}

// === impl Test ===

impl<'a> Test<'a> {
    fn items<const N: usize>(&self) -> Result<&'a [Node; N]> {
        let items = self.argument.items().and_then(|items| items.try_into().ok());
        items.ok_or_else(|| self.wrong(N, N))
    }

    fn wrong(&self, least: usize, most: usize) -> Problem {
        Problem::Function {
            function: self.function,
            path: self.path.into(),
            reason: FunctionFault::Items { least, most },
            form: self.form,
            span: self.span,
        }
    }
}

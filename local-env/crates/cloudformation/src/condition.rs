//! Conditions: the functions that decide, and what is already decided.

use super::{
    node::Node,
    path::Path,
    problem::{Expected, FunctionFault, Result, TemplateProblem as Problem, Unemulated},
    scope::Scope,
    shape::text,
};

const FORM: &str = r#"{"Fn::Equals": [a, b]}, {"Fn::And": [c, …]}, {"Fn::Not": [c]}, {"Fn::Contains": [[a, …], b]}"#;

impl Scope<'_> {
    /// Whether a condition holds, once those that it names are decided.
    pub(super) fn decide(&self, node: &Node, path: &Path<'_>) -> Result<bool> {
        let only = node.entries().filter(|map| map.len() == 1).and_then(|map| map.first());
        let Some((name, entry)) = only else {
            return Err(Problem::malformed(path, Expected::ConditionFunction, node));
        };
        let argument = &entry.node;
        let wrong = |function, least, most| Problem::Function {
            function,
            path: path.into(),
            reason: FunctionFault::Items { least, most },
            form: FORM,
            span: node.span,
        };
        match name.as_str() {
            "Condition" => self.decided(&text(argument, path)?, path, argument.span),
            "Fn::Equals" => match argument.items() {
                Some([a, b]) => self.equals(a, b, path),
                _ => Err(wrong("Fn::Equals", 2, 2)),
            },
            "Fn::Not" => match argument.items() {
                Some([condition]) => self.decide(condition, path).map(|holds| !holds),
                _ => Err(wrong("Fn::Not", 1, 1)),
            },
            "Fn::And" => self
                .all(argument, path, || wrong("Fn::And", 2, 10))
                .map(|all| all.iter().all(|holds| *holds)),
            "Fn::Or" => {
                self.all(argument, path, || wrong("Fn::Or", 2, 10)).map(|all| all.contains(&true))
            }
            "Fn::Contains" => match argument.items() {
                Some([list, item]) => {
                    let item = self.evaluate(item, path)?;
                    let list = self.texts(list, path)?;
                    Ok(item.is_some_and(|item| list.iter().any(|it| it.same(&item))))
                }
                _ => Err(wrong("Fn::Contains", 2, 2)),
            },
            "Fn::EachMemberEquals" => match argument.items() {
                Some([list, item]) => {
                    let item = self.evaluate(item, path)?;
                    let list = self.texts(list, path)?;
                    Ok(item.is_some_and(|item| list.iter().all(|it| it.same(&item))))
                }
                _ => Err(wrong("Fn::EachMemberEquals", 2, 2)),
            },
            "Fn::EachMemberIn" => match argument.items() {
                Some([list, known]) => {
                    let (list, known) = (self.texts(list, path)?, self.texts(known, path)?);
                    Ok(list.iter().all(|item| known.iter().any(|it| it.same(item))))
                }
                _ => Err(wrong("Fn::EachMemberIn", 2, 2)),
            },
            other => Err(Problem::NotEmulated {
                what: Unemulated::ConditionFunction { name: other.to_owned() },
                path: path.into(),
                span: node.span,
            }),
        }
    }

    fn equals(&self, a: &Node, b: &Node, path: &Path<'_>) -> Result<bool> {
        match (self.evaluate(a, path)?, self.evaluate(b, path)?) {
            (Some(a), Some(b)) => Ok(a.same(&b)),
            (a, b) => Ok(a.is_none() && b.is_none()),
        }
    }

    fn texts(&self, node: &Node, path: &Path<'_>) -> Result<Vec<Node>> {
        let list = self.evaluate(node, path)?;
        let items = list.as_ref().and_then(Node::items).map(<[Node]>::to_vec);
        items.ok_or_else(|| Problem::malformed(path, Expected::List, node))
    }

    fn all(&self, node: &Node, path: &Path<'_>, wrong: impl Fn() -> Problem) -> Result<Vec<bool>> {
        let items =
            node.items().filter(|items| (2..=10).contains(&items.len())).ok_or_else(wrong)?;
        items.iter().map(|item| self.decide(item, path)).collect()
    }
}

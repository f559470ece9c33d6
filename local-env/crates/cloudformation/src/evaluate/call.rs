//! A function of CloudFormation's as a template has it, not yet evaluated.

use std::str::FromStr;

use crate::{
    nearest::nearest,
    node::{Entry, Map, Node},
    path::Path,
    problem::{Expected, FunctionFault, NameKind, Result, TemplateProblem as Problem, Unemulated},
    source::Span,
};

/// The functions that give a value, and the forms in which they are written.
const FUNCTIONS: [(&str, &str); 15] = [
    ("Ref", r#"{"Ref": "name"}"#),
    ("Fn::GetAtt", r#"{"Fn::GetAtt": ["resource", "attribute"]}"#),
    ("Fn::Sub", r#"{"Fn::Sub": "text ${Name}"} or {"Fn::Sub": ["text ${Name}", {"Name": value}]}"#),
    ("Fn::Join", r#"{"Fn::Join": ["delimiter", [value, …]]}"#),
    ("Fn::Select", r#"{"Fn::Select": [index, [value, …]]}"#),
    ("Fn::Split", r#"{"Fn::Split": ["delimiter", "text"]}"#),
    ("Fn::If", r#"{"Fn::If": ["condition", value, otherwise]}"#),
    ("Fn::GetAZs", r#"{"Fn::GetAZs": "region"}"#),
    ("Fn::FindInMap", r#"{"Fn::FindInMap": ["map", "key", "key"]}"#),
    ("Fn::Base64", r#"{"Fn::Base64": "text"}"#),
    ("Fn::Cidr", r#"{"Fn::Cidr": ["10.0.0.0/16", count, host bits]}"#),
    ("Fn::ImportValue", r#"{"Fn::ImportValue": "export"}"#),
    (
        "Fn::GetStackOutput",
        r#"{"Fn::GetStackOutput": {"StackName": "stack", "OutputName": "output", "Region": "region"}}"#,
    ),
    ("Fn::Length", r#"{"Fn::Length": [value, …]}"#),
    ("Fn::ToJsonString", r#"{"Fn::ToJsonString": value}"#),
];

/// The functions of CloudFormation's that stand elsewhere, or that only AWS can do.
const OTHERS: [&str; 11] = [
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

/// A function with its argument, which is not yet evaluated, and its place.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    form: &'static str,
    pub(super) argument: &'a Node,
    pub(super) path: &'a Path<'a>,
    pub(super) span: Span,
}

// === impl Call ===

impl<'a> Call<'a> {
    /// Returns the function that a mapping stands for, if any.
    pub(super) fn of(map: &'a Map, path: &'a Path<'a>) -> Result<Option<Self>> {
        let is_function = |name: &str| name.starts_with("Fn::") || name == "Ref" && map.len() == 1;
        let Some((name, entry)) = map.iter().find(|(name, _)| is_function(name)) else {
            return Ok(None);
        };
        let call = Self::new(name, entry, path)?;
        match map.len() {
            1 => Ok(Some(call)),
            _ => Err(call.wrong(FunctionFault::OtherKeys)),
        }
    }

    fn new(name: &str, entry: &'a Entry, path: &'a Path<'a>) -> Result<Self> {
        let argument = &entry.node;
        // What is shown of a long argument is the function's name.
        let span = if argument.text().is_some() { argument.span } else { entry.key_span };
        if let Some((name, form)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
            return Ok(Self { name, form, argument, path, span });
        }
        let (path, name) = (path.into(), name.to_owned());
        if OTHERS.contains(&&*name) || name.starts_with("Fn::ForEach") {
            return Err(Problem::NotEmulated { what: Unemulated::Function { name }, path, span });
        }
        let known = FUNCTIONS.iter().map(|(name, _)| *name).chain(OTHERS);
        let near = nearest(&name, known).map(String::from);
        let (kind, known) = (NameKind::Function, Vec::new());
        Err(Problem::UnknownName { kind, name, path, near, known, span })
    }

    pub(super) fn wrong(&self, reason: FunctionFault) -> Problem {
        Problem::Function {
            function: self.name,
            path: self.path.into(),
            reason,
            form: self.form,
            span: self.span,
        }
    }

    pub(super) fn mistyped(&self, expected: Expected, node: &Node) -> Problem {
        self.wrong(FunctionFault::WrongType { expected, found: node.kind() })
    }

    pub(super) fn parsed<T: FromStr>(&self, expected: Expected, text: String) -> Result<T> {
        let parsed = text.parse();
        parsed.map_err(|_| self.wrong(FunctionFault::WrongText { expected, found: text }))
    }

    /// Returns the argument's items, not yet evaluated.
    pub(super) fn items<const N: usize>(&self) -> Result<&'a [Node; N]> {
        let items = self.argument.items().and_then(|items| items.try_into().ok());
        items.ok_or_else(|| self.wrong(FunctionFault::items(N)))
    }

    pub(super) fn text(&self, node: &Node) -> Result<String> {
        let text = node.text().ok_or_else(|| self.mistyped(Expected::Text, node))?;
        Ok(text.into_owned())
    }

    pub(super) fn list<'n>(&self, node: &'n Node) -> Result<&'n [Node]> {
        node.items().ok_or_else(|| self.mistyped(Expected::List, node))
    }
}

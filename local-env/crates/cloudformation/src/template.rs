//! A template's sections, read but not yet resolved.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::{
    document, foreach,
    node::{Entry, Map, Node, Value},
    parameter::Parameter,
    path::Path,
    problem::{NameKind, TemplateError, TemplateProblem as Problem, Unemulated},
    problems::Problems,
    shape::{entries, text, unknown},
    source::{Source, Span},
};

/// After so many problems nothing more is looked for.
pub(super) const MOST_PROBLEMS: usize = 200;

/// The only macro that is carried out here.
const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";
const SERVERLESS: &str = "AWS::Serverless-2016-10-31";
/// The macros of AWS's that change resources of their own kinds alone, of which none is run here.
const APART: [&str; 4] = [
    SERVERLESS,
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
];
/// The section that the serverless macro takes away.
const GLOBALS: &str = "Globals";

const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Hooks",
    "Resources",
    "Outputs",
];

const RESOURCE_KEYS: [&str; 9] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
];

/// A template that is well-formed, with its values as they are written.
#[derive(Debug)]
pub struct Template {
    pub(super) source: Source,
    /// The whole template, where loops have to be unrolled before it can be read.
    pub(super) looped: Option<Node>,
    pub(super) language_extensions: bool,
    serverless: bool,
    pub(super) rules: Map,
    pub(super) parameters: IndexMap<String, Parameter>,
    pub(super) mappings: Map,
    pub(super) conditions: Map,
    pub(super) resources: IndexMap<String, Declaration>,
    pub(super) outputs: Map,
}

/// A resource as it is written.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) resource_type: String,
    pub(super) properties: Node,
    pub(super) depends_on: Vec<(String, Span)>,
    pub(super) condition: Option<(String, Span)>,
    /// The file beside the template that a property stands for, where CDK says so.
    pub(super) asset: Option<String>,
    /// The place of its logical id.
    pub(super) span: Span,
}

// === impl Template ===

impl Template {
    /// Reads a text as JSON if it begins with `{`, else as YAML.
    ///
    /// # Errors
    ///
    /// Where the text is neither, or more than [`LARGEST`](crate::LARGEST) bytes, and where a section
    /// has not the form that CloudFormation wants; all such problems at once.
    pub fn parse(source: &Source) -> Result<Self, TemplateError> {
        let root = document::read(source)?;
        Self::of(source, root)
    }

    /// Returns the template of a text that is well-formed.
    pub(super) fn of(source: &Source, root: Node) -> Result<Self, TemplateError> {
        let mut problems = Vec::new();
        let mut template = Self::read(source.clone(), &root, &mut problems);
        if let Some(error) = Problems::unless_empty(source, problems) {
            return Err(error);
        }
        let looped = template.language_extensions && foreach::is_in(&root);
        template.looped = looped.then_some(root);
        Ok(template)
    }

    /// Returns whether it declares a parameter of this name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
    }

    fn read(source: Source, root: &Node, problems: &mut Vec<Problem>) -> Self {
        let mut template = Self {
            source,
            looped: None,
            language_extensions: false,
            serverless: false,
            rules: Map::new(),
            parameters: IndexMap::new(),
            mappings: Map::new(),
            conditions: Map::new(),
            resources: IndexMap::new(),
            outputs: Map::new(),
        };
        let sections = match entries(root, &Path::Root) {
            Ok(sections) => sections,
            Err(problem) => {
                problems.push(problem);
                return template;
            }
        };
        if let Some(entry) = sections.get("Transform") {
            template.language_extensions = asks_for(&entry.node, LANGUAGE_EXTENSIONS);
            template.serverless = asks_for(&entry.node, SERVERLESS);
        }
        for (name, entry) in sections {
            if let Err(problem) = template.section(name, entry, problems) {
                problems.push(problem);
            }
        }
        if sections
            .get("Resources")
            .and_then(|entry| entry.node.entries())
            .is_none_or(Map::is_empty)
        {
            let span = Span::from((root.span.offset(), 0));
            let path = (&Path::Root).into();
            problems.push(Problem::Missing { path, key: "Resources", span });
        }
        template
    }

    fn section(
        &mut self,
        name: &str,
        entry: &Entry,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let (node, path) = (&entry.node, Path::Section(name));
        match name {
            "AWSTemplateFormatVersion" => version(node, &path)?,
            "Parameters" => {
                self.parameters = each(node, &path, problems, |_| false, Parameter::read)?;
            }
            "Resources" => {
                let loops = self.language_extensions;
                let is_loop = |name: &str| loops && name.starts_with(foreach::PREFIX);
                self.resources = each(node, &path, problems, is_loop, Declaration::read)?;
            }
            "Rules" => self.rules.clone_from(entries(node, &path)?),
            "Mappings" => self.mappings.clone_from(entries(node, &path)?),
            "Conditions" => self.conditions.clone_from(entries(node, &path)?),
            "Outputs" => self.outputs.clone_from(entries(node, &path)?),
            "Transform" if only_known_macros(node) => {}
            GLOBALS if self.serverless => {}
            "Transform" => {
                return Err(Problem::NotEmulated {
                    what: Unemulated::Macro { name: unknown_macro(node) },
                    path: (&path).into(),
                    span: entry.key_span,
                });
            }
            known if SECTIONS.contains(&known) => {}
            _ => {
                return Err(unknown(NameKind::Section, name, &Path::Root, &SECTIONS, entry));
            }
        }
        Ok(())
    }
}

// === impl Declaration ===

impl Declaration {
    fn read(path: &Path<'_>, entry: &Entry) -> Result<Self, Problem> {
        let map = entries(&entry.node, path)?;
        for (key, attribute) in map {
            if !RESOURCE_KEYS.contains(&key.as_str()) {
                return Err(unknown(
                    NameKind::DeclarationAttribute,
                    key,
                    path,
                    &RESOURCE_KEYS,
                    attribute,
                ));
            }
        }
        let resource_type = map.get("Type").ok_or_else(|| Problem::Missing {
            path: path.into(),
            key: "Type",
            span: entry.key_span,
        })?;
        let properties = match map.get("Properties") {
            Some(properties) => {
                entries(&properties.node, &path.key("Properties"))?;
                properties.node.clone()
            }
            None => Node::new(Value::Map(Map::new()), entry.key_span),
        };
        let condition = map.get("Condition");
        Ok(Self {
            resource_type: text(&resource_type.node, &path.key("Type"))?,
            properties,
            depends_on: map
                .get("DependsOn")
                .map_or(Ok(Vec::new()), |entry| depends_on(&entry.node, &path.key("DependsOn")))?,
            condition: condition
                .map(|entry| Ok((text(&entry.node, &path.key("Condition"))?, entry.node.span)))
                .transpose()?,
            asset: map
                .get("Metadata")
                .and_then(|entry| entry.node.get("aws:asset:path")?.text())
                .map(Cow::into_owned),
            span: entry.key_span,
        })
    }
}

fn transforms(node: &Node) -> Vec<Option<Cow<'_, str>>> {
    match node.items() {
        Some(items) => items.iter().map(Node::text).collect(),
        None => vec![node.text()],
    }
}

fn asks_for(node: &Node, name: &str) -> bool {
    transforms(node).iter().any(|it| it.as_deref() == Some(name))
}

fn is_known_macro(name: &str) -> bool {
    name == LANGUAGE_EXTENSIONS || APART.contains(&name)
}

fn only_known_macros(node: &Node) -> bool {
    transforms(node).iter().all(|name| name.as_deref().is_some_and(is_known_macro))
}

/// Returns the name of the first macro that is not known, written alone or with its parameters.
fn unknown_macro(node: &Node) -> Option<String> {
    let items = node.items().unwrap_or(std::slice::from_ref(node));
    let names = items.iter().filter_map(|item| item.text().or_else(|| item.get("Name")?.text()));
    names.map(Cow::into_owned).find(|name| !is_known_macro(name))
}

fn depends_on(node: &Node, path: &Path<'_>) -> Result<Vec<(String, Span)>, Problem> {
    let one = |node: &Node, path: &Path<'_>| Ok((text(node, path)?, node.span));
    match node.items() {
        Some(items) => {
            items.iter().enumerate().map(|(index, item)| one(item, &path.item(index))).collect()
        }
        None => Ok(vec![one(node, path)?]),
    }
}

fn version(node: &Node, path: &Path<'_>) -> Result<(), Problem> {
    match text(node, path)? {
        version if version == "2010-09-09" => Ok(()),
        found => Err(Problem::Version { found, span: node.span }),
    }
}

/// Reads each entry of a section; what cannot be read becomes a problem and is left out.
fn each<T>(
    node: &Node,
    path: &Path<'_>,
    problems: &mut Vec<Problem>,
    is_left: impl Fn(&str) -> bool,
    read: fn(&Path<'_>, &Entry) -> Result<T, Problem>,
) -> Result<IndexMap<String, T>, Problem> {
    let mut all = IndexMap::new();
    for (name, entry) in entries(node, path)? {
        if is_left(name) || problems.len() > MOST_PROBLEMS {
            continue;
        }
        match read(&path.key(name), entry) {
            Ok(item) => drop(all.insert(name.clone(), item)),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(all)
}

//! Stacks that stand in a template as resources, CloudFormation's own or those of its serverless macro.
//!
//! Where their templates are is nothing that this module knows: it asks a [`Library`].

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Identity, Inputs, Node, Resolved, Source, Template, TemplateError, TemplateProblem as Problem,
    evaluate::Scope, physical, template::Declaration,
};

/// The types of nested stacks, and where each says which template it has.
const TYPES: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// A template that nests itself would never end, and two that nest one another twice would take
/// till then.
const DEEPEST: usize = 10;
const MOST: usize = 500;

type Find = dyn Fn(&Wanted<'_>) -> Option<Result<Template, TemplateError>> + Send + Sync;

/// Where the templates of nested stacks are found.
#[derive(Clone)]
pub struct Library {
    find: Arc<Find>,
    depth: usize,
    found: Arc<AtomicUsize>,
}

/// What is known of a nested stack's template.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The template that has the resource.
    pub parent: &'a Source,
    /// `TemplateURL` or `Location`.
    pub url: &'a str,
    /// What CDK says of the file, seen from the parent.
    pub asset: Option<&'a str>,
}

// === impl Library ===

impl Library {
    /// `find` says `None` of a template that it does not have.
    pub fn new(
        find: impl Fn(&Wanted<'_>) -> Option<Result<Template, TemplateError>> + Send + Sync + 'static,
    ) -> Self {
        Self { find: Arc::new(find), depth: 0, found: Arc::default() }
    }

    /// One that has no templates.
    pub fn empty() -> Self {
        Self::new(|_| None)
    }

    fn deeper(&self) -> Self {
        Self { depth: self.depth + 1, ..self.clone() }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

/// Whether resources of this type are nested stacks.
pub fn is_nested(resource_type: &str) -> bool {
    TYPES.iter().any(|(nested, _)| *nested == resource_type)
}

// === impl Scope ===

impl Scope<'_> {
    /// The resources of a nested stack and what references to it give; `None` where there is no
    /// template to read, or it is no such stack.
    pub(super) fn nested(
        &self,
        name: &str,
        declared: &Declaration,
        properties: &Node,
    ) -> Result<Option<(Resolved, Identity)>, Problem> {
        let library = &self.inputs.library;
        let kind = TYPES.iter().find(|(nested, _)| *nested == declared.resource_type);
        let Some((_, property)) = kind else { return Ok(None) };
        let url = properties.get(property).and_then(Node::text).unwrap_or_default();
        let wanted =
            Wanted { parent: &self.template.source, url: &url, asset: declared.asset.as_deref() };
        let Some(template) = (library.find)(&wanted) else { return Ok(None) };
        let wrong = |error| Problem::Nested {
            logical_id: name.to_owned(),
            error: Box::new(error),
            span: declared.span,
        };
        let (logical_id, span) = (name.to_owned(), declared.span);
        if library.depth >= DEEPEST {
            return Err(Problem::NestedTooDeep { logical_id, most: DEEPEST, span });
        }
        if library.found.fetch_add(1, Ordering::Relaxed) >= MOST {
            return Err(Problem::TooManyNested { logical_id, most: MOST, span });
        }
        let inputs = Inputs {
            stack_name: physical::nested_name(self.inputs, name),
            parameters: parameters(properties),
            library: library.deeper(),
            ..self.inputs.clone()
        };
        let resolved = template.and_then(|it| it.resolve(&inputs)).map_err(wrong)?;
        let mut identity = Identity::new(physical::stack_id(&inputs));
        for (output, value) in &resolved.outputs {
            identity = identity.with(format!("Outputs.{output}"), value.value.clone());
        }
        Ok(Some((resolved, identity)))
    }
}

fn parameters(properties: &Node) -> std::collections::BTreeMap<String, String> {
    let given = properties.get("Parameters").and_then(Node::entries).into_iter().flatten();
    let text = |node: &Node| match node.items() {
        Some(items) => {
            let items: Vec<_> = items.iter().filter_map(Node::text).collect();
            Some(items.join(","))
        }
        None => node.text().map(String::from),
    };
    given.filter_map(|(name, entry)| Some((name.clone(), text(&entry.node)?))).collect()
}

//! Stacks that stand in a template as resources of type `AWS::CloudFormation::Stack`.
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

/// The type of a nested stack.
pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

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
    /// `TemplateURL`.
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

    fn is_exhausted(&self) -> bool {
        self.depth >= DEEPEST || self.found.fetch_add(1, Ordering::Relaxed) >= MOST
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

// === impl Scope ===

impl Scope<'_> {
    /// The resources of a nested stack and what references to it give; `None` where there is no
    /// template to read.
    pub(super) fn nested(
        &self,
        name: &str,
        declared: &Declaration,
        properties: &Node,
    ) -> Result<Option<(Resolved, Identity)>, Problem> {
        let library = &self.inputs.library;
        let url = properties.get("TemplateURL").and_then(Node::text).unwrap_or_default();
        let wanted =
            Wanted { parent: &self.template.source, url: &url, asset: declared.asset.as_deref() };
        let Some(template) = (library.find)(&wanted) else { return Ok(None) };
        let wrong = |error| Problem::Nested {
            name: name.to_owned(),
            error: Box::new(error),
            span: declared.span,
        };
        if library.is_exhausted() {
            return Err(Problem::NotEmulated {
                what: "a stack in too many others".to_owned(),
                path: format!("Resources.{name}"),
                help: "does a template nest itself?",
                span: declared.span,
            });
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

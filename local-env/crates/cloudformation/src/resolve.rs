//! A template and the user's choices to resources without functions.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use indexmap::IndexMap;

use super::{
    Entry, Identity, Library, Map, NameKind, Node, Problems, Source, Span, Template, TemplateError,
    TemplateProblem as Problem, Value, dynamic,
    evaluate::Scope,
    foreach,
    nearest::nearest,
    order::order,
    parameter,
    path::Path,
    physical, reference,
    template::{Declaration, MOST_PROBLEMS, entries, text},
};

/// What a template is resolved with.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// Values of parameters, as one gives them to CloudFormation: lists with commas.
    pub parameters: BTreeMap<String, String>,
    /// What AWS's Parameter Store keeps, by name.
    pub ssm: BTreeMap<String, String>,
    /// Attributes that only AWS knows, by `Resource.Attribute`; what is given here wins.
    pub attributes: BTreeMap<String, String>,
    /// What other stacks export, by name.
    pub exports: BTreeMap<String, String>,
    /// Outputs of other stacks, by the stack's name and their own.
    pub outputs: BTreeMap<(String, String), String>,
    /// Templates of nested stacks.
    pub library: Library,
    /// Logical ids of resources that are left out, whatever is wrong with them.
    pub ignored: BTreeSet<String>,
}

/// A template's resources with every function evaluated.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The template's text, which all spans refer to.
    pub source: Source,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// By logical id, in the template's order, without those that a condition leaves out.
    pub resources: IndexMap<String, Resource>,
    /// By name.
    pub outputs: IndexMap<String, Output>,
    /// What could not be made sure of.
    pub notes: Vec<Note>,
}

/// A resource with plain values.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the template.
    pub logical_id: String,
    /// `AWS::ECS::Service`.
    pub resource_type: String,
    /// Always a mapping.
    pub properties: Node,
    /// Logical ids; all of them exist in the template, though a condition may leave one out.
    pub depends_on: Vec<String>,
    /// What references to it give.
    pub identity: Identity,
    /// Of its logical id.
    pub span: Span,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// `Value`.
    pub value: String,
    /// `Export.Name`.
    pub export: Option<String>,
}

/// A value that may differ from AWS's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// AWS keeps the value; the name that it is kept under stands in its place.
    SsmValue {
        /// The parameter.
        parameter: String,
        /// What AWS keeps it under.
        name: String,
    },
    /// A dynamic reference to a parameter that AWS keeps; it stays as it is.
    SsmReference {
        /// Its name.
        name: String,
        /// The resource that has it.
        logical_id: String,
    },
    /// An attribute that only AWS knows, such as a custom resource's; its name stands in its place.
    UnknownAttribute {
        /// `Resource.Attribute`.
        name: String,
    },
    /// The user wants a resource to be left out.
    LeftOut {
        /// Its name.
        logical_id: String,
        /// Its type.
        resource_type: String,
    },
    /// A rule of the template asks for what only AWS knows.
    UncheckedRule {
        /// Its name.
        rule: String,
    },
    /// The `AllowedPattern` uses what only Java's regular expressions have.
    UncheckedPattern {
        /// The parameter.
        parameter: String,
    },
}

// === impl Inputs ===

impl Inputs {
    /// In `us-west-2`, in the account of zeros, with no parameter given.
    pub fn new(stack_name: impl Into<String>) -> Self {
        Self {
            stack_name: stack_name.into(),
            region: "us-west-2".to_owned(),
            account: "000000000000".to_owned(),
            parameters: BTreeMap::new(),
            ssm: BTreeMap::new(),
            attributes: BTreeMap::new(),
            exports: BTreeMap::new(),
            outputs: BTreeMap::new(),
            library: Library::empty(),
            ignored: BTreeSet::new(),
        }
    }
}

// === impl Resource ===

impl Resource {
    /// What `Ref` gives.
    pub fn reference(&self) -> &str {
        self.identity.reference()
    }

    /// What `Fn::GetAtt` gives.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        self.identity.attribute(name)
    }
}

// === impl Template ===

impl Template {
    /// Binds parameters, decides conditions and evaluates everything.
    pub fn resolve(&self, inputs: &Inputs) -> Result<Resolved, TemplateError> {
        if let Some(root) = &self.looped {
            return self.unrolled(root, inputs)?.resolve(inputs);
        }
        let mut problems = Vec::new();
        let resolved = self.resolve_into(inputs, &mut problems);
        match Problems::unless_empty(&self.source, problems) {
            Some(error) => Err(error),
            None => Ok(resolved),
        }
    }

    fn unrolled(&self, root: &Node, inputs: &Inputs) -> Result<Self, TemplateError> {
        let parameters = parameter::bind(&self.parameters, inputs)
            .map_err(|problems| Problems::unless_empty(&self.source, problems));
        let parameters = match parameters {
            Ok(parameters) => parameters,
            Err(Some(error)) => return Err(error),
            Err(None) => IndexMap::new(),
        };
        let root = foreach::unrolled(root, &parameters)
            .map_err(|problem| Problems::one(&self.source, problem))?;
        let mut template = Self::of(&self.source, root)?;
        // What an item has put in is no loop any more.
        template.looped = None;
        Ok(template)
    }

    fn resolve_into(&self, inputs: &Inputs, problems: &mut Vec<Problem>) -> Resolved {
        let mut scope = Scope {
            template: self,
            inputs,
            parameters: IndexMap::new(),
            conditions: IndexMap::new(),
            resources: IndexMap::new(),
            notes: RefCell::new(BTreeSet::new()),
            made: Cell::new(0),
            nested: RefCell::new(IndexMap::new()),
        };
        let mut outputs = IndexMap::new();
        // What is wrong with parameters or conditions would be told again wherever they are used.
        match parameter::bind(&self.parameters, inputs) {
            Ok(bound) => scope.parameters = bound,
            Err(found) => problems.extend(found),
        }
        if problems.is_empty() {
            scope.decide_all(problems);
        }
        if problems.is_empty() {
            scope.check_rules(problems);
        }
        if problems.is_empty() {
            scope.evaluate_all(problems);
            outputs = scope.outputs(problems);
        }
        scope.finish(outputs)
    }
}

// === impl Scope ===

impl Scope<'_> {
    fn decide_all(&mut self, problems: &mut Vec<Problem>) {
        let conditions = &self.template.conditions;
        let names = |node: &Node| reference::conditions(node).into_iter().collect();
        let graph = conditions.iter().map(|(name, entry)| (name.clone(), names(&entry.node)));
        let graph: IndexMap<String, Vec<String>> = graph.collect();
        let ordered = match order(&graph) {
            Ok(ordered) => ordered,
            Err(circle) => return problems.push(cycle(&circle, |name| conditions[name].key_span)),
        };
        for name in ordered {
            match self.decide(&conditions[name].node, &Path::Section("Conditions").key(name)) {
                Ok(holds) => drop(self.conditions.insert(name.to_owned(), holds)),
                Err(problem) => problems.push(problem),
            }
        }
    }

    fn evaluate_all(&mut self, problems: &mut Vec<Problem>) {
        let declarations = &self.template.resources;
        let mut graph = IndexMap::new();
        for (name, declaration) in declarations {
            match self.dependencies(name, declaration) {
                Ok(Some(names)) => drop(graph.insert(name.clone(), names)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let ordered = match order(&graph) {
            Ok(ordered) => ordered,
            Err(circle) => return problems.push(cycle(&circle, |name| declarations[name].span)),
        };
        for name in ordered {
            if problems.len() > MOST_PROBLEMS {
                return;
            }
            let resource = if self.inputs.ignored.contains(name) {
                let (logical_id, declaration) = (name.to_owned(), &declarations[name]);
                let resource_type = declaration.resource_type.clone();
                self.notes.borrow_mut().insert(Note::LeftOut { logical_id, resource_type });
                self.resource_of(name, &declarations[name], &mut Vec::new())
            } else {
                self.resource_of(name, &declarations[name], problems)
            };
            self.resources.insert(name.to_owned(), resource);
        }
    }

    /// What a resource waits for; `None` if it is not created.
    fn dependencies(
        &self,
        name: &str,
        declared: &Declaration,
    ) -> Result<Option<Vec<String>>, Problem> {
        let resources = Path::Section("Resources");
        let path = resources.key(name);
        if let Some((condition, span)) = &declared.condition
            && !self.decided(condition, &path.key("Condition"), *span)?
        {
            return Ok(None);
        }
        let known = &self.template.resources;
        for (other, span) in &declared.depends_on {
            if !known.contains_key(other) {
                return Err(Problem::UnknownName {
                    kind: NameKind::Resource,
                    name: other.clone(),
                    path: (&path.key("DependsOn")).into(),
                    near: nearest(other, known.keys().map(String::as_str)).map(String::from),
                    known: Vec::new(),
                    span: *span,
                });
            }
        }
        let explicit = declared.depends_on.iter().map(|(name, _)| name.clone());
        let implicit = reference::references(&declared.properties, &self.conditions);
        Ok(Some(explicit.chain(implicit).collect()))
    }

    fn resource_of(
        &self,
        name: &str,
        declared: &Declaration,
        problems: &mut Vec<Problem>,
    ) -> Resource {
        let resources = Path::Section("Resources");
        let path = resources.key(name);
        let path = path.key("Properties");
        let mut map = Map::new();
        for (key, entry) in declared.properties.entries().into_iter().flatten() {
            match self.evaluate(&entry.node, &path.key(key)) {
                Ok(Some(node)) => {
                    map.insert(key.clone(), Entry { key_span: entry.key_span, node });
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let mut properties = Node::new(Value::Map(map), declared.properties.span);
        self.fill_dynamic(name, &mut properties);
        Resource {
            logical_id: name.to_owned(),
            resource_type: declared.resource_type.clone(),
            identity: self.identity_of(name, declared, &properties, problems),
            properties,
            depends_on: declared.depends_on.iter().map(|(name, _)| name.clone()).collect(),
            span: declared.span,
        }
    }

    fn fill_dynamic(&self, logical_id: &str, properties: &mut Node) {
        let mut unknown = Vec::new();
        dynamic::fill(properties, &self.inputs.ssm, &mut unknown);
        let logical_id = || logical_id.to_owned();
        let notes = unknown.into_iter();
        let notes = notes.map(|name| Note::SsmReference { name, logical_id: logical_id() });
        self.notes.borrow_mut().extend(notes);
    }

    fn identity_of(
        &self,
        name: &str,
        declared: &Declaration,
        properties: &Node,
        problems: &mut Vec<Problem>,
    ) -> Identity {
        match self.nested(name, declared, properties) {
            Ok(Some((nested, identity))) => {
                self.nested.borrow_mut().insert(name.to_owned(), nested);
                return identity;
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
        physical::identify(self.inputs, name, &declared.resource_type, properties)
    }

    fn outputs(&self, problems: &mut Vec<Problem>) -> IndexMap<String, Output> {
        let mut outputs = IndexMap::new();
        for (name, entry) in &self.template.outputs {
            match self.output(&Path::Section("Outputs").key(name), &entry.node, entry.key_span) {
                Ok(Some(output)) => drop(outputs.insert(name.clone(), output)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        outputs
    }

    fn output(&self, path: &Path<'_>, node: &Node, span: Span) -> Result<Option<Output>, Problem> {
        let map = entries(node, path)?;
        if let Some(condition) = map.get("Condition") {
            let name = text(&condition.node, &path.key("Condition"))?;
            if !self.decided(&name, path, condition.node.span)? {
                return Ok(None);
            }
        }
        let value =
            self.output_text(map.get("Value").map(|entry| &entry.node), &path.key("Value"))?;
        let name = map.get("Export").and_then(|entry| entry.node.get("Name"));
        let export = self.output_text(name, &path.key("Export"))?;
        let value =
            value.ok_or_else(|| Problem::Missing { path: path.into(), key: "Value", span })?;
        Ok(Some(Output { value, export }))
    }

    fn output_text(&self, node: Option<&Node>, path: &Path<'_>) -> Result<Option<String>, Problem> {
        let Some(node) = node else { return Ok(None) };
        let value = self.evaluate(node, path)?;
        value.map(|value| text(&value, path)).transpose()
    }

    fn finish(mut self, outputs: IndexMap<String, Output>) -> Resolved {
        let unchecked = self.parameters.values().filter_map(|bound| bound.unchecked.clone());
        let mut notes = self.notes.take();
        notes.extend(unchecked);
        let place = |name: &str| self.template.resources.get_index_of(name);
        self.resources.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
        self.resources.retain(|name, _| !self.inputs.ignored.contains(name));
        let mut nested = self.nested.take();
        nested.retain(|name, _| self.resources.contains_key(name));
        let resolved = Resolved {
            source: self.template.source.clone(),
            stack_name: self.inputs.stack_name.clone(),
            region: self.inputs.region.clone(),
            account: self.inputs.account.clone(),
            resources: self.resources,
            outputs,
            notes: notes.into_iter().collect(),
        };
        resolved.with_nested(nested)
    }
}

fn cycle(circle: &[&str], span: impl Fn(&str) -> Span) -> Problem {
    let names = circle.iter().map(ToString::to_string).collect();
    let span = circle.first().map_or_else(|| Span::from(0), |name| span(name));
    Problem::Cycle { names, span }
}

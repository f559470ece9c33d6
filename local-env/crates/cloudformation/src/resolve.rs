//! A template and the user's choices to resources without functions.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use indexmap::IndexMap;

use super::{
    binding, dynamic, foreach,
    identity::Identity,
    inputs::Inputs,
    nearest::nearest,
    nested,
    node::{Entry, Map, Node, Value},
    note::Note,
    order::order,
    path::Path,
    physical,
    problem::{NameKind, Result as Checked, TemplateError, TemplateProblem as Problem},
    problems::Problems,
    reference,
    resolved::{Output, Resolved, Resource},
    scope::Scope,
    shape::{entries, text},
    source::Span,
    template::{Declaration, MOST_PROBLEMS, Template},
};

// === impl Template ===

impl Template {
    /// Returns the template's resources and outputs with every function evaluated.
    ///
    /// # Errors
    ///
    /// Where parameters have no values or wrong ones, where something refers to what is not there, or
    /// to itself in a circle, and where a function cannot take its argument; all such problems at
    /// once, as far as they do not follow from one another.
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
        let parameters = binding::bind(&self.parameters, &inputs.parameters, &inputs.ssm)
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
        match binding::bind(&self.parameters, &inputs.parameters, &inputs.ssm) {
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

    /// Returns what a resource waits for, or `None` if it is not created.
    fn dependencies(&self, name: &str, declared: &Declaration) -> Checked<Option<Vec<String>>> {
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
        match self.nested_stack(name, declared, properties) {
            Ok(Some(identity)) => return identity,
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
        physical::identify(self.inputs, name, &declared.resource_type, properties)
    }

    /// Resolves a nested stack and returns what references to it give, or `None` where it stays what
    /// it is.
    fn nested_stack(
        &self,
        name: &str,
        declared: &Declaration,
        properties: &Node,
    ) -> Checked<Option<Identity>> {
        let found = nested::find(&self.template.source, self.inputs, name, declared, properties)?;
        let Some((template, inputs)) = found else { return Ok(None) };
        let resolved = template
            .resolve(&inputs)
            .map_err(|error| Problem::nested_in(name, error, declared.span))?;
        let identity = nested::identity(&inputs, &resolved);
        self.nested.borrow_mut().insert(name.to_owned(), resolved);
        Ok(Some(identity))
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

    fn output(&self, path: &Path<'_>, node: &Node, span: Span) -> Checked<Option<Output>> {
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

    fn output_text(&self, node: Option<&Node>, path: &Path<'_>) -> Checked<Option<String>> {
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

//! Stacks that take values from one another: each is resolved once those that it waits for are.
//!
//! A template is parsed once and can be resolved many times, with other values each time.

use std::collections::{BTreeMap, BTreeSet};

use super::{AtHand, TemplatesError, file::Input, nested::Nested};
use cloudformation::{Inputs, Resolved, Template, TemplateError, TemplateProblem};

/// All the stacks that were named, parsed, with what they are to be resolved with each time.
pub(super) struct Stacks {
    pub(super) parsed: Vec<ParsedStack>,
    /// Parameters that one of the templates has to have.
    pub(super) given: BTreeMap<String, String>,
    pub(super) ignored: BTreeSet<String>,
    nested: Nested,
}

/// A stack, and its template where that can be parsed.
pub(super) struct ParsedStack {
    input: Input,
    template: Option<Template>,
}

/// How far a stack has come in one resolving.
enum State {
    New,
    Resolved(Box<Resolved>),
    Failed(TemplateError),
}

/// What the stacks that are resolved give to those that wait for them.
struct Given {
    exports: BTreeMap<String, String>,
    /// By the stack's and the output's name.
    outputs: BTreeMap<(String, String), String>,
}

// === impl Stacks ===

impl Stacks {
    pub(super) fn parse(
        inputs: Vec<Input>,
        given: BTreeMap<String, String>,
        ignored: BTreeSet<String>,
    ) -> Self {
        let parsed = inputs.into_iter().map(ParsedStack::parse).collect();
        Self { parsed, given, ignored, nested: Nested::default() }
    }

    /// Resolves the stacks that are run, each with its name, in order.
    pub(super) fn resolve(
        &self,
        at_hand: &AtHand,
    ) -> Result<Vec<(String, Resolved)>, TemplatesError> {
        let mut given = Given { exports: at_hand.imports.clone(), outputs: BTreeMap::new() };
        let mut states: Vec<_> = self.parsed.iter().map(ParsedStack::state).collect();
        loop {
            let mut is_done = true;
            for (index, (stack, state)) in self.parsed.iter().zip(&mut states).enumerate() {
                let Some(template) = &stack.template else { continue };
                if matches!(state, State::Resolved(_)) {
                    continue;
                }
                let parameters = self.parameters(template, index == 0, at_hand);
                let inputs = self.inputs(&stack.input, parameters, at_hand, &given);
                *state = match template.resolve(&inputs) {
                    Ok(resolved) => {
                        is_done = false;
                        given.add(&resolved);
                        State::Resolved(Box::new(resolved))
                    }
                    Err(error) => State::Failed(error),
                };
            }
            if is_done {
                return self.finished(states);
            }
        }
    }

    fn inputs(
        &self,
        input: &Input,
        parameters: BTreeMap<String, String>,
        at_hand: &AtHand,
        given: &Given,
    ) -> Inputs {
        let usual = Inputs::new(&input.stack_name);
        Inputs {
            region: input.region.clone().unwrap_or(usual.region),
            account: input.account.clone().unwrap_or(usual.account),
            parameters,
            ssm: at_hand.ssm.clone(),
            attributes: at_hand.attributes.clone(),
            exports: given.exports.clone(),
            outputs: given.outputs.clone(),
            library: self.nested.library(),
            ignored: self.ignored.clone(),
            stack_name: usual.stack_name,
        }
    }

    /// What is given by hand and no template has is told by the first one.
    fn parameters(
        &self,
        template: &Template,
        is_first: bool,
        at_hand: &AtHand,
    ) -> BTreeMap<String, String> {
        let mut parameters = at_hand.parameters.clone();
        parameters.extend(self.given.clone());
        parameters
            .retain(|name, _| template.has_parameter(name) || is_first && self.is_unmeant(name));
        parameters
    }

    fn is_unmeant(&self, name: &str) -> bool {
        let mut templates = self.parsed.iter().filter_map(|stack| stack.template.as_ref());
        self.given.contains_key(name) && !templates.any(|template| template.has_parameter(name))
    }

    fn finished(&self, states: Vec<State>) -> Result<Vec<(String, Resolved)>, TemplatesError> {
        let (mut resolved, mut errors, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (ParsedStack { input, .. }, state) in self.parsed.iter().zip(states) {
            match state {
                State::Resolved(it) if input.is_chosen => {
                    resolved.push((input.stack_name.clone(), *it));
                }
                State::Failed(error) if input.is_chosen => errors.push(error),
                State::Failed(error) => others.push(error),
                State::Resolved(_) | State::New => {}
            }
        }
        if errors.is_empty() {
            return Ok(resolved);
        }
        // Who only waits for somebody else is not to blame.
        errors.extend(others);
        let (mut waiting, mut wrong): (Vec<_>, Vec<_>) = errors.into_iter().partition(only_waits);
        if wrong.is_empty() {
            wrong.append(&mut waiting);
        }
        Err(wrong.into())
    }
}

fn only_waits(error: &TemplateError) -> bool {
    error.problems().iter().all(|it| matches!(it, TemplateProblem::NotExported { .. }))
}

// === impl ParsedStack ===

impl ParsedStack {
    fn parse(input: Input) -> Self {
        let template = Template::parse(&input.source).ok();
        Self { input, template }
    }

    /// Returns where every resolving begins. An error cannot be kept for several of them, so that
    /// what cannot be parsed is parsed again where it is told.
    fn state(&self) -> State {
        match &self.template {
            Some(_) => State::New,
            None => Template::parse(&self.input.source).map_or_else(State::Failed, |_| State::New),
        }
    }
}

// === impl Given ===

impl Given {
    fn add(&mut self, resolved: &Resolved) {
        for (name, output) in &resolved.outputs {
            let own = (resolved.stack_name.clone(), name.clone());
            self.outputs.insert(own, output.value.clone());
            let export = output.export.clone();
            self.exports.extend(export.map(|export| (export, output.value.clone())));
        }
    }
}

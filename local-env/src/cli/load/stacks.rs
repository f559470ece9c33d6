//! Stacks that take values from one another: each is resolved once those that it waits for are.

use std::collections::{BTreeMap, BTreeSet};

use miette::Diagnostic;
use thiserror::Error;

use super::{AtHand, input::Input, nested};
use cloudformation::{Inputs, Resolved, Template, TemplateError, TemplateProblem};

/// What all stacks are resolved with.
pub(super) struct Stacks<'a> {
    /// What some template may ask for.
    pub(super) at_hand: &'a AtHand,
    /// Parameters that one has to have.
    pub(super) given: BTreeMap<String, String>,
    pub(super) ignored: BTreeSet<String>,
}

/// What is wrong with several templates.
#[derive(Debug, Error, Diagnostic)]
#[error("{} templates cannot be used", errors.len())]
pub(super) struct Several {
    #[related]
    pub(super) errors: Vec<TemplateError>,
}

/// A stack on its way.
struct Stack {
    input: Input,
    template: Option<Template>,
    state: State,
}

enum State {
    Resolved(Box<Resolved>),
    Failed(TemplateError),
    New,
}

// === impl Stacks ===

impl Stacks<'_> {
    /// The stacks that are run, each with its name, in order.
    pub(super) fn resolve(&self, inputs: Vec<Input>) -> miette::Result<Vec<(String, Resolved)>> {
        let mut stacks: Vec<_> = inputs.into_iter().map(Stack::parse).collect();
        let (mut exports, mut outputs) = (self.at_hand.imports.clone(), BTreeMap::new());
        let unmeant = self.unmeant(&stacks);
        loop {
            let mut is_done = true;
            for (index, stack) in stacks.iter_mut().enumerate() {
                let Some(template) = stack.waiting() else { continue };
                let parameters = self.parameters(template, if index == 0 { &unmeant } else { &[] });
                let inputs = self.inputs(&stack.input, parameters, &exports, &outputs);
                stack.state = match template.resolve(&inputs) {
                    Ok(resolved) => {
                        is_done = false;
                        for (name, output) in &resolved.outputs {
                            let own = (resolved.stack_name.clone(), name.clone());
                            outputs.insert(own, output.value.clone());
                            let export = output.export.clone();
                            exports.extend(export.map(|export| (export, output.value.clone())));
                        }
                        State::Resolved(Box::new(resolved))
                    }
                    Err(error) => State::Failed(error),
                };
            }
            if is_done {
                return finished(stacks);
            }
        }
    }

    fn inputs(
        &self,
        input: &Input,
        parameters: BTreeMap<String, String>,
        exports: &BTreeMap<String, String>,
        outputs: &BTreeMap<(String, String), String>,
    ) -> Inputs {
        let usual = Inputs::new(&input.stack_name);
        Inputs {
            region: input.region.clone().unwrap_or(usual.region),
            account: input.account.clone().unwrap_or(usual.account),
            parameters,
            ssm: self.at_hand.ssm.clone(),
            attributes: self.at_hand.attributes.clone(),
            exports: exports.clone(),
            outputs: outputs.clone(),
            library: nested::library(),
            ignored: self.ignored.clone(),
            stack_name: usual.stack_name,
        }
    }

    /// What is given by hand and no template has: the first one tells of it.
    fn unmeant(&self, stacks: &[Stack]) -> Vec<String> {
        let templates = || stacks.iter().filter_map(|stack| stack.template.as_ref());
        let has = |name: &String| templates().any(|template| template.has_parameter(name));
        self.given.keys().filter(|name| !has(name)).cloned().collect()
    }

    fn parameters(&self, template: &Template, unmeant: &[String]) -> BTreeMap<String, String> {
        let mut parameters = self.at_hand.parameters.clone();
        parameters.extend(self.given.clone());
        parameters
            .retain(|name, _| template.has_parameter(name) || unmeant.iter().any(|it| it == name));
        parameters
    }
}

// === impl Stack ===

impl Stack {
    fn parse(input: Input) -> Self {
        match Template::parse(&input.source) {
            Ok(template) => Self { input, template: Some(template), state: State::New },
            Err(error) => Self { input, template: None, state: State::Failed(error) },
        }
    }

    fn waiting(&self) -> Option<&Template> {
        self.template.as_ref().filter(|_| !matches!(self.state, State::Resolved(_)))
    }
}

fn finished(stacks: Vec<Stack>) -> miette::Result<Vec<(String, Resolved)>> {
    let (mut resolved, mut errors, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for Stack { input, state, .. } in stacks {
        match state {
            State::Resolved(it) if input.is_chosen => resolved.push((input.stack_name, *it)),
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
    Err(super::told(wrong))
}

fn only_waits(error: &TemplateError) -> bool {
    error.problems().iter().all(|it| matches!(it, TemplateProblem::NotExported { .. }))
}

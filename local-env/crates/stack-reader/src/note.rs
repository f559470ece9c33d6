//! What CloudFormation's notes on a template mean for its stack.

use crate::problem::{Found, GivenIn, NotEmulated, PropertyFault, Reason, StackProblem};
use cloudformation::{Note, PropertyPath};
use stack::{Ignored, IgnoredPart};

/// Returns what a note says is ignored, if it says so of anything.
pub(super) fn ignored(note: &Note) -> Option<Ignored> {
    let property = |key: &str| IgnoredPart::Property(PropertyPath::default().key(key));
    let (logical_id, resource_type, part) = match note {
        Note::SsmValue { parameter, .. } => (parameter, "Parameter", property("Type")),
        Note::UncheckedPattern { parameter } => {
            (parameter, "Parameter", property("AllowedPattern"))
        }
        Note::SsmReference { name, logical_id } => {
            (logical_id, "Dynamic reference", IgnoredPart::DynamicReference(name.clone()))
        }
        Note::LeftOut { logical_id, resource_type } => {
            (logical_id, &**resource_type, IgnoredPart::Whole)
        }
        Note::UncheckedRule { rule } => (rule, "Rule", property("Assertions")),
        Note::UnknownAttribute { .. } => return None,
    };
    Some(Ignored { logical_id: logical_id.into(), resource_type: resource_type.to_owned(), part })
}

/// Judges a problem with the notes: what only AWS knows is no mistake where a number or a word
/// should should stand.
pub(super) fn judged(notes: &[Note], problem: StackProblem) -> StackProblem {
    let Reason::Property(_, PropertyFault::WrongType { found: Found::Text(value), .. }) =
        &problem.reason
    else {
        return problem;
    };
    let given_in = notes.iter().find_map(|note| match note {
        Note::UnknownAttribute { name } => (name == value).then_some(GivenIn::Attributes),
        Note::SsmValue { name, .. } => (name == value).then_some(GivenIn::Ssm),
        Note::SsmReference { name, .. } => value.contains(name).then_some(GivenIn::Ssm),
        _ => None,
    });
    let Some(given_in) = given_in else { return problem };
    let unknown = NotEmulated::UnknownValue { value: value.clone(), given_in };
    StackProblem { reason: unknown.into(), ..problem }
}

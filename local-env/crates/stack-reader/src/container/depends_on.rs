//! What a container waits for before it starts (cloudmap-ecs §3.5).

use super::{Field, Properties, Result};
use crate::problem::{DependencyFault, Part};
use stack::{Container, Dependency, DependencyCondition};

const CONDITIONS: [(&str, DependencyCondition); 4] = [
    ("START", DependencyCondition::Start),
    ("COMPLETE", DependencyCondition::Complete),
    ("SUCCESS", DependencyCondition::Success),
    ("HEALTHY", DependencyCondition::Healthy),
];

pub(super) fn read(definition: &Properties<'_>) -> Result<Vec<Dependency>> {
    items(definition)?.iter().map(dependency).collect()
}

fn items<'a>(definition: &Properties<'a>) -> Result<Vec<Field<'a>>> {
    definition.of(Part::Dependencies).items("DependsOn")
}

fn dependency(field: &Field<'_>) -> Result<Dependency> {
    let entry = field.map()?;
    Ok(Dependency {
        container: entry.need("ContainerName")?.text()?.into_owned(),
        condition: entry.need("Condition")?.choice(&CONDITIONS)?,
    })
}

/// Checks whether what is waited for can come to pass.
pub(super) fn check(definitions: &[Properties<'_>], containers: &[Container]) -> Result<()> {
    for (definition, container) in definitions.iter().zip(containers) {
        for (field, dependency) in items(definition)?.iter().zip(&container.depends_on) {
            possible(&field.map()?, dependency, containers)?;
        }
    }
    let circle = circle(containers).unwrap_or_default();
    let first = circle.first();
    let found = definitions.iter().zip(containers).find(|(_, it)| Some(&it.name) == first);
    let Some((definition, _)) = found else { return Ok(()) };
    Err(definition.need("DependsOn")?.refused(DependencyFault::Circle { circle }))
}

fn possible(
    entry: &Properties<'_>,
    dependency: &Dependency,
    containers: &[Container],
) -> Result<()> {
    let name = &dependency.container;
    let Some(other) = containers.iter().find(|container| container.name == *name) else {
        let known = containers.iter().map(|it| it.name.clone()).collect();
        let fault = DependencyFault::UnknownContainer { found: name.clone(), known };
        return Err(entry.need("ContainerName")?.refused(fault));
    };
    let condition = entry.need("Condition")?;
    match dependency.condition {
        DependencyCondition::Complete | DependencyCondition::Success if other.essential => {
            let (word, container) = (condition.text()?.into_owned(), name.clone());
            Err(condition.refused(DependencyFault::EndOfEssential { condition: word, container }))
        }
        DependencyCondition::Healthy if other.health_check.is_none() => {
            Err(condition.refused(DependencyFault::NoHealthCheck { container: name.clone() }))
        }
        _ => Ok(()),
    }
}

/// Returns the names of containers of which each waits for the next, from one of them to itself.
fn circle(containers: &[Container]) -> Option<Vec<String>> {
    let mut waiting: Vec<&Container> = containers.iter().collect();
    loop {
        let before = waiting.clone();
        waiting.retain(|container| next(container, &before).is_some());
        if waiting.len() == before.len() {
            break;
        }
    }
    // Each of those that are left waits for another of them.
    let mut path = vec![*waiting.first()?];
    loop {
        let following = next(path.last()?, &waiting)?;
        if let Some(start) = path.iter().position(|container| container.name == following.name) {
            let names = path.iter().skip(start).chain([&following]);
            return Some(names.map(|container| container.name.clone()).collect());
        }
        path.push(following);
    }
}

/// Returns one of these that the container waits for.
fn next<'a>(container: &Container, others: &[&'a Container]) -> Option<&'a Container> {
    let waits_for = |other: &&&Container| {
        container.depends_on.iter().any(|dependency| dependency.container == other.name)
    };
    others.iter().find(waits_for).copied()
}

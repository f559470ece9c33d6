//! What a container waits for before it starts (cloudmap-ecs §3.5).

use super::{Field, Properties, Result};
use stack::{Container, Dependency, DependencyCondition};

const CONDITIONS: [(&str, DependencyCondition); 4] = [
    ("START", DependencyCondition::Start),
    ("COMPLETE", DependencyCondition::Complete),
    ("SUCCESS", DependencyCondition::Success),
    ("HEALTHY", DependencyCondition::Healthy),
];

pub(super) fn read(definition: &Properties<'_>) -> Result<Vec<Dependency>> {
    definition.items("DependsOn")?.iter().map(dependency).collect()
}

fn dependency(field: &Field<'_>) -> Result<Dependency> {
    let entry = field.map()?;
    Ok(Dependency {
        container: entry.need("ContainerName")?.text()?.into_owned(),
        condition: entry.need("Condition")?.choice(&CONDITIONS)?,
    })
}

/// Whether what is waited for can come to pass.
pub(super) fn check(definitions: &[Properties<'_>], containers: &[Container]) -> Result<()> {
    for (definition, container) in definitions.iter().zip(containers) {
        for (field, dependency) in definition.items("DependsOn")?.iter().zip(&container.depends_on)
        {
            possible(&field.map()?, dependency, containers)?;
        }
    }
    let cycle = cycle(containers).unwrap_or_default();
    let first = cycle.first().copied();
    let found = definitions.iter().zip(containers).find(|(_, it)| Some(it.name.as_str()) == first);
    let Some((definition, container)) = found else { return Ok(()) };
    let why = format!("makes `{}` wait for itself: {}", container.name, cycle.join(", "));
    Err(definition.need("DependsOn")?.refused(why, "none of them would ever start"))
}

fn possible(
    entry: &Properties<'_>,
    dependency: &Dependency,
    containers: &[Container],
) -> Result<()> {
    let name = &dependency.container;
    let Some(other) = containers.iter().find(|container| container.name == *name) else {
        let names: Vec<_> = containers.iter().map(|it| it.name.as_str()).collect();
        let help = format!("the task definition has {}", names.join(", "));
        let why = format!("is `{name}`, which does not exist in the task definition");
        return Err(entry.need("ContainerName")?.refused(why, help));
    };
    let condition = entry.need("Condition")?;
    match dependency.condition {
        DependencyCondition::Complete | DependencyCondition::Success if other.essential => {
            let why = format!("is `{}`, and `{name}` is essential", condition.text()?);
            let help = "the task ends with an essential container: make that one \
                        `Essential: false`, or wait for `START` or `HEALTHY`";
            Err(condition.refused(why, help))
        }
        DependencyCondition::Healthy if other.health_check.is_none() => {
            let why = format!("is `HEALTHY`, and `{name}` has no health check");
            Err(condition.refused(why, format!("give `{name}` a `HealthCheck`")))
        }
        _ => Ok(()),
    }
}

/// The names of containers of which each waits for the next, from one of them to itself.
fn cycle(containers: &[Container]) -> Option<Vec<&str>> {
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
            return Some(names.map(|container| container.name.as_str()).collect());
        }
        path.push(following);
    }
}

/// One of these that the container waits for.
fn next<'a>(container: &Container, others: &[&'a Container]) -> Option<&'a Container> {
    let waits_for = |other: &&&Container| {
        container.depends_on.iter().any(|dependency| dependency.container == other.name)
    };
    others.iter().find(waits_for).copied()
}

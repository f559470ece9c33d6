//! A container's variables, and where those are that the template does not have (cloudmap-ecs §3.13).

use super::{Field, Properties, Result};
use crate::problem::{ContainerFault, Form};
use stack::Secret;

const MOST_FILES: usize = 10;

pub(super) fn variables(definition: &Properties<'_>) -> Result<Vec<(String, String)>> {
    definition.items("Environment")?.iter().map(variable).collect()
}

fn variable(field: &Field<'_>) -> Result<(String, String)> {
    let variable = field.map()?;
    let name = variable.need("Name")?.text()?.into_owned();
    let value = variable.text("Value")?.unwrap_or_default().into_owned();
    Ok((name, value))
}

pub(super) fn files(definition: &Properties<'_>) -> Result<Vec<String>> {
    let files = definition.items("EnvironmentFiles")?;
    if let Some(surplus) = files.get(MOST_FILES) {
        let most = MOST_FILES;
        return Err(surplus.refused(ContainerFault::TooManyEnvironmentFiles { most }));
    }
    files.iter().map(file).collect()
}

fn file(field: &Field<'_>) -> Result<String> {
    let file = field.map()?;
    file.need("Type")?.choice(&[("s3", ())])?;
    let value = file.need("Value")?;
    let name = value.text()?;
    if name.ends_with(".env") {
        return Ok(name.into_owned());
    }
    Err(value.malformed(&name, Form::EnvironmentFile))
}

/// Reads the secrets. A variable has its value either from here or from `Environment`.
pub(super) fn secrets(definition: &Properties<'_>) -> Result<Vec<Secret>> {
    let mut taken: Vec<_> = variables(definition)?.into_iter().map(|(name, _)| name).collect();
    let mut secrets = Vec::new();
    for field in definition.items("Secrets")? {
        let entry = field.map()?;
        let name_field = entry.need("Name")?;
        let name = name_field.text()?.into_owned();
        if taken.contains(&name) {
            return Err(name_field.refused(ContainerFault::SecretTaken { name }));
        }
        taken.push(name.clone());
        let value_from = value_from(&entry)?;
        secrets.push(Secret { name, value_from });
    }
    Ok(secrets)
}

fn value_from(entry: &Properties<'_>) -> Result<String> {
    let field = entry.need("ValueFrom")?;
    let text = field.text()?;
    if text.is_empty() {
        return Err(field.refused(ContainerFault::NoSecret));
    }
    Ok(text.into_owned())
}

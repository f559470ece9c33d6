//! The variables of a container: what the template gives, and what it leaves to others, which the
//! project file stands in for (cloudmap-ecs §3.13).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use indexmap::IndexMap;

use super::{Part, Project, ProjectError, environment_file, quoted, secret::Asked};
use crate::ecs::Value;
use cloudformation::{DynamicPiece, DynamicReference, dynamic_pieces};
use stack::{Container, Secret};

/// All that a project file gives to containers.
pub(super) struct Given<'a> {
    project: &'a Project,
    /// Those of `secrets_file` and of the table, which wins.
    secrets: BTreeMap<String, Value>,
}

// === impl Given ===

impl<'a> Given<'a> {
    /// All that these containers ask for must be there.
    pub(super) fn new(project: &'a Project, parts: &[Part<'_>]) -> Result<Self, ProjectError> {
        let given = Self::read(project)?;
        given.require_secrets(parts)?;
        given.require_files(parts)?;
        Ok(given)
    }

    /// Whether or not it is enough.
    pub(super) fn read(project: &'a Project) -> Result<Self, ProjectError> {
        let mut secrets = BTreeMap::new();
        if let Some(path) = &project.secrets_file {
            secrets.extend(environment_file::read(&project.beside(path))?);
        }
        secrets.extend(project.secrets.clone());
        Ok(Self { project, secrets })
    }

    /// Environment files, then `Environment`, then secrets, the later ones winning.
    pub(super) fn variables(&self, part: &Part<'_>) -> Result<Vec<(String, Value)>, ProjectError> {
        let mut variables = IndexMap::new();
        for path in part.container.environment_files.iter().filter_map(|arn| self.file(arn)) {
            for (name, value) in environment_file::read(&path)? {
                // The first file that has a name wins.
                variables.entry(name).or_insert(value);
            }
        }
        for (name, value) in &part.container.environment {
            variables.insert(name.clone(), self.filled(part, name, value)?);
        }
        for secret in &part.container.secrets {
            variables.insert(secret.name.clone(), self.secret(part, secret)?);
        }
        Ok(variables.into_iter().collect())
    }

    fn secret(&self, part: &Part<'_>, secret: &Secret) -> Result<Value, ProjectError> {
        let asked = Asked::new(&secret.value_from);
        let missing = || self.missing_secrets(&[(part, secret)]);
        let (key, value) = self.find(&asked).ok_or_else(missing)?;
        asked.pick(key, value).map_err(|why| ProjectError::SecretMember {
            path: self.project.path.clone(),
            key: key.clone(),
            why,
            variable: variable(part, secret),
        })
    }

    /// A variable of the template, with what its dynamic references ask for.
    fn filled(&self, part: &Part<'_>, name: &str, text: &str) -> Result<Value, ProjectError> {
        let mut made = String::new();
        for piece in dynamic_pieces(text) {
            match piece {
                DynamicPiece::Text(text) => made += text,
                DynamicPiece::Reference(reference) => match value_from(reference) {
                    Some(value_from) => {
                        let secret = Secret { name: name.to_owned(), value_from };
                        made += self.secret(part, &secret)?.as_str();
                    }
                    None => return Err(self.missing_parameter(part, name, reference)),
                },
            }
        }
        Ok(made.as_str().into())
    }

    fn missing_parameter(
        &self,
        part: &Part<'_>,
        name: &str,
        reference: DynamicReference<'_>,
    ) -> ProjectError {
        let parameter = reference.parameter().unwrap_or(reference.key);
        ProjectError::MissingParameter {
            path: self.project.path.clone(),
            variable: format!("{} ({name})", part.called),
            line: format!("[ssm]\n{} = {}\n", quoted(parameter), quoted("…")),
        }
    }

    fn find(&self, asked: &Asked<'_>) -> Option<(&String, &Value)> {
        asked.keys().iter().find_map(|key| self.secrets.get_key_value(key))
    }

    fn require_secrets(&self, parts: &[Part<'_>]) -> Result<(), ProjectError> {
        let missing = self.lacking_secrets(parts);
        if missing.is_empty() { Ok(()) } else { Err(self.missing_secrets(&missing)) }
    }

    fn lacking_secrets<'p>(&self, parts: &'p [Part<'_>]) -> Vec<(&'p Part<'p>, &'p Secret)> {
        let all =
            parts.iter().flat_map(|part| part.container.secrets.iter().map(move |it| (part, it)));
        let missing =
            all.filter(|(_, secret)| self.find(&Asked::new(&secret.value_from)).is_none());
        missing.collect()
    }

    /// Lines for the secrets that these containers ask for in vain.
    pub(super) fn lacking_secret_lines(&self, parts: &[Part<'_>]) -> Vec<String> {
        secret_lines(&self.lacking_secrets(parts))
    }

    /// The environment files that these containers ask for in vain, by the last part of their ARNs.
    pub(super) fn lacking_files(&self, parts: &[Part<'_>]) -> Vec<String> {
        let all = parts.iter().flat_map(|part| &part.container.environment_files);
        let lacking: BTreeSet<_> =
            all.filter(|arn| self.file(arn).is_none()).map(|arn| last(arn).to_owned()).collect();
        lacking.into_iter().collect()
    }

    fn missing_secrets(&self, missing: &[(&Part<'_>, &Secret)]) -> ProjectError {
        ProjectError::MissingSecrets {
            path: self.project.path.clone(),
            variables: missing.iter().map(|(part, secret)| variable(part, secret)).collect(),
            lines: format!("[secrets]\n{}", secret_lines(missing).concat()),
        }
    }

    fn require_files(&self, parts: &[Part<'_>]) -> Result<(), ProjectError> {
        let lacks = |arn: &&String| self.file(arn).is_none();
        let mut missing: Vec<&str> = Vec::new();
        let mut containers = Vec::new();
        for part in parts {
            let before = missing.len();
            missing
                .extend(part.container.environment_files.iter().filter(lacks).map(|it| last(it)));
            if missing.len() > before {
                containers.push(part.called.clone());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        let lines = missing.iter().map(|name| format!("{} = {}\n", quoted(name), quoted(name)));
        let lines = format!("[environment_files]\n{}", lines.collect::<String>());
        Err(ProjectError::MissingFiles { path: self.project.path.clone(), containers, lines })
    }

    fn file(&self, arn: &str) -> Option<PathBuf> {
        let files = &self.project.environment_files;
        let path: &Path = files.get(arn).or_else(|| files.get(last(arn)))?;
        Some(self.project.beside(path))
    }
}

/// What a dynamic reference to a secret asks for, as a container's `Secrets` would say it.
fn value_from(reference: DynamicReference<'_>) -> Option<String> {
    let (secret, member) = reference.secret()?;
    Some(member.map_or(secret.clone(), |member| format!("{secret}:{member}::")))
}

fn dynamic_secrets(text: &str) -> impl Iterator<Item = String> {
    dynamic_pieces(text).into_iter().filter_map(|piece| match piece {
        DynamicPiece::Reference(reference) => value_from(reference),
        DynamicPiece::Text(_) => None,
    })
}

/// What a container asks for by these names in the tables of a project file.
pub(super) fn asks_for(container: &Container) -> impl Iterator<Item = String> + '_ {
    let secrets = container.secrets.iter().flat_map(|secret| Asked::new(&secret.value_from).keys());
    let files = container.environment_files.iter();
    let variables = container.environment.iter().flat_map(|(_, text)| dynamic_secrets(text));
    let secrets = secrets.chain(variables.flat_map(|it| Asked::new(&it).keys()));
    secrets.chain(files.flat_map(|arn| [arn.clone(), last(arn).to_owned()]))
}

/// `a.env` of `arn:aws:s3:::bucket/folder/a.env`.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn variable(part: &Part<'_>, secret: &Secret) -> String {
    format!("{} ({} from {})", part.called, secret.name, secret.value_from)
}

fn secret_lines(missing: &[(&Part<'_>, &Secret)]) -> Vec<String> {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, secret) in missing {
        let asked = Asked::new(&secret.value_from);
        members.entry(asked.plain_name()).or_default().extend(asked.member);
    }
    members.iter().map(|(name, members)| secret_line(name, members)).collect()
}

fn secret_line(name: &str, members: &[&str]) -> String {
    let value = if members.is_empty() {
        quoted("…")
    } else {
        let members: IndexMap<_, _> = members.iter().map(|member| (*member, "…")).collect();
        let members: Vec<_> =
            members.iter().map(|(key, value)| format!("\"{key}\": \"{value}\"")).collect();
        format!("'{{{}}}'", members.join(", "))
    };
    format!("{} = {value}\n", quoted(name))
}

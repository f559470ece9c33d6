//! A cdk.out folder: its `manifest.json` names the stacks, and folders with more of them.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::{
    TemplatesError,
    error::{AssemblyError, MANIFEST},
    file::{self, Input},
};

/// Of stages within stages.
const DEEPEST: usize = 16;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    artifacts: BTreeMap<String, Artifact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    #[serde(rename = "type")]
    kind: String,
    environment: Option<String>,
    display_name: Option<String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    template_file: Option<String>,
    stack_name: Option<String>,
    directory_name: Option<String>,
}

/// The stacks of the folder, by name.
pub(super) fn read(folder: &Path) -> Result<Vec<Input>, TemplatesError> {
    let mut inputs = Vec::new();
    add(folder, DEEPEST, &mut inputs)?;
    if inputs.is_empty() {
        return Err(AssemblyError::NoStack { path: folder.join(MANIFEST) }.into());
    }
    Ok(inputs)
}

fn add(folder: &Path, deeper: usize, inputs: &mut Vec<Input>) -> Result<(), TemplatesError> {
    for (id, artifact) in manifest(folder)?.artifacts {
        let properties = &artifact.properties;
        match (artifact.kind.as_str(), &properties.template_file, &properties.directory_name) {
            ("aws:cloudformation:stack", Some(template), _) => {
                let source = file::file(&folder.join(template))?;
                inputs.push(artifact.input(id, source));
            }
            ("cdk:cloud-assembly", _, Some(nested)) if deeper > 0 => {
                add(&folder.join(nested), deeper - 1, inputs)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn manifest(folder: &Path) -> Result<Manifest, AssemblyError> {
    let path = folder.join(MANIFEST);
    let bytes = file::bytes(&path)
        .map_err(|source| AssemblyError::NoManifest { folder: folder.to_owned(), source })?;
    serde_json::from_slice(&bytes).map_err(|source| AssemblyError::Manifest { path, source })
}

// === impl Artifact ===

impl Artifact {
    fn input(self, id: String, source: cloudformation::Source) -> Input {
        let (account, region) = self.environment.as_deref().map_or((None, None), environment);
        let stack_name = self.properties.stack_name.unwrap_or_else(|| id.clone());
        let aliases = [Some(id), self.display_name].into_iter().flatten().collect();
        Input { aliases, region, account, ..Input::new(stack_name, source) }
    }
}

/// Account and region of `aws://111122223333/eu-central-1`; CDK writes `unknown-…` for none.
fn environment(text: &str) -> (Option<String>, Option<String>) {
    let parts = text.strip_prefix("aws://").and_then(|rest| rest.split_once('/'));
    let known = |part: &str| (!part.starts_with("unknown-")).then(|| part.to_owned());
    parts.map_or((None, None), |(account, region)| (known(account), known(region)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_may_be_unknown() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(environment("aws://1/eu-central-1"), (some("1"), some("eu-central-1")));
        assert_eq!(environment("aws://unknown-account/unknown-region"), (None, None));
        assert_eq!(environment("elsewhere"), (None, None));
    }
}

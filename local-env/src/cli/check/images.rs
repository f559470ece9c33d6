//! What Docker knows of images: of those at hand first, then of those in registries.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use check::Architectures;
use cloudformation::Resolved;

/// The architectures of all images that Docker can tell of. Of the others nothing is said.
pub(super) fn architectures(resolved: &Resolved) -> miette::Result<Architectures> {
    if docker(&["version", "--format", "{{.Client.Version}}"]).is_none() {
        let help = "install Docker's command line, or leave `--images` out";
        return Err(miette::miette!(help = help, "`--images` asks Docker, and there is none"));
    }
    let images = images(resolved).into_iter();
    Ok(images.filter_map(|image| Some((image.clone(), of_image(&image)?))).collect())
}

fn images(resolved: &Resolved) -> BTreeSet<String> {
    let definitions = resolved.resources.values().filter_map(|resource| {
        resource.properties.get("ContainerDefinitions").and_then(|it| it.items())
    });
    let images = definitions.flatten().filter_map(|it| it.get("Image")?.text());
    // What begins with a hyphen is an option to Docker, and no image.
    images.map(String::from).filter(|image| !image.starts_with('-')).collect()
}

fn of_image(image: &str) -> Option<Vec<String>> {
    if let Some(found) = docker(&["image", "inspect", "--format", "{{.Architecture}}", image]) {
        return Some(vec![found.trim().to_owned()]);
    }
    of_manifest(&docker(&["manifest", "inspect", "--verbose", image])?)
}

/// One manifest, or one for each platform; what is for no platform are attestations.
fn of_manifest(text: &str) -> Option<Vec<String>> {
    let manifest: Value = serde_json::from_str(text).ok()?;
    let all = manifest.as_array().map_or_else(|| vec![&manifest], |all| all.iter().collect());
    let found =
        all.iter().filter_map(|it| it.pointer("/Descriptor/platform/architecture")?.as_str());
    let found: BTreeSet<_> = found.filter(|it| *it != "unknown").map(str::to_owned).collect();
    (!found.is_empty()).then(|| found.into_iter().collect())
}

/// The output of a command that succeeds.
fn docker(arguments: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_tells_its_platforms() {
        let one = |architecture: &str| {
            format!(
                r#"{{"Descriptor": {{"platform": {{"architecture": "{architecture}", "os": "linux"}}}}}}"#
            )
        };
        assert_eq!(of_manifest(&one("arm64")), Some(vec!["arm64".to_owned()]));
        let several = format!("[{}, {}, {}]", one("arm64"), one("amd64"), one("unknown"));
        assert_eq!(of_manifest(&several), Some(vec!["amd64".to_owned(), "arm64".to_owned()]));
        assert_eq!(of_manifest("{}"), None);
        assert_eq!(of_manifest("no json"), None);
    }
}

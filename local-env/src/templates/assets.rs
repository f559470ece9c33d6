//! What CDK's lists of assets (`*.assets.json`) say of the files and images that a stack uses.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::file;
use crate::builds::{Build, Doing};

const LIST: &str = ".assets.json";
/// Of the folders within cdk.out that have the stacks of a stage.
const STAGE: &str = "assembly-";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    files: BTreeMap<String, FileAsset>,
    #[serde(default)]
    docker_images: BTreeMap<String, DockerAsset>,
}

#[derive(Deserialize)]
struct FileAsset {
    source: FileSource,
}

#[derive(Deserialize)]
struct FileSource {
    path: Option<String>,
}

#[derive(Deserialize)]
struct DockerAsset {
    source: DockerSource,
    #[serde(default)]
    destinations: BTreeMap<String, Destination>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerSource {
    /// Seen from the list. Without it something else than Docker makes the image.
    directory: Option<PathBuf>,
    docker_file: Option<String>,
    docker_build_target: Option<String>,
    #[serde(default)]
    docker_build_args: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    image_tag: String,
}

/// Images that CDK would build, by their tags.
pub(crate) struct ImageAssets(BTreeMap<String, ImageAsset>);

struct ImageAsset {
    folder: PathBuf,
    source: DockerSource,
}

/// The file that is uploaded under this hash.
pub(super) fn file(folder: &Path, hash: &str) -> Option<String> {
    lists(folder).find_map(|mut list| list.files.remove(hash)?.source.path)
}

/// Lists that cannot be read are none.
fn lists(folder: &Path) -> impl Iterator<Item = List> {
    let is_list = |path: &PathBuf| path.to_string_lossy().ends_with(LIST);
    let lists = within(folder).filter(is_list);
    lists.filter_map(|path| serde_json::from_slice(&file::bytes(&path).ok()?).ok())
}

fn within(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = folder.read_dir().into_iter().flatten();
    entries.filter_map(Result::ok).map(|entry| entry.path())
}

// === impl ImageAssets ===

impl ImageAssets {
    /// Those of the templates, or cdk.out folders, at these paths.
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let folders = paths
            .iter()
            .map(|path| if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) });
        let is_stage = |path: &PathBuf| {
            path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(STAGE))
        };
        let mut images = Self(BTreeMap::new());
        for folder in folders {
            images.add(folder);
            within(folder).filter(is_stage).for_each(|stage| images.add(&stage));
        }
        images
    }

    fn add(&mut self, folder: &Path) {
        for DockerAsset { source, destinations } in
            lists(folder).flat_map(|list| list.docker_images.into_values())
        {
            let Some(directory) = &source.directory else { continue };
            for Destination { image_tag } in destinations.into_values() {
                let folder = folder.join(directory);
                self.0.insert(image_tag, ImageAsset { folder, source: source.clone() });
            }
        }
    }

    /// How an image is built, if it is one of them.
    pub(crate) fn build(&self, image: &str, service: &str) -> Option<Build> {
        let ImageAsset { folder, source } = self.0.get(image.rsplit_once(':')?.1)?;
        let mut words = vec!["docker".to_owned(), "build".to_owned(), "-t".to_owned()];
        words.push(image.to_owned());
        let options = [("--file", &source.docker_file), ("--target", &source.docker_build_target)];
        for (option, value) in options {
            words.extend(value.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        for (name, value) in &source.docker_build_args {
            words.extend(["--build-arg".to_owned(), format!("{name}={value}")]);
        }
        words.push(".".to_owned());
        Some(Build {
            doing: Doing::Building,
            service: service.to_owned(),
            command: shell_words::join(words),
            folder: folder.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_a_stage_too_are_built_as_cdk_builds_them() {
        let folder = tempfile::tempdir().unwrap();
        let stage = folder.path().join("assembly-Prod");
        std::fs::create_dir(&stage).unwrap();
        let list = r#"{"version": "1", "files": {"f1": {"source": {"path": "in.json", "packaging": "file"}}},
            "dockerImages": {"a1": {
                "source": {"directory": "../asset.a1", "dockerFile": "web.Dockerfile",
                           "dockerBuildTarget": "run", "dockerBuildArgs": {"MODE": "a b"}},
                "destinations": {"current": {"repositoryName": "r", "imageTag": "v1-a1"}}},
              "b2": {"source": {"executable": ["sh"]},
                "destinations": {"current": {"repositoryName": "r", "imageTag": "b2"}}}}}"#;
        std::fs::write(stage.join("Web.assets.json"), list).unwrap();
        std::fs::write(folder.path().join("Broken.assets.json"), "{").unwrap();
        assert_eq!(file(&stage, "f1").as_deref(), Some("in.json"));
        let images = ImageAssets::of(&[folder.path().to_owned()]);
        let build = images.build("registry.example/r:v1-a1", "web").unwrap();
        assert_eq!(
            build.command,
            "docker build -t registry.example/r:v1-a1 --file web.Dockerfile --target run \
             --build-arg 'MODE=a b' ."
        );
        assert_eq!(build.folder, stage.join("../asset.a1"));
        for other in ["registry.example/r:b2", "registry.example/r:c3", "nginx"] {
            assert!(images.build(other, "web").is_none(), "{other}");
        }
    }
}

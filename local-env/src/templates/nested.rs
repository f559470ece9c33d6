//! Where the templates of nested stacks are: beside the one that has them, under the name that CDK
//! tells, the end of the URL's path, or what CDK's list of assets gives for its last part.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{assets, file};
use cloudformation::{Library, Template, TemplateError, Wanted};

/// The templates of nested stacks, each of which is parsed once. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Nested(Arc<Mutex<HashMap<PathBuf, Arc<Template>>>>);

// === impl Nested ===

impl Nested {
    /// Returns a library of all that lie beside the templates that ask for them, for one resolving.
    pub(super) fn library(&self) -> Library {
        let nested = self.clone();
        Library::new(move |wanted| nested.find(wanted))
    }

    fn find(&self, wanted: &Wanted<'_>) -> Option<Result<Arc<Template>, TemplateError>> {
        let path = candidates(wanted).into_iter().find(|path| path.is_file())?;
        // No holder of this lock can panic half-way through a change.
        let mut parsed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(template) = parsed.get(&path) {
            return Some(Ok(Arc::clone(template)));
        }
        let bytes = file::bytes(&path).ok()?;
        let template = file::text(&path, &bytes).and_then(|source| Template::parse(&source));
        Some(template.map(|template| Arc::clone(parsed.entry(path).or_insert(Arc::new(template)))))
    }
}

fn candidates(wanted: &Wanted<'_>) -> Vec<PathBuf> {
    let folder = Path::new(wanted.parent.name()).parent().unwrap_or(Path::new(""));
    let mut names: Vec<String> = wanted.asset.map(String::from).into_iter().collect();
    let url = wanted.url.strip_prefix("file://").unwrap_or(wanted.url);
    match url.split_once("://") {
        None => names.push(url.to_owned()),
        Some((_, path)) => {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            names.extend(asset(folder, path.rsplit('/').next().unwrap_or_default()));
            let ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
            names.extend(ends.map(str::to_owned));
        }
    }
    names.retain(|name| !name.is_empty());
    // Without the `.` of `./service.yaml`.
    names.iter().map(|name| folder.join(name).components().collect()).collect()
}

/// The file that is uploaded under this name.
fn asset(folder: &Path, file: &str) -> Option<String> {
    assets::file(folder, file.split('.').next()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{project::Project, templates::Templates};

    #[test]
    fn nested_stacks_are_resolved_again_and_again_from_one_parsing() {
        let folder = tempfile::tempdir().unwrap();
        let inner = "Resources: {Own: {Type: A::B::C}}";
        fs::write(folder.path().join("inner.yaml"), inner).unwrap();
        let nested = |number| {
            format!(
                "  N{number}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: inner.yaml}}}}\n"
            )
        };
        let parent: String = (0..200).map(nested).collect();
        let path = folder.path().join("parent.yaml");
        fs::write(&path, format!("Resources:\n{parent}")).unwrap();
        let templates = Templates { paths: vec![path], ..Templates::default() };
        let (parsed, project) = (templates.parse().unwrap(), Project::default());
        // What is gone cannot be read a second time.
        let first = parsed.resolve(&project).unwrap().resources.len();
        fs::write(folder.path().join("inner.yaml"), "Resources: [").unwrap();
        for _ in 0..3 {
            assert_eq!(parsed.resolve(&project).unwrap().resources.len(), first);
        }
        assert!(first >= 200, "{first}");
    }
}

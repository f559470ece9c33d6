//! Where the templates of nested stacks are: beside the one that has them, under the name that CDK
//! tells, the end of the URL's path, or what CDK's list of assets gives for its last part.

use std::path::{Path, PathBuf};

use super::{assets, file};
use cloudformation::{Library, Template, Wanted};

/// All that lie beside the templates that ask for them.
pub(super) fn library() -> Library {
    Library::new(|wanted| {
        let path = candidates(wanted).into_iter().find(|path| path.is_file())?;
        let bytes = file::bytes(&path).ok()?;
        Some(file::text(&path, &bytes).and_then(|source| Template::parse(&source)))
    })
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

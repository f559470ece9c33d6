//! Container Registry.

use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Repository {
    pub(crate) repository_name: &'static str,
}

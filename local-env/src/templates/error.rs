//! Why templates cannot be read as stacks.

use std::{io, path::PathBuf};

use cloudformation::TemplateError;
use miette::Diagnostic;
use thiserror::Error;

/// The file that names the stacks of a cdk.out folder.
pub(super) const MANIFEST: &str = "manifest.json";
const FORMS: &str = r#"[{"ParameterKey": "Name", "ParameterValue": "value"}], {"Parameters": {"Name": "value"}} or ["Name=value"]"#;

/// Why no stack can be made of the templates that were named.
#[derive(Debug, Error, Diagnostic)]
pub enum TemplatesError {
    /// One template cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Template(#[from] TemplateError),
    /// Several templates cannot be used.
    #[error("{} templates cannot be used", errors.len())]
    Several {
        /// What is wrong with each of them.
        #[related]
        errors: Vec<TemplateError>,
    },
    /// A template cannot be read from its file.
    #[error("cannot read the template {}", path.display())]
    #[diagnostic(help(
        "name CloudFormation templates in JSON or YAML, a cdk.out folder, or `-` for standard input"
    ))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A cdk.out folder cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Assembly(#[from] AssemblyError),
    /// A file of parameters cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    ParametersFile(#[from] ParametersFileError),
    /// A stack is asked for that none of the templates describes.
    #[error("there is no stack `{name}`")]
    #[diagnostic(help("{}", help_for_stack(near.as_deref(), known)))]
    NoStack {
        /// What was asked for.
        name: String,
        /// The stacks that there are.
        known: Vec<String>,
        /// The one whose name is nearest.
        near: Option<String>,
    },
    /// A resource is to be ignored that no template has.
    #[error("there is no resource `{name}` to ignore")]
    #[diagnostic(help("{}", help_for_resource(near.as_deref())))]
    NoResource {
        /// What was asked for.
        name: String,
        /// The resource whose name is nearest.
        near: Option<String>,
    },
    /// No template is named, and there is no default one.
    #[error("there is no stack to run")]
    #[diagnostic(help("name a CloudFormation template or a cdk.out folder"))]
    Nothing,
}

/// Why a folder is not read as a cdk.out folder.
#[derive(Debug, Error, Diagnostic)]
pub enum AssemblyError {
    /// The folder has no manifest.
    #[error("the folder {} has no {MANIFEST}", folder.display())]
    #[diagnostic(help(
        "a folder is read where `cdk synth` has written it; otherwise name a template's file"
    ))]
    NoManifest {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The manifest is not one that CDK writes.
    #[error("{} is not a manifest of CDK's", path.display())]
    #[diagnostic(help("run `cdk synth` again, or name a template's file"))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where it is not what it should be.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest names no stack.
    #[error("{} names no stack", path.display())]
    #[diagnostic(help("run `cdk synth` again, or name a template's file"))]
    NoStack {
        /// The manifest.
        path: PathBuf,
    },
}

/// A file of parameters that has none of the forms that the AWS CLI reads.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot take parameters from {}: {why}", path.display())]
#[diagnostic(help("write it as {FORMS}"))]
pub struct ParametersFileError {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

fn help_for_stack(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

fn help_for_resource(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "--ignore takes a resource's logical id".to_owned(),
    }
}

// === impl TemplatesError ===

impl TemplatesError {
    /// Returns what is wrong with the templates themselves, or the error where it is another one.
    ///
    /// # Errors
    /// Gives the error back where no template is to blame.
    pub fn into_template_errors(self) -> Result<Vec<TemplateError>, Self> {
        match self {
            Self::Template(error) => Ok(vec![error]),
            Self::Several { errors } => Ok(errors),
            other => Err(other),
        }
    }
}

impl From<Vec<TemplateError>> for TemplatesError {
    fn from(errors: Vec<TemplateError>) -> Self {
        match <[_; 1]>::try_from(errors) {
            Ok([error]) => Self::Template(error),
            Err(errors) => Self::Several { errors },
        }
    }
}

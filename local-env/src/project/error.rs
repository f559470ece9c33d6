//! What is wrong with a project file. No secret stands in any of this.

use std::{io, path::PathBuf, sync::Arc};

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// What is wrong with a project file.
#[derive(Debug, Error, Diagnostic)]
#[expect(missing_docs, reason = "the messages say what each case and its fields are")]
pub enum ProjectError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the current folder is not known, from which a program is seen")]
    NoFolder {
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a project file: {message}")]
    #[diagnostic(help("what may stand in it is told in docs/local-env.toml.md"))]
    Parse {
        path: String,
        message: String,
        #[source_code]
        text: Arc<NamedSource<String>>,
        #[label("here")]
        place: Option<SourceSpan>,
    },
    #[error("{} does not say how to run {}", path.display(), containers.join(", "))]
    #[diagnostic(help(
        "add to it, with the command that starts each (`local-env init` has a guess), or start Docker, \
         which then runs their images:\n\n{lines}"
    ))]
    Missing { path: PathBuf, containers: Vec<String>, lines: String },
    #[error("in {}, the command of {container} cannot be read: {why}", path.display())]
    #[diagnostic(help("it stands in `run = \"…\"`, with quotes as in a shell"))]
    Command { path: PathBuf, container: String, why: String },
    #[error("in {}, the entry of {container} {why}", path.display())]
    #[diagnostic(help("{help}"))]
    Entry { path: PathBuf, container: String, why: String, help: String },
    #[error("{} does not have the secrets of {}", path.display(), variables.join(", "))]
    #[diagnostic(help("add to it, with the values that they have here:\n\n{lines}"))]
    MissingSecrets { path: PathBuf, variables: Vec<String>, lines: String },
    #[error("{} does not have the parameter that {variable} asks for", path.display())]
    #[diagnostic(help("add to it, with the value that it has here:\n\n{line}"))]
    MissingParameter { path: PathBuf, variable: String, line: String },
    #[error("in {}, the secret `{key}` {why}, which {variable} asks for", path.display())]
    #[diagnostic(help("its value is a JSON object, as in '{{\"user\": \"…\"}}'"))]
    SecretMember { path: PathBuf, key: String, why: String, variable: String },
    #[error("{} does not say where the environment files of {} are", path.display(), containers.join(", "))]
    #[diagnostic(help("add to it, with paths seen from its folder:\n\n{lines}"))]
    MissingFiles { path: PathBuf, containers: Vec<String>, lines: String },
    #[error("line {line} of {} {why}", path.display())]
    #[diagnostic(help("a line is `NAME=VALUE` or begins with `#`; quotes are part of the value"))]
    EnvironmentLine { path: PathBuf, line: usize, why: &'static str },
}

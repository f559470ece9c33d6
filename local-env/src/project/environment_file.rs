//! Files of variables, as Fargate reads those of a container: a `NAME=VALUE` a line, nothing
//! unquoted or put in place (cloudmap-ecs §3.13). Whatever AWS would skip is told instead.

use std::{fs, path::Path};

use super::ProjectError;
use crate::ecs::Value;

/// The variables of a file, in its order.
pub(super) fn read(path: &Path) -> Result<Vec<(String, Value)>, ProjectError> {
    let read = |source| ProjectError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(read)?;
    let mut variables = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let told =
            |why| ProjectError::EnvironmentLine { path: path.to_owned(), line: index + 1, why };
        variables.extend(variable(line).map_err(told)?);
    }
    Ok(variables)
}

/// `None` for a line that says nothing.
fn variable(line: &str) -> Result<Option<(String, Value)>, &'static str> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or("has no `=`")?;
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err("has a blank in its name, or no name");
    }
    Ok(Some((name.to_owned(), value.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        fs::write(&path, "\u{feff}# one\nA=1 # 2\r\n\n  B=\"x=$A\"\nC=\n/app/key=v\n").unwrap();
        let variables = read(&path).unwrap();
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (&**name, value.as_str())).collect();
        assert_eq!(variables, [("A", "1 # 2"), ("B", "\"x=$A\""), ("C", ""), ("/app/key", "v")]);
    }

    #[test]
    fn a_line_that_is_no_variable_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        for line in ["hunter2", "export hunter2=a", "=hunter2", "A =hunter2"] {
            fs::write(&path, format!("A=1\n{line}")).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().starts_with("line 2 of "), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}

//! A file of parameters, in the forms that the AWS CLI reads.

use std::path::Path;

use serde_json::Value;

use super::{error::ParametersFileError, file};

/// Names and values, in the file's order.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>, ParametersFileError> {
    let wrong = |why: String| ParametersFileError { path: path.to_owned(), why };
    let bytes = file::bytes(path).map_err(|error| wrong(error.to_string()))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    parameters(&json).map_err(wrong)
}

fn parameters(json: &Value) -> Result<Vec<(String, String)>, String> {
    match json {
        Value::Array(items) => items.iter().map(item).collect(),
        Value::Object(file) => {
            let table = file.get("Parameters").and_then(Value::as_object);
            let table = table.ok_or("it has no mapping `Parameters`")?;
            table.iter().map(|(name, value)| Ok((name.clone(), text(name, value)?))).collect()
        }
        _ => Err("it is neither a list nor a mapping".to_owned()),
    }
}

fn item(item: &Value) -> Result<(String, String), String> {
    if let Some(pair) = item.as_str().and_then(|pair| pair.split_once('=')) {
        return Ok((pair.0.to_owned(), pair.1.to_owned()));
    }
    let name = item.get("ParameterKey").and_then(Value::as_str);
    let name = name.ok_or("an item has no `ParameterKey`")?;
    let value = item.get("ParameterValue");
    let value = value.ok_or_else(|| format!("`{name}` has no `ParameterValue`"))?;
    Ok((name.to_owned(), text(name, value)?))
}

/// Lists are given with commas, as one gives them to CloudFormation.
fn text(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Array(items) => {
            let texts: Result<Vec<_>, _> = items.iter().map(|item| text(name, item)).collect();
            Ok(texts?.join(","))
        }
        _ => Err(format!("the value of `{name}` is no text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<String, String> {
        let parameters = parameters(&serde_json::from_str(text).unwrap())?;
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        Ok(pairs.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn all_forms_of_the_aws_cli_are_read() {
        let list = r#"[{"ParameterKey": "A", "ParameterValue": "x"}, {"ParameterKey": "B", "ParameterValue": "1,2"}]"#;
        assert_eq!(told(list).unwrap(), "A=x B=1,2");
        let table = r#"{"Parameters": {"A": "x", "B": 1, "C": ["a", "b"]}, "Tags": {}}"#;
        assert_eq!(told(table).unwrap(), "A=x B=1 C=a,b");
        assert_eq!(told(r#"["A=x=y", "B="]"#).unwrap(), "A=x=y B=");
    }

    #[test]
    fn anything_else_is_told() {
        for (text, why) in [
            (r#"{"A": "x"}"#, "it has no mapping `Parameters`"),
            ("1", "it is neither a list nor a mapping"),
            (r#"[{"ParameterValue": "x"}]"#, "an item has no `ParameterKey`"),
            (r#"[{"ParameterKey": "A", "UsePreviousValue": true}]"#, "`A` has no `ParameterValue`"),
            (r#"{"Parameters": {"A": {}}}"#, "the value of `A` is no text"),
        ] {
            assert_eq!(told(text).unwrap_err(), why);
        }
    }
}

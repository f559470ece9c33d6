//! What a container's secret asks for, and by which keys a project file may give it.

use crate::ecs::Value;

/// A secret's `ValueFrom`, in its parts (cloudmap-ecs §3.13).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    whole: &'a str,
    /// Without what comes after the secret's own name.
    secret: &'a str,
    /// What Secrets Manager or Parameter Store call it, as far as the template tells.
    name: &'a str,
    is_parameter: bool,
    /// The member of a JSON object that is meant.
    pub(super) member: Option<&'a str>,
}

// === impl Asked ===

impl<'a> Asked<'a> {
    pub(super) fn new(value_from: &'a str) -> Self {
        let parts: Vec<_> = value_from.split(':').collect();
        match parts[..] {
            // `arn:aws:secretsmanager:region:account:secret:name[:member:stage:version]`
            ["arn", _, "secretsmanager", _, _, "secret", name, ..] => {
                let before: usize = parts.iter().take(7).map(|part| part.len() + 1).sum();
                let secret = value_from.get(..before - 1).unwrap_or(value_from);
                let member = parts.get(7).copied().filter(|member| !member.is_empty());
                Self { whole: value_from, secret, name, is_parameter: false, member }
            }
            // `arn:aws:ssm:region:account:parameter/name`
            ["arn", _, "ssm", _, _, parameter, ..] if parameter.starts_with("parameter/") => {
                let name = parameter.strip_prefix("parameter").unwrap_or(parameter);
                Self {
                    whole: value_from,
                    secret: value_from,
                    name,
                    is_parameter: true,
                    member: None,
                }
            }
            // What stands for an ARN where a template refers to a secret of its own.
            [name, member, _, _] => {
                let member = Some(member).filter(|member| !member.is_empty());
                Self { whole: value_from, secret: name, name, is_parameter: false, member }
            }
            _ => {
                let (whole, name) = (value_from, value_from);
                Self { whole, secret: whole, name, is_parameter: true, member: None }
            }
        }
    }

    /// The best first.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys = vec![self.whole.to_owned(), self.secret.to_owned(), self.name.to_owned()];
        if self.is_parameter {
            let bare = self.name.trim_start_matches('/');
            keys.extend([format!("/{bare}"), bare.to_owned()]);
        } else {
            keys.push(self.plain_name().to_owned());
        }
        keys
    }

    /// The key that is the easiest to read.
    pub(super) fn plain_name(&self) -> &'a str {
        if self.is_parameter { self.name } else { without_random_part(self.name) }
    }

    /// What is meant by a value that was given under a key.
    pub(super) fn pick(&self, key: &str, value: &Value) -> Result<Value, String> {
        match self.member {
            Some(member) if key != self.whole => pick(member, value.as_str()),
            _ => Ok(value.clone()),
        }
    }
}

/// Secrets Manager puts a hyphen and six characters of its own after a name.
fn without_random_part(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((plain, random))
            if !plain.is_empty()
                && random.len() == 6
                && random.chars().all(|c| c.is_ascii_alphanumeric()) =>
        {
            plain
        }
        _ => name,
    }
}

fn pick(member: &str, value: &str) -> Result<Value, String> {
    use serde_json::Value as Json;

    let Ok(Json::Object(members)) = serde_json::from_str(value) else {
        return Err(format!("is no JSON object with a member `{member}`"));
    };
    match members.get(member) {
        Some(Json::String(text)) => Ok(text.as_str().into()),
        Some(other) => Ok(other.to_string().into()),
        None => Err(format!("has no member `{member}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DB: &str = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf";

    #[test]
    fn a_secret_is_known_by_its_arn_and_its_names() {
        let key = "arn:aws:ssm:us-west-2:123456789012:parameter/app/key";
        for (value_from, keys, member) in [
            (DB, vec![DB, "db-AbCdEf", "db"], None),
            (&format!("{DB}:password::"), vec![DB, "db"], Some("password")),
            (&format!("{DB}:::"), vec![DB, "db"], None),
            (key, vec![key, "/app/key", "app/key"], None),
            ("/app/key", vec!["/app/key", "app/key"], None),
            ("app", vec!["app", "/app"], None),
            ("Shop-Db-1X2Y3Z:password::", vec!["Shop-Db-1X2Y3Z", "Shop-Db"], Some("password")),
        ] {
            let asked = Asked::new(value_from);
            assert_eq!(asked.member, member, "{value_from}");
            let known = asked.keys();
            assert_eq!(known[0], value_from);
            for key in keys {
                assert!(known.iter().any(|it| it == key), "{key} is not in {known:?}");
            }
        }
    }

    #[test]
    fn a_name_keeps_what_is_its_own() {
        for name in ["db", "db-prod", "-AbCdEf", "db-abcde_", "db-toolong"] {
            assert_eq!(without_random_part(name), name);
        }
        assert_eq!(without_random_part("shop/db-AbCdEf"), "shop/db");
    }

    #[test]
    fn a_member_of_a_value_is_picked() {
        let whole = format!("{DB}:port::");
        let asked = Asked::new(&whole);
        let picked = |key: &str, value: &str| asked.pick(key, &value.into());
        assert_eq!(picked("db", "{\"port\": 5432}"), Ok("5432".into()));
        assert_eq!(picked("db", "{\"port\": \"x\"}"), Ok("x".into()));
        assert_eq!(picked(&whole, "5432"), Ok("5432".into()));
        assert_eq!(picked("db", "{}"), Err("has no member `port`".to_owned()));
        let hunter = Err("is no JSON object with a member `port`".to_owned());
        assert_eq!(picked("db", "hunter2"), hunter);
        assert_eq!(Asked::new(DB).pick("db", &"{}".into()), Ok("{}".into()));
    }
}

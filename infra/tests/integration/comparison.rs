//! Brings two templates to one form and tells where they differ.
//!
//! In that form a resource has our logical id, parameters have the CDK's literals, and a
//! reference is a text such as `${Vpc}` or `${LoadBalancer.DNSName}`, so that it does not matter
//! whether a text was joined or substituted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::ids;

/// One place where the templates differ. The side that has nothing there is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) theirs: Option<Value>,
    pub(crate) ours: Option<Value>,
}

/// What a template's `Ref` gives, where that is known before it is deployed.
const KNOWN: [(&str, &str); 8] = [
    ("AWS::AccountId", "123456789012"),
    ("AWS::Partition", "aws"),
    ("AWS::Region", "us-west-2"),
    ("AWS::URLSuffix", "amazonaws.com"),
    ("DomainName", "services.gritts.dev"),
    ("HostedZoneId", "Z0123456789ABCDEFGHIJ"),
    ("ImageTag", "latest"),
    ("DesiredCount", "1"),
];
const ZONES: [&str; 4] = ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"];

/// Where our template differs from the CDK's, in the order of paths.
pub(crate) fn differences(theirs: &Value, ours: &Value) -> Vec<Found> {
    let names = names(theirs);
    let theirs = Resolver { names }.template(theirs);
    let ours = Resolver { names: BTreeMap::new() }.template(ours);
    let mut found = Vec::new();
    compare("", Some(&theirs), Some(&ours), &mut found);
    found
}

/// Our logical id for each of the CDK's.
fn names(theirs: &Value) -> BTreeMap<String, String> {
    let resources = theirs["Resources"].as_object().expect("resources");
    let name = |(id, resource): (&String, &Value)| {
        let path = resource["Metadata"]["aws:cdk:path"].as_str().expect("a construct path");
        (id.clone(), ids::ours(path).unwrap_or_else(|| panic!("no id of ours for {path}")))
    };
    let names: BTreeMap<_, _> = resources.iter().map(name).collect();
    assert_eq!(names.values().collect::<BTreeSet<_>>().len(), names.len(), "an id stands twice");
    names
}

fn compare(path: &str, theirs: Option<&Value>, ours: Option<&Value>, found: &mut Vec<Found>) {
    let below = |name: String| if path.is_empty() { name } else { format!("{path}/{name}") };
    match (theirs, ours) {
        (Some(Value::Object(theirs)), Some(Value::Object(ours))) => {
            for key in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
                compare(&below(key.clone()), theirs.get(key), ours.get(key), found);
            }
        }
        (Some(Value::Array(theirs)), Some(Value::Array(ours))) => {
            for index in 0..theirs.len().max(ours.len()) {
                compare(&below(index.to_string()), theirs.get(index), ours.get(index), found);
            }
        }
        (theirs, ours) if theirs != ours => {
            let path = path.to_owned();
            found.push(Found { path, theirs: theirs.cloned(), ours: ours.cloned() });
        }
        _ => {}
    }
}

struct Resolver {
    names: BTreeMap<String, String>,
}

// === impl Resolver ===

impl Resolver {
    fn template(&self, template: &Value) -> Value {
        let mut template = template.as_object().expect("a template").clone();
        let resources = template["Resources"].as_object().expect("resources").iter();
        let resources: Map<_, _> =
            resources.map(|(id, resource)| (self.name(id), self.resource(resource))).collect();
        template.insert("Resources".into(), resources.into());
        template.entry("Parameters").or_insert_with(|| json!({}));
        template.into()
    }

    /// `DependsOn` has no order: it becomes a map, so that one more or less is one difference.
    fn resource(&self, resource: &Value) -> Value {
        let ids = resource["DependsOn"].as_array().cloned().unwrap_or_default();
        let ids = ids.iter().map(|id| (self.name(id.as_str().expect("an id")), json!(true)));
        let mut resource = self.value(resource);
        resource["DependsOn"] = Value::Object(ids.collect());
        resource
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) if map.len() == 1 => {
                let (key, argument) = map.iter().next().expect("one entry");
                self.function(key, argument).unwrap_or_else(|| self.map(map))
            }
            Value::Object(map) => self.map(map),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            other => other.clone(),
        }
    }

    fn map(&self, map: &Map<String, Value>) -> Value {
        map.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    fn function(&self, key: &str, argument: &Value) -> Option<Value> {
        Some(match (key, argument) {
            ("Ref", Value::String(id)) => self.reference(id).into(),
            ("Fn::GetAtt", argument) => {
                let (id, attribute) = (argument[0].as_str()?, argument[1].as_str()?);
                self.reference(&format!("{id}.{attribute}")).into()
            }
            ("Fn::Sub", Value::String(text)) => self.substituted(text).into(),
            ("Fn::Join", argument) => {
                let parts = argument[1].as_array()?.iter().map(|part| self.value(part));
                let parts: Vec<_> = parts.map(|part| text(&part)).collect();
                parts.join(argument[0].as_str()?).into()
            }
            ("Fn::GetAZs", _) => json!(ZONES),
            ("Fn::Select", argument) => {
                let index = usize::try_from(argument[0].as_u64()?).ok()?;
                self.value(&argument[1])[index].clone()
            }
            (key, _) if key.starts_with("Fn::") => panic!("{key} is not known here"),
            _ => return None,
        })
    }

    /// What `${name}` stands for; a resource stays a reference, under our name.
    fn reference(&self, name: &str) -> String {
        if let Some((_, value)) = KNOWN.iter().find(|(known, _)| *known == name) {
            return (*value).to_owned();
        }
        match name.split_once('.') {
            Some((id, attribute)) => format!("${{{}.{attribute}}}", self.name(id)),
            None => format!("${{{}}}", self.name(name)),
        }
    }

    fn substituted(&self, text: &str) -> String {
        let mut parts = text.split("${");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |done, part| {
            let (name, rest) = part.split_once('}').expect("a closing brace");
            done + &self.reference(name) + rest
        })
    }

    fn name(&self, id: &str) -> String {
        self.names.get(id).map_or_else(|| id.to_owned(), Clone::clone)
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

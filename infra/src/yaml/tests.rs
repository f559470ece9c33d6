//! What is written is read back with another YAML parser, under the rules of YAML 1.1 for bare
//! words, which take more of them for something else than those of 1.2.

use proptest::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value, json};

use super::write;

#[test]
fn the_services_template_is_the_same_in_yaml_and_json() {
    assert_same(&crate::services_template());
}

#[test]
fn the_registry_template_is_the_same_in_yaml_and_json() {
    assert_same(&crate::registry_template());
}

#[test]
fn what_yaml_would_take_for_something_else_is_quoted() {
    for text in [
        "yes",
        "No",
        "on",
        "TRUE",
        "null",
        "~",
        "y",
        "",
        " ",
        "512",
        "-1",
        "1.5",
        "0x1f",
        "1_000",
        "12:30:45",
        "2012-10-17",
        ".inf",
        "*.example.com",
        "&anchor",
        "#comment",
        "a #b",
        "a: b",
        "a:",
        "- a",
        "-",
        "? a",
        "!Ref a",
        "%a",
        "@a",
        "`a",
        "[a",
        "{a",
        "'a'",
        "\"a\"",
        "| a",
        "> a",
        "a ",
        " a",
        "<<",
        "=",
        "---",
        "...",
        "a\nb",
        "a\tb",
        "\u{85}",
        "\u{2028}",
        "\\",
        "é",
        "{ \"msg\": \"base route\" }",
        "it's",
        "\u{feff}",
        "\0",
    ] {
        let value = json!({ text: [text] });
        let yaml = write(&value);
        assert_eq!(read(&yaml), value, "{yaml}");
    }
}

#[test]
fn what_needs_no_quotes_has_none() {
    let value = json!({"Type": "AWS::EC2::VPC", "Path": "/service1", "Text": "Load balancer"});
    assert_eq!(write(&value), "Type: AWS::EC2::VPC\nPath: /service1\nText: Load balancer\n");
}

#[test]
fn intrinsic_functions_are_in_their_short_form() {
    let value = json!({
        "VpcId": {"Ref": "Vpc"},
        "Name": {"Fn::GetAtt": ["LoadBalancer", "DNSName"]},
        "Zone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        "Data": {"Fn::Base64": {"Fn::Sub": "*.${DomainName}"}},
    });
    let yaml = "\
VpcId: !Ref Vpc
Name: !GetAtt LoadBalancer.DNSName
Zone: !Select
  - 0
  - !GetAZs ''
Data:
  Fn::Base64: !Sub '*.${DomainName}'
";
    assert_eq!(write(&value), yaml);
    assert_eq!(read(yaml), value);
}

proptest! {
    #[test]
    fn any_value_is_read_back_as_it_was(value in any_value()) {
        let yaml = write(&value);
        prop_assert_eq!(read(&yaml), value, "{}", yaml);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[ -~]{0,12}", "[a-z:# -]{0,6}"];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        text.clone().prop_map(Value::from),
    ];
    let key = prop_oneof![text, Just("Ref".into()), Just("Fn::Sub".into()), Just("Fn::If".into())];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn assert_same(template: &crate::Template) {
    let json: Value = serde_json::from_str(&template.to_json()).expect("JSON");
    assert_eq!(read(&template.to_yaml()), json);
}

/// Reads YAML, tags as the long forms of the functions.
fn read(yaml: &str) -> Value {
    let mut events = Parser::new_from_str(yaml).map(|event| event.expect("YAML").0);
    assert_eq!(events.next(), Some(Event::StreamStart));
    assert_eq!(events.next(), Some(Event::DocumentStart(false)));
    let first = events.next().expect("a value");
    let value = node(first, &mut events);
    assert_eq!(events.next(), Some(Event::DocumentEnd));
    assert_eq!(events.next(), Some(Event::StreamEnd));
    value
}

fn node<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    let (value, tag) = match event {
        Event::Scalar(text, ScalarStyle::Plain, _, tag) => (bare(&text), tag),
        Event::Scalar(text, _, _, tag) => (text.into_owned().into(), tag),
        Event::SequenceStart(_, tag) => (Value::Array(list(events)), tag),
        Event::MappingStart(_, tag) => (Value::Object(map(events)), tag),
        other => panic!("unexpected {other:?}"),
    };
    match tag {
        Some(tag) => function(&tag, value),
        None => value,
    }
}

fn list<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Vec<Value> {
    let mut items = Vec::new();
    loop {
        match events.next().expect("an item or the list's end") {
            Event::SequenceEnd => return items,
            event => items.push(node(event, events)),
        }
    }
}

fn map<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Map<String, Value> {
    let mut map = Map::new();
    loop {
        let key = match events.next().expect("a key or the map's end") {
            Event::MappingEnd => return map,
            event => node(event, events),
        };
        let Value::String(key) = key else { panic!("the key {key} is not a text") };
        let event = events.next().expect("a value");
        let value = node(event, events);
        assert!(map.insert(key, value).is_none(), "a key stands twice");
    }
}

fn function(tag: &Tag, argument: Value) -> Value {
    assert_eq!(tag.handle, "!");
    match (tag.suffix.as_str(), argument) {
        ("Ref", argument) => json!({ "Ref": argument }),
        ("GetAtt", Value::String(text)) => {
            let (id, attribute) = text.split_once('.').expect("an id and an attribute");
            json!({ "Fn::GetAtt": [id, attribute] })
        }
        (name, argument) => json!({ format!("Fn::{name}"): argument }),
    }
}

/// A bare word under YAML 1.1.
fn bare(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => true.into(),
        "n" | "no" | "false" | "off" => false.into(),
        "" | "~" | "null" => Value::Null,
        lower if lower.parse::<i64>().is_ok() => lower.parse::<i64>().expect("a number").into(),
        lower if lower.starts_with(|c: char| c.is_ascii_digit() || ".+-=<".contains(c)) => {
            panic!("{text} may be a number, a date or a marker")
        }
        _ => text.into(),
    }
}

//! Values of resolved properties, read without complaint: what is malformed is told elsewhere.

use std::borrow::Cow;

use cloudformation::{Node, PropertyPath, Resource, Step, Value};

/// Returns the way to a property of a resource.
pub(super) fn key(name: &str) -> PropertyPath {
    PropertyPath::default().key(name)
}

/// Returns the way to an item of a list among a resource's properties, counted from 0.
pub(super) fn item(list: &str, index: usize) -> PropertyPath {
    key(list).index(index)
}

/// Returns the way to how the tasks of a service are connected.
pub(super) fn network() -> PropertyPath {
    key("NetworkConfiguration").key("AwsvpcConfiguration")
}

/// Returns the way to the value of a variable of a container, both counted from 0.
pub(super) fn variable(container: usize, variable: usize) -> PropertyPath {
    item("ContainerDefinitions", container).key("Environment").index(variable).key("Value")
}

/// Returns what stands where a way leads.
pub(super) fn at<'a>(node: &'a Node, path: &PropertyPath) -> Option<&'a Node> {
    path.steps().iter().try_fold(node, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(index) => node.items()?.get(*index),
    })
}

/// Returns the text of a property, if it is there and is one.
pub(super) fn text(resource: &Resource, key: &str) -> Option<String> {
    Some(resource.properties.get(key)?.text()?.into_owned())
}

/// Returns the items of a list, none if there is no list.
pub(super) fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::items).unwrap_or_default()
}

/// Returns a policy's document, which may stand in a text; `None` if that is no JSON.
pub(super) fn document(node: &Node) -> Option<Cow<'_, Node>> {
    match &node.value {
        Value::String(text) => Node::of_json(text).map(Cow::Owned),
        _ => Some(Cow::Borrowed(node)),
    }
}

/// Returns a text, or the texts of a list, as policies have them.
pub(super) fn one_or_more(node: &Node) -> Vec<String> {
    let nodes = node.items().unwrap_or(std::slice::from_ref(node));
    nodes.iter().filter_map(Node::text).map(Cow::into_owned).collect()
}

/// Returns whether a container's log configuration sends its logs to CloudWatch.
pub(super) fn is_awslogs(configuration: &Node) -> bool {
    configuration.get("LogDriver").and_then(Node::text).is_some_and(|it| it == "awslogs")
}

/// Returns whether a flag is set.
pub(super) fn is_true(node: Option<&Node>) -> bool {
    let text = node.and_then(Node::text);
    text.is_some_and(|text| ["true", "yes", "on"].contains(&&*text.to_ascii_lowercase()))
}

/// Returns every text within, however deep.
pub(super) fn texts<'a>(node: &'a Node, visit: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| texts(item, visit)),
        Value::Map(map) => map.values().for_each(|entry| texts(&entry.node, visit)),
        _ => node.text().iter().for_each(|text| visit(text)),
    }
}

/// Returns whether some text within is, or has in it, what the resource is called.
pub(super) fn names(node: &Node, resource: &Resource) -> bool {
    let arn = match resource.attribute("Arn") {
        Some(Value::String(arn)) => arn,
        _ => String::new(),
    };
    let mut found = false;
    texts(node, &mut |text| {
        found |= text.contains(resource.reference()) || (!arn.is_empty() && text.contains(&arn));
    });
    found
}

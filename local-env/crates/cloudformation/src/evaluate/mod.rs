//! Values with functions to values without: a walk down one value, with everything that it may
//! refer to already known.
//!
//! The walk and the functions need one another, since an argument may hold functions again: they are
//! one module, a file for each kind of function.

mod call;
mod cidr;
mod imports;
mod language;
mod list;
mod mapping;
mod text;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use self::call::Call;
use super::{
    node::{Entry, Map, Node, Value},
    path::Path,
    problem::{FunctionFault, Result},
    scope::Scope,
};

/// The most bytes of a text. Longer ones than a whole template are nobody's intention, but a few
/// functions inside of one another can make them.
const LONGEST_TEXT: usize = 1 << 20;

/// The most that all functions of a template may make together, in bytes or so.
const MOST_MADE: usize = 1 << 28;

// === impl Scope ===

impl Scope<'_> {
    /// Returns a value without functions, or `None` where it is `AWS::NoValue`.
    pub(super) fn evaluate(&self, node: &Node, path: &Path<'_>) -> Result<Option<Node>> {
        let value = match &node.value {
            Value::List(items) => self.list(items, path)?,
            Value::Map(map) => match Call::of(map, path)? {
                Some(call) => {
                    let value = self.call(&call)?;
                    return Ok(value.map(|value| Node::new(value, call.span)));
                }
                None => self.map(map, path)?,
            },
            scalar => scalar.clone(),
        };
        Ok(Some(Node::new(value, node.span)))
    }

    fn list(&self, items: &[Node], path: &Path<'_>) -> Result<Value> {
        let items = items.iter().enumerate();
        let items = items.filter_map(|(i, item)| self.evaluate(item, &path.item(i)).transpose());
        Ok(Value::List(items.collect::<Result<_>>()?))
    }

    fn map(&self, map: &Map, path: &Path<'_>) -> Result<Value> {
        let mut evaluated = Map::with_capacity(map.len());
        for (key, entry) in map {
            if let Some(node) = self.evaluate(&entry.node, &path.key(key))? {
                evaluated.insert(key.clone(), Entry { key_span: entry.key_span, node });
            }
        }
        Ok(Value::Map(evaluated))
    }

    /// Returns what a function gives, or `None` where that is `AWS::NoValue`.
    fn call(&self, call: &Call<'_>) -> Result<Option<Value>> {
        let value = match call.name {
            "Ref" => {
                let value = self.reference(&call.text(call.argument)?, call.path, call.span)?;
                return value.map(|value| self.bounded(call, value)).transpose();
            }
            "Fn::If" => {
                let chosen = self.evaluate(self.branch(call)?, call.path)?;
                return Ok(chosen.map(|node| node.value));
            }
            "Fn::GetAtt" => self.get_att(call),
            "Fn::Sub" => self.sub(call).map(Value::String),
            "Fn::Join" => self.join(call).map(Value::String),
            "Fn::Select" => self.select(call),
            "Fn::Split" => self.split(call),
            "Fn::GetAZs" => self.get_azs(call),
            "Fn::FindInMap" => return self.find_in_map(call),
            "Fn::Cidr" => self.cidr(call),
            "Fn::ImportValue" => self.import_value(call),
            "Fn::GetStackOutput" => self.get_stack_output(call),
            "Fn::Length" => self.length(call),
            "Fn::ToJsonString" => self.to_json_string(call),
            _ => self.text(call, call.argument).map(|text| base64(&text)),
        }?;
        self.bounded(call, value).map(Some)
    }

    /// Returns a value, unless it and those before it are more than fits.
    fn bounded(&self, call: &Call<'_>, value: Value) -> Result<Value> {
        if let Value::String(text) = &value
            && text.len() > LONGEST_TEXT
        {
            return Err(call.wrong(FunctionFault::TextTooLong { most: LONGEST_TEXT }));
        }
        self.made.set(self.made.get() + value.weight());
        if self.made.get() > MOST_MADE {
            return Err(call.wrong(FunctionFault::TooMuch { most: MOST_MADE }));
        }
        Ok(value)
    }

    /// Returns an evaluated argument, which must not be `AWS::NoValue`.
    fn value(&self, call: &Call<'_>, node: &Node) -> Result<Node> {
        let value = self.evaluate(node, &call.path.key(call.name))?;
        value.ok_or_else(|| call.wrong(FunctionFault::NoValue))
    }

    fn text(&self, call: &Call<'_>, node: &Node) -> Result<String> {
        call.text(&self.value(call, node)?)
    }

    fn branch<'n>(&self, call: &Call<'n>) -> Result<&'n Node> {
        let [condition, then, otherwise] = call.items()?;
        let holds = self.decided(&call.text(condition)?, call.path, condition.span)?;
        Ok(if holds { then } else { otherwise })
    }

    fn get_att(&self, call: &Call<'_>) -> Result<Value> {
        let (resource, attribute) = match call.argument.items() {
            Some([resource, attribute]) => {
                (self.text(call, resource)?, self.text(call, attribute)?)
            }
            Some(_) => return Err(call.wrong(FunctionFault::items(2))),
            None => {
                let text = call.text(call.argument)?;
                let (resource, attribute) =
                    text.split_once('.').ok_or_else(|| call.wrong(FunctionFault::NoDot))?;
                (resource.to_owned(), attribute.to_owned())
            }
        };
        self.attribute(&resource, &attribute, call.path, call.span)
    }
}

fn base64(text: &str) -> Value {
    Value::String(BASE64_STANDARD.encode(text))
}

//! The functions that make and split texts: `Fn::Sub`, `Fn::Join` and `Fn::Split`.

use std::collections::HashMap;

use super::call::Call;
use crate::{
    node::{Node, Value},
    problem::{FunctionFault, Result},
    scope::Scope,
    sub::{self, Piece},
};

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn sub(&self, call: &Call<'_>) -> Result<String> {
        let (text, variables) = match call.argument.items() {
            Some([text, variables]) => (text, self.variables(call, variables)?),
            Some(_) => return Err(call.wrong(FunctionFault::items(2))),
            None => (call.argument, HashMap::new()),
        };
        let mut made = String::new();
        for piece in sub::pieces(&call.text(text)?) {
            match piece {
                Piece::Text(text) => made += text,
                Piece::Name(name) => match variables.get(name) {
                    Some(value) => made += value,
                    None => made += &self.named(call, name)?,
                },
            }
        }
        Ok(made)
    }

    pub(super) fn variables<'n>(
        &self,
        call: &Call<'_>,
        node: &'n Node,
    ) -> Result<HashMap<&'n str, String>> {
        let wrong = || call.wrong(FunctionFault::Variables { found: node.kind() });
        let entries = node.entries().ok_or_else(wrong)?.iter();
        entries.map(|(name, entry)| Ok((name.as_str(), self.text(call, &entry.node)?))).collect()
    }

    pub(super) fn named(&self, call: &Call<'_>, name: &str) -> Result<String> {
        let value = match name.split_once('.') {
            Some((name, attribute)) => Some(self.attribute(name, attribute, call.path, call.span)?),
            None => self.reference(name, call.path, call.span)?,
        };
        let value = value.ok_or_else(|| call.wrong(FunctionFault::NoValue))?;
        call.text(&Node::new(value, call.span))
    }

    pub(super) fn join(&self, call: &Call<'_>) -> Result<String> {
        let [delimiter, values] = call.items()?;
        let values = self.value(call, values)?;
        let values: Vec<_> =
            call.list(&values)?.iter().map(|value| call.text(value)).collect::<Result<_>>()?;
        let joined = values.join(&self.text(call, delimiter)?);
        Ok(joined)
    }

    pub(super) fn split(&self, call: &Call<'_>) -> Result<Value> {
        let [delimiter, text] = call.items()?;
        let (delimiter, text) = (self.text(call, delimiter)?, self.text(call, text)?);
        if delimiter.is_empty() {
            return Err(call.wrong(FunctionFault::EmptyDelimiter));
        }
        Ok(Value::of_texts(text.split(delimiter.as_str()), call.span))
    }
}

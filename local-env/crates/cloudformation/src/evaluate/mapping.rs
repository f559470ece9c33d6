//! `Fn::FindInMap`: what the template's `Mappings` have for some keys.

use std::iter;

use super::call::Call;
use crate::{
    nearest::nearest,
    node::{Map, Node, Value},
    problem::{FunctionFault, NameKind, Result, TemplateProblem as Problem},
    scope::Scope,
};

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn find_in_map(&self, call: &Call<'_>) -> Result<Option<Value>> {
        let (keys, default) = match call.argument.items() {
            Some([keys @ .., options]) if keys.len() == 3 => {
                self.require_language_extensions(call, Some("DefaultValue"))?;
                let default = options.get("DefaultValue");
                let wrong = || call.wrong(FunctionFault::NoDefaultValue);
                (keys, Some(default.ok_or_else(wrong)?))
            }
            Some(keys) if keys.len() == 3 => (keys, None),
            _ => return Err(call.wrong(FunctionFault::items(3))),
        };
        match (self.found_in_map(call, keys), default) {
            (Ok(value), _) => self.bounded(call, value).map(Some),
            (
                Err(Problem::UnknownName {
                    kind: NameKind::Mapping | NameKind::MappingKey, ..
                }),
                Some(default),
            ) => Ok(self.evaluate(default, call.path)?.map(|node| node.value)),
            (Err(problem), _) => Err(problem),
        }
    }

    pub(super) fn found_in_map(&self, call: &Call<'_>, keys: &[Node]) -> Result<Value> {
        let mut map = Some(&self.template.mappings);
        let mut found = None;
        let kinds = [NameKind::Mapping].into_iter().chain(iter::repeat(NameKind::MappingKey));
        for (key, kind) in keys.iter().zip(kinds) {
            let node = self.look_up(call, map, key, kind)?;
            map = node.entries();
            found = Some(node);
        }
        found.map(|node| node.value.clone()).ok_or_else(|| call.wrong(FunctionFault::items(3)))
    }

    pub(super) fn look_up<'m>(
        &self,
        call: &Call<'_>,
        map: Option<&'m Map>,
        key: &Node,
        kind: NameKind,
    ) -> Result<&'m Node> {
        let key = self.text(call, key)?;
        let Some(map) = map else { return Err(call.wrong(FunctionFault::NotAMapping { key })) };
        let entry = map.get(&key).ok_or_else(|| Problem::UnknownName {
            kind,
            path: call.path.into(),
            near: nearest(&key, map.keys().map(String::as_str)).map(String::from),
            known: Vec::new(),
            name: key,
            span: call.span,
        })?;
        Ok(&entry.node)
    }
}

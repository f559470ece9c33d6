//! A rule's transforms (alb §2.6).

use crate::{
    expression::{self, Case},
    field::{Field, Properties, Result},
    problem::RuleFault,
};
use stack::{Rewrite, Transforms};

const MAX_LENGTH: usize = 1024;

pub(super) fn read(rule: &Properties<'_>) -> Result<Transforms> {
    let mut transforms = Transforms::default();
    for item in rule.items("Transforms")? {
        let transform = item.map()?;
        let kind = transform.need("Type")?;
        let (place, config, case) = match &*kind.text()? {
            "url-rewrite" => (&mut transforms.url, "UrlRewriteConfig", Case::Matters),
            "host-header-rewrite" => {
                (&mut transforms.host, "HostHeaderRewriteConfig", Case::Ignored)
            }
            other => {
                return Err(kind.refused(RuleFault::UnknownTransform { found: other.to_owned() }));
            }
        };
        if place.is_some() {
            let again = kind.text()?.into_owned();
            return Err(kind.refused(RuleFault::RepeatedTransform { kind: again }));
        }
        *place = Some(rewrite(&transform.need(config)?.map()?, case)?);
    }
    Ok(transforms)
}

fn rewrite(config: &Properties<'_>, case: Case) -> Result<Rewrite> {
    let rewrites = config.need("Rewrites")?;
    let items = rewrites.items()?;
    let [item] = items.as_slice() else {
        return Err(rewrites.refused(RuleFault::Rewrites { found: items.len() }));
    };
    let item = item.map()?;
    Ok(Rewrite {
        regex: expression::read(&item.need("Regex")?, MAX_LENGTH, case)?,
        replace: replacement(&item.need("Replace")?)?,
    })
}

fn replacement(field: &Field<'_>) -> Result<String> {
    field.sized(0..=MAX_LENGTH).map(std::borrow::Cow::into_owned)
}

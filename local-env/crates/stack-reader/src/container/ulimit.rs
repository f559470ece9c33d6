//! Limits of a container's processes (cloudmap-ecs §3.5).

use super::{Field, Properties, Result, Task};
use crate::problem::ContainerFault;
use stack::Ulimit;

const NAMES: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];
const MOST_FILES: u64 = 1_048_576;

pub(super) fn read(definition: &Properties<'_>, task: &Task) -> Result<Vec<Ulimit>> {
    definition.items("Ulimits")?.iter().map(|field| ulimit(field, task)).collect()
}

fn ulimit(field: &Field<'_>, task: &Task) -> Result<Ulimit> {
    let entry = field.map()?;
    let name_field = entry.need("Name")?;
    let name = name_field.text()?.into_owned();
    if !NAMES.contains(&&*name) {
        return Err(name_field.unknown_word(&name, NAMES));
    }
    let (soft_field, hard_field) = (entry.need("SoftLimit")?, entry.need("HardLimit")?);
    let (soft, hard) = (limit(&soft_field)?, limit(&hard_field)?);
    if soft > hard {
        return Err(soft_field.refused(ContainerFault::SoftLimit));
    }
    if task.fargate && name == "nofile" && hard > MOST_FILES {
        let (found, most) = (hard_field.text()?.into_owned(), MOST_FILES);
        return Err(hard_field.refused(ContainerFault::OpenFiles { found, most }));
    }
    Ok(Ulimit { name, soft, hard })
}

/// Reads a limit; -1 stands for none, which is the largest number to a kernel too.
fn limit(field: &Field<'_>) -> Result<u64> {
    if field.text()? == "-1" { Ok(u64::MAX) } else { field.whole() }
}

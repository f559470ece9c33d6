//! Limits of a container's processes (cloudmap-ecs §3.5).

use super::{Field, Properties, Result, Task};
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
        return Err(
            name_field.refused(format!("is `{name}`"), format!("AWS knows {}", NAMES.join(", ")))
        );
    }
    let (soft_field, hard_field) = (entry.need("SoftLimit")?, entry.need("HardLimit")?);
    let (soft, hard) = (limit(&soft_field)?, limit(&hard_field)?);
    if soft > hard {
        let help = "a process may raise its soft limit up to the hard one";
        return Err(soft_field.refused("is more than `HardLimit`", help));
    }
    if task.fargate && name == "nofile" && hard > MOST_FILES {
        let help = format!("Fargate takes up to {MOST_FILES} open files");
        return Err(hard_field.refused(format!("is {}", hard_field.text()?), help));
    }
    Ok(Ulimit { name, soft, hard })
}

/// -1 stands for no limit, which is the largest number to a kernel too.
fn limit(field: &Field<'_>) -> Result<u64> {
    if field.text()? == "-1" { Ok(u64::MAX) } else { field.whole() }
}

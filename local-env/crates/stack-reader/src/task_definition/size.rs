//! The sizes that a Fargate task can have (cloudmap-ecs §3.1).

use crate::{
    field::{Field, Properties, Result},
    problem::{Form, Need, Part, TaskDefinitionFault},
};

/// Reads CPU units and MiB. Only Fargate's sizes are fixed.
pub(super) fn read(properties: &Properties<'_>, fargate: bool) -> Result<(u32, u32)> {
    if !fargate {
        return on_instances(properties);
    }
    let properties = properties.of(Part::TaskSize);
    let (cpu_field, memory_field) = (properties.need("Cpu")?, properties.need("Memory")?);
    let cpu = amount(&cpu_field, "vcpu", Form::Cpu)?;
    let memory = amount(&memory_field, "gb", Form::Memory)?;
    let Some(memories) = memories(cpu) else {
        return Err(cpu_field.refused(TaskDefinitionFault::NoSuchCpu { found: cpu }));
    };
    if memories.contains(&memory) {
        return Ok((cpu, memory));
    }
    Err(memory_field.refused(TaskDefinitionFault::NoSuchMemory { memory, cpu, memories }))
}

/// Reads the size on EC2, where a task has what its containers have unless it says otherwise; 0 MiB
/// if one of them has no limit.
fn on_instances(properties: &Properties<'_>) -> Result<(u32, u32)> {
    let cpu = match properties.get("Cpu") {
        Some(field) => amount(&field, "vcpu", Form::Cpu)?,
        None => {
            of_containers(properties, "Cpu")?.into_iter().flatten().fold(0, u32::saturating_add)
        }
    };
    if let Some(field) = properties.get("Memory") {
        return Ok((cpu, amount(&field, "gb", Form::Memory)?));
    }
    let (limits, reserved) =
        (of_containers(properties, "Memory")?, of_containers(properties, "MemoryReservation")?);
    if limits.iter().zip(reserved).any(|(limit, reserved)| limit.or(reserved).is_none()) {
        return Err(properties.missing("Memory", Need::Memory));
    }
    let limits = limits.into_iter().collect::<Option<Vec<_>>>();
    Ok((cpu, limits.map_or(0, |all| all.into_iter().fold(0, u32::saturating_add))))
}

fn of_containers(properties: &Properties<'_>, key: &str) -> Result<Vec<Option<u32>>> {
    let amount = |container: &Field<'_>| {
        container.map()?.get(key).map(|field| field.number(0..=u32::MAX)).transpose()
    };
    properties.items("ContainerDefinitions")?.iter().map(amount).collect()
}

/// Reads `256`, `1 vCPU` or `2GB`: an amount in units of which 1024 make one.
fn amount(field: &Field<'_>, unit: &str, form: Form) -> Result<u32> {
    let text = field.text()?;
    parse(&text, unit).ok_or_else(|| field.malformed(&text, form))
}

fn parse(text: &str, unit: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let Some(number) = text.strip_suffix(unit) else { return text.parse().ok() };
    let units = number.trim().parse::<f64>().ok()? * 1024.0;
    let whole = units.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&units);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just compared")]
    whole.then_some(units as u32)
}

/// Returns the MiB that go with these CPU units.
fn memories(cpu: u32) -> Option<Vec<u32>> {
    let (from, to, step) = match cpu {
        256 => return Some(vec![512, 1024, 2048]),
        512 => (1024, 4096, 1024),
        1024 => (2048, 8192, 1024),
        2048 => (4096, 16384, 1024),
        4096 => (8192, 30720, 1024),
        8192 => (16384, 61440, 4096),
        16384 => (32768, 122_880, 8192),
        _ => return None,
    };
    Some((from..=to).step_by(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_both_forms() {
        for (text, expected) in [("256", 256), ("1 vCPU", 1024), (".25vcpu", 256), ("2 vCPU", 2048)]
        {
            assert_eq!(parse(text, "vcpu"), Some(expected), "{text}");
        }
        for (text, expected) in [("512", 512), ("2 GB", 2048), ("2GB", 2048), ("0.5 gb", 512)] {
            assert_eq!(parse(text, "gb"), Some(expected), "{text}");
        }
        for wrong in ["", "one", "-1", "1 GB", "inf vcpu", "nan vcpu", "1e99vcpu", "0.0001 vcpu"] {
            assert_eq!(parse(wrong, "vcpu"), None, "{wrong}");
        }
    }

    #[test]
    fn memory_goes_with_cpu_as_in_awss_table() {
        for (cpu, first, last, count) in [
            (256, 512, 2048, 3),
            (512, 1024, 4096, 4),
            (1024, 2048, 8192, 7),
            (2048, 4096, 16384, 13),
            (4096, 8192, 30720, 23),
            (8192, 16384, 61440, 12),
            (16384, 32768, 122_880, 12),
        ] {
            let memories = memories(cpu).unwrap();
            assert_eq!(
                (memories[0], *memories.last().unwrap(), memories.len()),
                (first, last, count)
            );
        }
        assert_eq!(memories(300), None);
    }
}

//! `Matcher`: which codes pass a health check (alb §4.3).

use std::ops::RangeInclusive;

use crate::{
    field::{Field, Properties, Result},
    problem::{Form, TargetGroupFault},
};
use stack::{Matcher, ProtocolVersion};

const HTTP: RangeInclusive<u16> = 200..=499;
const HTTP_DEFAULT: u16 = 200;
const GRPC: RangeInclusive<u16> = 0..=99;
/// "Unimplemented", which is what a server says that has no such method.
const GRPC_DEFAULT: u16 = 12;

/// Returns the matcher of a target group's properties.
pub(super) fn read(properties: &Properties<'_>, version: ProtocolVersion) -> Result<Matcher> {
    let config = properties.map("Matcher")?;
    if version == ProtocolVersion::Grpc {
        let ranges = codes(config.as_ref(), ("GrpcCode", "HttpCode"), &GRPC, GRPC_DEFAULT)?;
        return Ok(Matcher::Grpc(ranges));
    }
    let ranges = codes(config.as_ref(), ("HttpCode", "GrpcCode"), &HTTP, HTTP_DEFAULT)?;
    Ok(Matcher::Http(ranges))
}

/// Reads single codes and ranges, with commas: `200,202`, `200-299`.
fn codes(
    config: Option<&Properties<'_>>,
    (key, other): (&'static str, &str),
    legal: &RangeInclusive<u16>,
    default: u16,
) -> Result<Vec<RangeInclusive<u16>>> {
    let Some(config) = config else { return Ok(vec![default..=default]) };
    if let Some(other) = config.get(other) {
        return Err(other.refused(TargetGroupFault::OtherMatcher { instead: key }));
    }
    let field: Field<'_> = config.need(key)?;
    let text = field.text()?;
    let form = Form::Codes(*legal.start(), *legal.end());
    parse(&text, legal).ok_or_else(|| field.malformed(&text, form))
}

fn parse(text: &str, legal: &RangeInclusive<u16>) -> Option<Vec<RangeInclusive<u16>>> {
    text.split(',').map(|part| range(part.trim(), legal)).collect()
}

fn range(text: &str, legal: &RangeInclusive<u16>) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.parse().ok().filter(|code| legal.contains(code));
    let range = code(from)?..=code(to)?;
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::{GRPC, HTTP, parse};

    #[test]
    fn statuses_and_ranges_are_read() {
        assert_eq!(parse("200", &HTTP), Some(vec![200..=200]));
        assert_eq!(parse("200, 202,300-399", &HTTP), Some(vec![200..=200, 202..=202, 300..=399]));
        for wrong in ["", "200,", "199", "500", "299-200", "2xx", "200-", "-200"] {
            assert_eq!(parse(wrong, &HTTP), None, "{wrong}");
        }
    }

    #[test]
    fn codes_of_grpc_go_from_0_to_99() {
        assert_eq!(parse("0-99", &GRPC), Some(vec![0..=99]));
        assert_eq!(parse("0,12", &GRPC), Some(vec![0..=0, 12..=12]));
        assert_eq!(parse("100", &GRPC), None);
    }
}

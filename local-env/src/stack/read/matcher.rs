//! `Matcher.HttpCode`: which statuses pass a health check (alb §4.3).

use std::ops::RangeInclusive;

use super::field::{Field, Result};

/// Single statuses and ranges, with commas: `200,202`, `200-299`.
pub(super) fn read(field: &Field<'_>) -> Result<Vec<RangeInclusive<u16>>> {
    let text = field.text()?;
    parse(&text).ok_or_else(|| {
        let help = "write statuses from 200 to 499, such as `200,202` or `200-299`";
        field.refused(format!("is `{text}`"), help)
    })
}

fn parse(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    text.split(',').map(|part| range(part.trim())).collect()
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let status = |text: &str| text.parse().ok().filter(|status| (200..=499).contains(status));
    let range = status(from)?..=status(to)?;
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn statuses_and_ranges_are_read() {
        assert_eq!(parse("200"), Some(vec![200..=200]));
        assert_eq!(parse("200, 202,300-399"), Some(vec![200..=200, 202..=202, 300..=399]));
        for wrong in ["", "200,", "199", "500", "299-200", "2xx", "200-", "-200"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

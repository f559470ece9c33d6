//! Times as the endpoint writes them: RFC 3339, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// `2026-11-02T10:15:30.123456789Z`.
pub(super) fn nanoseconds(time: SystemTime) -> String {
    let nanoseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    format!("{}.{nanoseconds:09}Z", to_the_second(time))
}

/// `2026-11-02T10:15:30Z`.
pub(super) fn seconds(time: SystemTime) -> String {
    format!("{}Z", to_the_second(time))
}

fn to_the_second(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = date(since / 86_400);
    let (hour, minute, second) = (since / 3600 % 24, since / 60 % 60, since % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        for (since, expected) in [
            (Duration::ZERO, "1970-01-01T00:00:00.000000000Z"),
            (Duration::new(1_709_164_800, 5), "2024-02-29T00:00:00.000000005Z"),
            (Duration::new(1_793_614_530, 123_456_789), "2026-11-02T10:15:30.123456789Z"),
        ] {
            assert_eq!(nanoseconds(UNIX_EPOCH + since), expected);
        }
        let time = UNIX_EPOCH + Duration::new(1_665_023_356, 999_999_999);
        assert_eq!(seconds(time), "2022-10-06T02:29:16Z");
    }
}

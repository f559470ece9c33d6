//! Times as the endpoint writes them: RFC 3339, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use clock::utc::ToTheSecond;

/// Writes a time to the nanosecond: `2026-11-02T10:15:30.123456789Z`.
pub(super) fn nanoseconds(time: SystemTime) -> String {
    let nanoseconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    format!("{}.{nanoseconds:09}Z", ToTheSecond(time))
}

/// Writes a time to the second: `2026-11-02T10:15:30Z`.
pub(super) fn seconds(time: SystemTime) -> String {
    format!("{}Z", ToTheSecond(time))
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

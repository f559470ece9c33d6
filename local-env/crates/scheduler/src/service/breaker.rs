//! The deployment circuit breaker: how many failed tasks are too many (cloudmap-ecs §3.6).

use stack::Threshold;

/// The fewest and the most failed tasks that a bounded percentage comes to.
const BOUNDS: (u32, u32) = (3, 200);

/// Returns the number of failed tasks at which a deployment of so many tasks is given up.
pub(super) fn threshold(threshold: Threshold, desired: u32) -> u32 {
    let percent = |percent: u32| {
        let tasks = (u64::from(desired) * u64::from(percent)).div_ceil(100);
        u32::try_from(tasks).unwrap_or(u32::MAX)
    };
    match threshold {
        Threshold::BoundedPercent(share) => percent(share).clamp(BOUNDS.0, BOUNDS.1),
        Threshold::UnboundedPercent(share) => percent(share).max(1),
        Threshold::Count(count) => count.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tasks_but_at_least_three_and_at_most_two_hundred() {
        for (desired, expected) in [(0, 3), (1, 3), (7, 4), (25, 13), (400, 200), (800, 200)] {
            assert_eq!(threshold(Threshold::BoundedPercent(50), desired), expected, "{desired}");
        }
        assert_eq!(threshold(Threshold::UnboundedPercent(50), 800), 400);
        assert_eq!(threshold(Threshold::UnboundedPercent(50), 1), 1);
        assert_eq!(threshold(Threshold::Count(7), 1), 7);
    }
}

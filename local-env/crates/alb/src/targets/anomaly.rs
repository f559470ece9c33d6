//! Which targets fail far more than the others, and how they are spared (alb §4.5).
//!
//! AWS tells that 5xx answers and failed connections count, that it takes three healthy targets, and
//! that a spared target is given its share back by and by; the numbers here are of our own. A target
//! is anomalous when it fails more than twice as often as all others together, and a tenth of its
//! requests more; a spared one then has its weight cut to a quarter with each verdict, and doubled
//! with each good one, but never cut to nothing, or nobody would learn that it has recovered.

use std::time::Duration;

use super::target::Conduct;

/// How often targets are judged. It is not shortened with AWS's waits, since it takes that long for
/// enough requests to come.
pub(super) const PERIOD: Duration = Duration::from_secs(5);

/// How many healthy targets it takes to tell who is the odd one.
pub(super) const ENOUGH: usize = 3;

/// The fewest requests in a period by which a target is judged.
const FEWEST_ANSWERS: u32 = 5;

/// A target's part in a random choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight(u32);

/// Returns which targets are anomalous, in the order of what they did.
pub(super) fn judge(conducts: &[Conduct]) -> Vec<bool> {
    let sum = |of: fn(&Conduct) -> u32| conducts.iter().map(|it| f64::from(of(it))).sum::<f64>();
    let (answers, faults) = (sum(|it| it.answers), sum(|it| it.faults));
    let is_anomalous = |it: &Conduct| {
        let (own_answers, own_faults) = (f64::from(it.answers), f64::from(it.faults));
        let usual = (faults - own_faults) / (answers - own_answers).max(1.0);
        it.answers >= FEWEST_ANSWERS && own_faults / own_answers > 2.0 * usual + 0.1
    };
    let enough = conducts.len() >= ENOUGH;
    conducts.iter().map(|it| enough && is_anomalous(it)).collect()
}

// === impl Weight ===

impl Weight {
    /// The weight of a target that is not spared.
    pub(super) const FULL: Self = Self(64);

    /// Returns the weight after a verdict.
    pub(super) fn after(self, anomalous: bool) -> Self {
        Self(if anomalous { self.0 / 4 } else { self.0 * 2 }.clamp(1, Self::FULL.0))
    }

    pub(super) fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(conducts: &[(u32, u32)]) -> Vec<bool> {
        let conduct = |&(answers, faults): &(u32, u32)| Conduct { answers, faults };
        judge(&conducts.iter().map(conduct).collect::<Vec<_>>())
    }

    #[test]
    fn a_target_that_fails_more_than_the_others_is_anomalous() {
        assert_eq!(verdicts(&[(100, 0), (100, 40), (100, 1)]), [false, true, false]);
    }

    #[test]
    fn it_takes_three_targets_to_tell() {
        assert_eq!(verdicts(&[(100, 0), (100, 100)]), [false, false]);
    }

    #[test]
    fn where_all_fail_alike_none_is_anomalous() {
        assert_eq!(verdicts(&[(100, 50), (100, 60), (90, 45)]), [false; 3]);
        assert_eq!(verdicts(&[(100, 100); 3]), [false; 3]);
        assert_eq!(verdicts(&[(0, 0); 3]), [false; 3]);
    }

    #[test]
    fn a_few_requests_prove_nothing() {
        assert_eq!(verdicts(&[(100, 0), (4, 4), (100, 0)]), [false; 3]);
        assert_eq!(verdicts(&[(0, 0), (5, 5), (0, 0)]), [false, true, false]);
    }

    #[test]
    fn a_weight_falls_fast_and_rises_slowly_and_is_never_nothing() {
        let mut weight = Weight::FULL;
        let mut course = Vec::new();
        for anomalous in [true, true, true, true, false, false, true, false, false, false] {
            weight = weight.after(anomalous);
            course.push(weight.get());
        }
        assert_eq!(course, [16, 4, 1, 1, 2, 4, 1, 2, 4, 8]);
        assert_eq!(Weight::FULL.after(false), Weight::FULL);
    }
}

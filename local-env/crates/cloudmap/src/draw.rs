//! A draw of some of many, in one pass: who is in an answer, and in which order.
//!
//! Shuffling from the inside out: the next of what is offered changes places with a random one of
//! those before it or with itself. What would move behind the last place is forgotten, so that the
//! memory for a few places does for any number.

/// How many instances one answer names at the most (cloudmap-ecs §1.3).
pub(super) const MAX_DRAWN: usize = 8;

/// A draw of a few of the items that are offered.
#[derive(Debug)]
pub(super) struct Draw<'a, T> {
    places: [Option<&'a T>; MAX_DRAWN],
    limit: usize,
    offered: usize,
}

// === impl Draw ===

impl<'a, T> Draw<'a, T> {
    /// Starts a draw of at most so many.
    pub(super) fn of(limit: usize) -> Self {
        Self { places: [None; MAX_DRAWN], limit: limit.min(MAX_DRAWN), offered: 0 }
    }

    /// Offers an item, which may take a place.
    pub(super) fn offer(&mut self, item: &'a T, random: &mut fastrand::Rng) {
        let (place, last) = (random.usize(..=self.offered), self.offered);
        self.offered += 1;
        let moved = if place < self.limit {
            self.places.get_mut(place).and_then(|it| it.replace(item))
        } else {
            None
        };
        if place != last
            && last < self.limit
            && let Some(last) = self.places.get_mut(last)
        {
            *last = moved;
        }
    }

    /// Returns whether nothing was offered.
    pub(super) fn is_empty(&self) -> bool {
        self.offered == 0
    }

    /// Returns what was drawn, in its order.
    pub(super) fn drawn(self) -> impl Iterator<Item = &'a T> {
        self.places.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn draw(limit: usize, items: &[usize], random: &mut fastrand::Rng) -> Vec<usize> {
        let mut draw = Draw::of(limit);
        for item in items {
            draw.offer(item, random);
        }
        draw.drawn().copied().collect()
    }

    #[test]
    fn nobody_is_lost_or_drawn_twice() {
        let random = &mut fastrand::Rng::with_seed(7);
        for count in 0..40 {
            for limit in 1..=MAX_DRAWN {
                let items: Vec<_> = (0..count).collect();
                let mut drawn = draw(limit, &items, random);
                assert_eq!(drawn.len(), count.min(limit));
                drawn.sort_unstable();
                drawn.dedup();
                assert_eq!(drawn.len(), count.min(limit));
            }
        }
    }

    #[test]
    fn each_order_of_each_few_comes_as_often() {
        let random = &mut fastrand::Rng::with_seed(7);
        let mut counts = HashMap::new();
        for _ in 0..12_000 {
            *counts.entry(draw(2, &[0, 1, 2, 3], random)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 12);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn nobody_is_drawn_of_none() {
        assert!(Draw::<usize>::of(8).is_empty());
        assert!(draw(8, &[], &mut fastrand::Rng::with_seed(7)).is_empty());
    }
}

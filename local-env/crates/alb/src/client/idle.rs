//! The idle timeout: how long neither side of an exchange may send anything (alb §1.2).

use std::{
    cell::RefCell,
    future::{Future as _, poll_fn},
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::body::Activity;

/// A timer that is set anew only when it runs out, so that a request that moves costs it nothing.
#[derive(Debug)]
pub(crate) struct Idle {
    timer: RefCell<Pin<Box<Sleep>>>,
    pub(crate) limit: Duration,
}

// === impl Idle ===

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { timer: RefCell::new(Box::pin(sleep_until(Instant::now() + limit))), limit }
    }

    /// Waits until nothing has moved for as long as the limit.
    pub(crate) async fn elapsed(&self, activity: &Activity) {
        poll_fn(|cx| {
            let mut timer = self.timer.borrow_mut();
            loop {
                ready!(timer.as_mut().poll(cx));
                let deadline = activity.last() + self.limit;
                if deadline <= Instant::now() {
                    return Poll::Ready(());
                }
                timer.as_mut().reset(deadline);
            }
        })
        .await;
    }
}

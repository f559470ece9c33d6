//! Whether a connection goes on.

/// What becomes of a connection once a message on it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Another message may follow.
    #[default]
    Keep,
    /// It ends.
    Close,
}

// === impl Connection ===

impl Connection {
    /// Returns `Keep` where it may go on, else `Close`.
    pub(crate) fn kept_if(may_go_on: bool) -> Self {
        if may_go_on { Self::Keep } else { Self::Close }
    }

    /// Returns `Keep` where both are.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::kept_if(self.is_kept() && other.is_kept())
    }

    /// Returns whether another message may follow.
    pub(crate) fn is_kept(self) -> bool {
        self == Self::Keep
    }
}

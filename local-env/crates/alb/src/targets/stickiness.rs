//! How a client stays with a target (alb §4.7).
//!
//! The load balancer's cookie names the target and since when the client stays there, sealed. Each
//! answer renews it. What cannot be opened, has run out or names a target that gets no requests any
//! more counts for nothing: another target is chosen, and the client stays with that one from then on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    cookie::{Sealer, cookies, set_cookie},
    head::{Fields, Name},
};

/// How long clients keep the cookie, whatever the stickiness lasts.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const OWN: &str = "AWSALB";
const OWN_CORS: &str = "AWSALBCORS";
/// AWS spreads a value of more than 4 KiB over up to four of them; these values are short.
const APPLICATION: &str = "AWSALBAPP-0";

/// A target group's stickiness.
#[derive(Debug)]
pub(super) struct Stickiness {
    kind: stack::Stickiness,
    sealer: Sealer,
    /// The group's number, by which a cookie of one group means nothing to another.
    group: u64,
}

/// What a request's cookies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    /// The client has none.
    None,
    /// It has run out, or can't be read.
    Lost,
    /// The client stays with a target.
    With(Seat),
}

/// Where a client stays, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    target: u64,
    /// Since when, in milliseconds since 1970.
    since: u64,
}

// === impl Stickiness ===

impl Stickiness {
    pub(super) fn new(kind: stack::Stickiness, sealer: Sealer, group: &str) -> Self {
        Self { kind, sealer, group: number(group) }
    }

    pub(super) fn session(&self, request: &Fields, now: SystemTime) -> Session {
        let (names, duration): (&[&str], _) = match &self.kind {
            stack::Stickiness::LoadBalancer { duration } => (&[OWN, OWN_CORS], duration),
            stack::Stickiness::Application { cookie, duration } => {
                // The application's own cookie has to be there too; its value is its own affair.
                if !cookies(request).any(|(name, _)| name == cookie.as_bytes()) {
                    return Session::None;
                }
                (&[APPLICATION], duration)
            }
        };
        let is_ours = |name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
        let mut session = Session::None;
        for (_, value) in cookies(request).filter(|(name, _)| is_ours(name)) {
            session = match self.open(value) {
                Some(seat) if seat.age(now) < *duration => return Session::With(seat),
                _ => Session::Lost,
            };
        }
        session
    }

    /// Adds the cookies that go with an answer of `target` to a request of this session.
    pub(super) fn set_cookies(
        &self,
        session: Session,
        target: u64,
        response: &Fields,
        now: SystemTime,
        out: &mut Vec<Vec<u8>>,
    ) {
        let seat = || match session {
            Session::With(seat) if seat.target == target => seat,
            _ => Seat { target, since: milliseconds(now) },
        };
        match &self.kind {
            stack::Stickiness::LoadBalancer { .. } => {
                let value = self.seal(seat());
                out.push(set_cookie(OWN, &value, now + KEPT, false));
                out.push(set_cookie(OWN_CORS, &value, now + KEPT, true));
            }
            stack::Stickiness::Application { cookie, .. } => {
                if session != Session::None || sets(response, cookie.as_bytes()) {
                    out.push(set_cookie(APPLICATION, &self.seal(seat()), now + KEPT, false));
                }
            }
        }
    }

    fn seal(&self, seat: Seat) -> String {
        let words = [self.group, seat.target, seat.since];
        self.sealer.seal(&words.map(u64::to_be_bytes).concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Seat> {
        let plain: [u8; 24] = self.sealer.open(sealed)?.try_into().ok()?;
        let (words, _) = plain.as_chunks::<8>();
        let &[group, target, since] = words else { return None };
        let word = u64::from_be_bytes;
        let seat = Seat { target: word(target), since: word(since) };
        (word(group) == self.group).then_some(seat)
    }
}

// === impl Seat ===

impl Seat {
    /// Returns the target's id.
    pub(super) fn target(self) -> u64 {
        self.target
    }

    fn age(self, now: SystemTime) -> Duration {
        Duration::from_millis(milliseconds(now).saturating_sub(self.since))
    }
}

/// Returns whether an answer sets a cookie of this name.
fn sets(response: &Fields, cookie: &[u8]) -> bool {
    let mut set = response.all(Name::SetCookie);
    set.any(|value| value.strip_prefix(cookie).is_some_and(|rest| rest.starts_with(b"=")))
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns a short form of a group's name.
fn number(arn: &str) -> u64 {
    // FNV-1a: the value is sealed, so that nobody can bring about a collision.
    arn.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A client and the answers of targets to it.
    struct Client {
        stickiness: Stickiness,
        request: Fields,
        now: SystemTime,
    }

    impl Client {
        fn new(kind: stack::Stickiness) -> Self {
            let stickiness = Stickiness::new(kind, Sealer::new().unwrap(), "group");
            let now = UNIX_EPOCH + Duration::from_secs(1_796_205_600);
            Self { stickiness, request: Fields::default(), now }
        }

        fn own() -> Self {
            Self::new(stack::Stickiness::LoadBalancer { duration: HOUR })
        }

        fn application() -> Self {
            let cookie = "session".into();
            Self::new(stack::Stickiness::Application { cookie, duration: HOUR })
        }

        fn session(&self) -> Session {
            self.stickiness.session(&self.request, self.now)
        }

        fn target(&self) -> Option<u64> {
            match self.session() {
                Session::With(seat) => Some(seat.target()),
                _ => None,
            }
        }

        /// The names and values that the answer of a target sets, with the whole texts.
        fn answer(&self, target: u64, response: &Fields) -> Vec<(String, String, String)> {
            let mut out = Vec::new();
            let session = self.session();
            self.stickiness.set_cookies(session, target, response, self.now, &mut out);
            let parts = |text: Vec<u8>| {
                let text = String::from_utf8(text).unwrap();
                let (name, rest) = text.split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                (name.to_owned(), value.to_owned(), text.clone())
            };
            out.into_iter().map(parts).collect()
        }

        fn send(&mut self, cookies: &[(&str, &str)]) {
            self.request = Fields::default();
            let pairs: Vec<_> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            self.request.push(b"Cookie", pairs.join("; ").as_bytes());
        }

        /// Takes the cookies of an answer.
        fn take(&mut self, set: &[(String, String, String)], also: &[(&str, &str)]) {
            let set = set.iter().map(|(name, value, _)| (name.as_str(), value.as_str()));
            self.send(&set.chain(also.iter().copied()).collect::<Vec<_>>());
        }
    }

    fn setting(cookie: &str) -> Fields {
        let mut response = Fields::default();
        response.push(b"set-cookie", b"theme=dark");
        response.push(b"set-cookie", cookie.as_bytes());
        response
    }

    #[test]
    fn each_answer_sets_both_cookies_for_seven_days() {
        let client = Client::own();
        let set = client.answer(7, &Fields::default());
        let [(plain, value, text), (cors, same, cors_text)] = set.as_slice() else { panic!() };
        assert_eq!((plain.as_str(), cors.as_str()), ("AWSALB", "AWSALBCORS"));
        assert_eq!(value, same);
        assert!(text.ends_with("; Expires=Wed, 09 Dec 2026 10:00:00 GMT; Path=/"), "{text}");
        assert!(cors_text.ends_with("; Path=/; SameSite=None; Secure"), "{cors_text}");
    }

    #[test]
    fn either_cookie_leads_back_to_the_target() {
        let mut client = Client::own();
        assert_eq!(client.session(), Session::None);
        let set = client.answer(7, &Fields::default());
        for (name, value, _) in &set {
            client.send(&[("theme", "dark"), (name, value)]);
            assert_eq!(client.target(), Some(7), "{name}");
        }
        let (name, value, _) = &set[1];
        client.send(&[("AWSALB", "garbled"), (name, value)]);
        assert_eq!(client.target(), Some(7), "the one that can be read");
    }

    #[test]
    fn a_session_ends_after_its_duration_although_answers_renew_the_cookie() {
        let mut client = Client::own();
        client.take(&client.answer(7, &Fields::default()), &[]);
        client.now += Duration::from_millis(3_599_999);
        assert_eq!(client.target(), Some(7));
        client.take(&client.answer(7, &Fields::default()), &[]);
        assert_eq!(client.target(), Some(7));
        client.now += Duration::from_millis(1);
        assert_eq!(client.session(), Session::Lost);
    }

    #[test]
    fn a_client_stays_with_the_target_that_took_over() {
        let mut client = Client::own();
        client.take(&client.answer(7, &Fields::default()), &[]);
        client.now += HOUR / 2;
        client.take(&client.answer(8, &Fields::default()), &[]);
        client.now += Duration::from_secs(3599);
        assert_eq!(client.target(), Some(8), "the new session is as long as the first");
    }

    #[test]
    fn garbled_values_and_those_of_another_group_are_lost() {
        let mut client = Client::own();
        let (_, value, _) = client.answer(7, &Fields::default()).remove(0);
        let encoded = value.replace(['+', '/', '='], "%2B");
        for garbled in ["", "x", &value[1..], encoded.as_str()] {
            client.send(&[("AWSALB", garbled)]);
            if garbled != value {
                assert_eq!(client.session(), Session::Lost, "{garbled}");
            }
        }
        client.stickiness.group = number("another group");
        client.send(&[("AWSALB", &value)]);
        assert_eq!(client.session(), Session::Lost);
    }

    #[test]
    fn an_applications_session_begins_when_the_target_sets_its_cookie() {
        let client = Client::application();
        for other in ["sessions=1", "Session=1", "session", "x=session=1"] {
            assert!(client.answer(7, &setting(other)).is_empty(), "{other}");
        }
        let set = client.answer(7, &setting("session=1; Path=/"));
        let [(name, _, text)] = set.as_slice() else { panic!("{set:?}") };
        assert_eq!(name, "AWSALBAPP-0");
        assert!(text.contains("; Expires=Wed, 09 Dec 2026 "), "{text}");
    }

    #[test]
    fn an_applications_session_takes_both_cookies() {
        let mut client = Client::application();
        let set = client.answer(7, &setting("session=1"));
        client.take(&set, &[]);
        assert_eq!(client.session(), Session::None);
        client.send(&[("session", "1")]);
        assert_eq!(client.session(), Session::None);
        client.take(&set, &[("session", "any")]);
        assert_eq!(client.target(), Some(7));
        assert_eq!(client.answer(7, &Fields::default()).len(), 1, "it is renewed");
        assert_eq!(client.answer(8, &Fields::default()).len(), 1, "another target takes over");
    }
}

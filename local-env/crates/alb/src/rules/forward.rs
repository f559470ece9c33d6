//! Which target group of a `forward` action a request goes to: drawn by weight alone, or the one that
//! the client was given before (alb §3.1).

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    super::{
        cookie::{Sealer, cookies, set_cookie},
        head::Fields,
        targets::TargetGroup,
    },
    RouteError,
};
use stack::{self, Arn};

/// The group cookie, and its twin for requests that other sites make.
const NAMES: [&str; 2] = ["AWSALBTG", "AWSALBTGCORS"];
/// The mark by which no other sealed cookie is taken for one of these.
const MARK: &[u8] = b"group:";
/// How long clients keep the cookie, however long it counts (as for targets, alb §4.7).
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// A compiled `forward` action.
#[derive(Clone, Debug)]
pub struct Forward {
    groups: Box<[(Arc<TargetGroup>, u32)]>,
    total: u32,
    /// How long a client stays with its group.
    stickiness: Option<Duration>,
}

/// The target group that a request goes to.
#[derive(Clone, Debug)]
pub(crate) struct ChosenGroup<'a> {
    /// The group.
    pub(crate) group: &'a Arc<TargetGroup>,
    /// The values of `Set-Cookie` headers for the answer.
    pub(crate) set_cookies: Option<[Vec<u8>; 2]>,
    /// Whether the client sent a group cookie that can't be read (`AWSALBTGCookieInvalid`).
    pub(crate) bad_cookie: bool,
}

/// What a client's group cookie says.
enum Remembered<'a> {
    Nothing,
    Garbled,
    Group(&'a Arc<TargetGroup>),
}

// === impl Forward ===

impl Forward {
    pub(super) fn compile(
        forward: &stack::Forward,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        let weighted = forward.target_groups.iter().map(|entry| {
            let group = groups.get(&entry.target_group).cloned();
            let unknown = || RouteError::UnknownTargetGroup(entry.target_group.clone());
            Ok((group.ok_or_else(unknown)?, entry.weight))
        });
        let groups: Box<[_]> = weighted.collect::<Result<_, _>>()?;
        let total = groups.iter().fold(0_u32, |sum, (_, weight)| sum.saturating_add(*weight));
        Ok(Self { groups, total, stickiness: forward.stickiness })
    }

    /// Returns the groups and their weights, in the template's order.
    pub fn groups(&self) -> impl Iterator<Item = (&Arc<TargetGroup>, u32)> {
        self.groups.iter().map(|(group, weight)| (group, *weight))
    }

    /// Returns how long a client stays with the group that it was given.
    pub fn stickiness(&self) -> Option<Duration> {
        self.stickiness
    }

    /// Chooses the group for a request with these header fields; `None` where no group has any
    /// weight.
    #[inline]
    pub(crate) fn choose(
        &self,
        fields: &Fields,
        sealer: &Sealer,
        random: &mut fastrand::Rng,
        now: SystemTime,
    ) -> Option<ChosenGroup<'_>> {
        match (&*self.groups, self.stickiness) {
            ([(group, 1..)], _) => Some(ChosenGroup::plain(group)),
            (_, None) => self.draw(random).map(ChosenGroup::plain),
            (_, Some(stickiness)) => self.choose_sticky(fields, sealer, random, now, stickiness),
        }
    }

    /// Draws a group by weight, whether it has targets or not.
    fn draw(&self, random: &mut fastrand::Rng) -> Option<&Arc<TargetGroup>> {
        let mut drawn = if self.total == 0 { return None } else { random.u32(..self.total) };
        let hit = self.groups.iter().find(|(_, weight)| {
            let hit = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            hit
        });
        hit.map(|(group, _)| group)
    }

    fn choose_sticky(
        &self,
        fields: &Fields,
        sealer: &Sealer,
        random: &mut fastrand::Rng,
        now: SystemTime,
        stickiness: Duration,
    ) -> Option<ChosenGroup<'_>> {
        let remembered = self.remembered(fields, sealer, now);
        if let Remembered::Group(group) = remembered {
            return Some(ChosenGroup::plain(group));
        }
        let group = self.draw(random)?;
        let value = sealer.seal(&plain(group.arn(), now + stickiness));
        let cookie = |index: usize| set_cookie(NAMES[index], &value, now + KEPT, index == 1);
        Some(ChosenGroup {
            group,
            set_cookies: Some([cookie(0), cookie(1)]),
            bad_cookie: matches!(remembered, Remembered::Garbled),
        })
    }

    /// Returns what the client's cookies say. The first one that can be read counts; its group
    /// needs no weight any more.
    fn remembered(&self, fields: &Fields, sealer: &Sealer, now: SystemTime) -> Remembered<'_> {
        let is_ours = |name: &[u8]| NAMES.iter().any(|known| known.as_bytes() == name);
        let mut found = Remembered::Nothing;
        for (_, value) in cookies(fields).filter(|(name, _)| is_ours(name)) {
            let Some((arn, until)) = sealer.open(value).and_then(|plain| read(&plain)) else {
                found = Remembered::Garbled;
                continue;
            };
            let group = self.groups.iter().find(|(group, _)| group.arn().as_str() == arn);
            return match group {
                Some((group, _)) if seconds(now) < until => Remembered::Group(group),
                _ => Remembered::Nothing,
            };
        }
        found
    }
}

// === impl ChosenGroup ===

impl<'a> ChosenGroup<'a> {
    fn plain(group: &'a Arc<TargetGroup>) -> Self {
        Self { group, set_cookies: None, bad_cookie: false }
    }
}

/// Returns what is sealed: until when the cookie counts, and for which group.
fn plain(group: &Arn, until: SystemTime) -> Vec<u8> {
    [MARK, &seconds(until).to_be_bytes(), group.as_str().as_bytes()].concat()
}

fn read(plain: &[u8]) -> Option<(String, u64)> {
    let (until, group) = plain.strip_prefix(MARK)?.split_first_chunk()?;
    Some((String::from_utf8(group.to_vec()).ok()?, u64::from_be_bytes(*until)))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::groups, *};
    use stack::WeightedTargetGroup;

    const NOW: Duration = Duration::from_secs(1_796_205_600);

    struct Client {
        forward: Forward,
        sealer: Sealer,
        random: fastrand::Rng,
        fields: Fields,
        now: SystemTime,
    }

    impl Client {
        fn new(weights: &[(&str, u32)], stickiness: Option<u64>) -> Self {
            Self {
                forward: forward(weights, stickiness),
                sealer: Sealer::new().unwrap(),
                random: fastrand::Rng::with_seed(7),
                fields: Fields::default(),
                now: UNIX_EPOCH + NOW,
            }
        }

        fn request(&mut self) -> Option<ChosenGroup<'_>> {
            self.forward.choose(&self.fields, &self.sealer, &mut self.random, self.now)
        }

        fn group(&mut self) -> Option<String> {
            self.request().map(|choice| choice.group.arn().to_string())
        }

        /// Sends a request without cookies, and from then on the cookie of its answer.
        fn is_given_a_group(&mut self, which: usize) -> String {
            let choice = self.request().unwrap();
            let group = choice.group.arn().to_string();
            let cookie = String::from_utf8(choice.set_cookies.unwrap()[which].clone()).unwrap();
            self.fields.push(b"Cookie", b"session=1");
            self.fields.push(b"Cookie", cookie.split(';').next().unwrap().as_bytes());
            group
        }
    }

    fn forward(weights: &[(&str, u32)], stickiness: Option<u64>) -> Forward {
        let entry = |&(arn, weight): &(&str, u32)| WeightedTargetGroup {
            target_group: Arn::from(arn),
            weight,
        };
        let model = stack::Forward {
            target_groups: weights.iter().map(entry).collect(),
            stickiness: stickiness.map(Duration::from_secs),
        };
        let names: Vec<_> = weights.iter().map(|(arn, _)| *arn).collect();
        Forward::compile(&model, &groups(&names)).unwrap()
    }

    #[test]
    fn groups_are_drawn_by_their_weights() {
        let mut client = Client::new(&[("a", 80), ("b", 0), ("c", 20)], None);
        let mut counts: HashMap<_, u32> = HashMap::new();
        for _ in 0..10_000 {
            *counts.entry(client.group().unwrap()).or_default() += 1;
        }
        assert_eq!(counts.get("b"), None);
        assert!((7_800..=8_200).contains(&counts["a"]), "{counts:?}");
        assert!((1_800..=2_200).contains(&counts["c"]), "{counts:?}");
    }

    #[test]
    fn a_single_group_is_not_drawn() {
        let mut client = Client::new(&[("a", 5)], Some(60));
        let before = client.random.clone();
        let choice = client.request().unwrap();
        assert_eq!(choice.group.arn().as_str(), "a");
        assert!(choice.set_cookies.is_none());
        assert_eq!(client.random, before);
    }

    #[test]
    fn without_any_weight_there_is_no_group() {
        assert_eq!(Client::new(&[("a", 0), ("b", 0)], None).group(), None);
        assert_eq!(Client::new(&[("a", 0)], None).group(), None);
        assert_eq!(Client::new(&[("a", 0)], Some(60)).group(), None);
    }

    #[test]
    fn without_stickiness_no_cookie_is_set_or_looked_at() {
        let mut sticky = Client::new(&[("a", 1), ("b", 1)], Some(60));
        sticky.is_given_a_group(0);
        sticky.forward = forward(&[("a", 1), ("b", 1)], None);
        let seen: std::collections::HashSet<_> = (0..100).map(|_| sticky.group()).collect();
        assert_eq!(seen.len(), 2);
        assert!(sticky.request().unwrap().set_cookies.is_none());
    }

    #[test]
    fn a_client_stays_with_its_group_even_when_its_weight_is_gone() {
        for which in [0, 1] {
            let mut client = Client::new(&[("a", 1), ("b", 1)], Some(60));
            let group = client.is_given_a_group(which);
            let weight = |name: &str| u32::from(name != group);
            client.forward = forward(&[("a", weight("a")), ("b", weight("b"))], Some(60));
            for _ in 0..100 {
                let choice = client.request().unwrap();
                assert_eq!(choice.group.arn().as_str(), group);
                assert!(choice.set_cookies.is_none() && !choice.bad_cookie);
            }
        }
    }

    #[test]
    fn both_cookies_are_set_for_seven_days() {
        let mut client = Client::new(&[("a", 1), ("b", 1)], Some(60));
        let [plain, cors] = client.request().unwrap().set_cookies.unwrap();
        let (plain, cors) = (String::from_utf8(plain).unwrap(), String::from_utf8(cors).unwrap());
        let value = plain.strip_prefix("AWSALBTG=").unwrap();
        let value = value.strip_suffix("; Expires=Wed, 09 Dec 2026 10:00:00 GMT; Path=/").unwrap();
        assert!(cors.starts_with(&format!("AWSALBTGCORS={value}; ")), "{cors}");
        assert!(cors.ends_with("; SameSite=None; Secure"), "{cors}");
    }

    #[test]
    fn a_cookie_counts_until_its_duration_is_over() {
        let mut client = Client::new(&[("a", 1), ("b", 1)], Some(60));
        let group = client.is_given_a_group(0);
        client.now += Duration::from_secs(59);
        assert_eq!(client.group().unwrap(), group);
        client.now += Duration::from_secs(1);
        let choice = client.request().unwrap();
        assert!(choice.set_cookies.is_some() && !choice.bad_cookie);
    }

    #[test]
    fn a_garbled_cookie_is_replaced_and_told_of() {
        let mut client = Client::new(&[("a", 1), ("b", 1)], Some(60));
        let other = client.sealer.seal(b"target:1");
        for value in ["", "x", "a%2Bb%3D%3D", &other] {
            client.fields = Fields::default();
            client.fields.push(b"Cookie", format!("AWSALBTG={value}").as_bytes());
            let choice = client.request().unwrap();
            assert!(choice.set_cookies.is_some() && choice.bad_cookie, "{value}");
        }
    }

    #[test]
    fn a_cookie_for_a_group_of_another_rule_is_replaced() {
        let mut client = Client::new(&[("a", 1), ("b", 1)], Some(60));
        client.is_given_a_group(0);
        client.forward = forward(&[("c", 1), ("d", 1)], Some(60));
        assert!(client.request().unwrap().set_cookies.is_some());
    }

    #[test]
    fn a_group_that_the_stack_lacks_is_refused() {
        let model = stack::Forward::to(Arn::from("nobody"));
        let error = Forward::compile(&model, &HashMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "no target group has the name nobody");
    }
}

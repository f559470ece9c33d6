//! Rules that take one another's requests, and health checks that no rule explains (alb §2).

use super::{
    Severity, code, pattern,
    reachability::forwards_to,
    subject::Subject,
    value::{self, item, key},
};
use cloudformation::PropertyPath;
use stack::{Condition, Listener, Matcher, Patterns, Rule, TargetGroup};

/// A last part of a path by which programs tell how they are.
const HEALTH: [&str; 10] = [
    "alive",
    "health",
    "healthcheck",
    "healthz",
    "heartbeat",
    "live",
    "livez",
    "ping",
    "ready",
    "status",
];
const NOT_FOUND: u16 = 404;

pub(super) fn check(subject: &Subject<'_>) {
    for balancer in &subject.stack.load_balancers {
        for listener in &balancer.listeners {
            rules(subject, listener);
        }
    }
    for group in &subject.stack.target_groups {
        health_check(subject, group);
    }
}

fn rules(subject: &Subject<'_>, listener: &Listener) {
    for (index, later) in listener.rules.iter().enumerate() {
        let earlier = listener.rules.iter().take(index).filter(|it| it.action != later.action);
        let taken = earlier.clone().find(|earlier| neighbour(earlier, later).is_some());
        if let Some((earlier, (prefix, taken))) =
            taken.and_then(|earlier| Some((earlier, neighbour(earlier, later)?)))
        {
            neighbours(subject, (earlier, prefix), (later, taken));
        } else if let Some(earlier) = earlier.clone().find(|earlier| shadows(earlier, later)) {
            shadowed(subject, earlier, later);
        }
    }
    for rule in &listener.rules {
        for pattern in path_patterns(rule) {
            open_prefix(subject, listener, rule, pattern);
        }
    }
}

/// Returns the first open prefix of a rule that takes another's path of the same beginning, and
/// that path.
fn neighbour<'a>(earlier: &'a Rule, later: &'a Rule) -> Option<(&'a str, &'a str)> {
    let others_hold = others(earlier).all(|condition| is_implied(condition, later));
    let mut prefixes = path_patterns(earlier).filter_map(pattern::open_prefix);
    if !others_hold {
        return None;
    }
    prefixes.find_map(|prefix| {
        Some((prefix, path_patterns(later).find(|path| pattern::goes_on(prefix, path))?))
    })
}

fn neighbours(
    subject: &Subject<'_>,
    (earlier, prefix): (&Rule, &str),
    (later, path): (&Rule, &str),
) {
    let message = format!(
        "`{prefix}*` of `{}` (priority {}) also catches `{path}` of `{}` (priority {}), which comes \
         later",
        earlier.logical_id, earlier.priority, later.logical_id, later.priority
    );
    let place =
        subject.at_id(&earlier.logical_id, &value_path(subject, earlier, &format!("{prefix}*")));
    subject.tell(&code::NEIGHBOUR_PATH, place, message, closed(prefix));
}

/// Returns the patterns that catch a prefix alone and all that is below it.
fn closed(prefix: &str) -> String {
    format!("Values: ['{prefix}', '{prefix}/*']")
}

fn shadows(earlier: &Rule, later: &Rule) -> bool {
    earlier.conditions.iter().all(|condition| is_implied(condition, later))
}

fn shadowed(subject: &Subject<'_>, earlier: &Rule, later: &Rule) {
    let message = format!(
        "`{}` (priority {}) never applies: `{}` (priority {}) matches all of its requests",
        later.logical_id, later.priority, earlier.logical_id, earlier.priority
    );
    let before = earlier.priority.saturating_sub(1).max(1);
    let mend =
        format!("Priority: {before}   # of `{}`, so that it is tried first", later.logical_id);
    let place = subject.at_id(&later.logical_id, &key("Priority"));
    subject.tell(&code::SHADOWED_RULE, place, message, mend);
}

/// Returns whether a condition holds for every request that a rule takes.
fn is_implied(condition: &Condition, rule: &Rule) -> bool {
    rule.conditions.iter().any(|given| match (condition, given) {
        (Condition::PathPattern(outer), Condition::PathPattern(inner)) => {
            all_covered(outer, inner, str::to_owned)
        }
        (Condition::HostHeader(outer), Condition::HostHeader(inner)) => {
            all_covered(outer, inner, str::to_ascii_lowercase)
        }
        (Condition::HttpRequestMethod(outer), Condition::HttpRequestMethod(inner)) => {
            inner.iter().all(|method| outer.contains(method))
        }
        (outer, inner) => outer == inner,
    })
}

fn all_covered(outer: &Patterns, inner: &Patterns, fold: fn(&str) -> String) -> bool {
    match (outer, inner) {
        (Patterns::Wildcards(outer), Patterns::Wildcards(inner)) => inner
            .iter()
            .all(|inner| outer.iter().any(|it| pattern::covers(&fold(it), &fold(inner)))),
        // `*` and what it comes to take every path.
        (Patterns::Wildcards(outer), _) => outer.iter().any(|it| it == "*" || it == "/*"),
        (outer, inner) => outer == inner,
    }
}

fn others(rule: &Rule) -> impl Iterator<Item = &Condition> {
    rule.conditions.iter().filter(|it| !matches!(it, Condition::PathPattern(_)))
}

/// Returns a rule's patterns of paths that are no regular expressions.
fn path_patterns(rule: &Rule) -> impl Iterator<Item = &str> {
    let patterns = rule.conditions.iter().filter_map(|condition| match condition {
        Condition::PathPattern(Patterns::Wildcards(patterns)) => Some(patterns),
        _ => None,
    });
    patterns.flatten().map(String::as_str)
}

/// Returns the way to a pattern in its rule's properties.
fn value_path(subject: &Subject<'_>, rule: &Rule, pattern: &str) -> PropertyPath {
    let index = path_patterns(rule).position(|it| it == pattern).unwrap_or_default();
    let condition = rule.conditions.iter().position(|it| matches!(it, Condition::PathPattern(_)));
    let condition = item("Conditions", condition.unwrap_or_default());
    let nested = condition.clone().key("PathPatternConfig").key("Values").index(index);
    let resource = subject.resource(&rule.logical_id);
    let is_nested = resource.is_some_and(|it| value::at(&it.properties, &nested).is_some());
    if is_nested { nested } else { condition.key("Values").index(index) }
}

fn open_prefix(subject: &Subject<'_>, listener: &Listener, rule: &Rule, text: &str) {
    let Some(prefix) = pattern::open_prefix(text) else { return };
    let later = |it: &&Rule| it.priority > rule.priority && it.action != rule.action;
    if listener.rules.iter().filter(later).any(|it| neighbour(rule, it).is_some()) {
        return;
    }
    let mut others = listener.rules.iter().filter(|it| it.priority < rule.priority);
    let named = others.find_map(|other| {
        let path = path_patterns(other).find(|path| pattern::goes_on(prefix, path))?;
        Some(format!(
            ", and would catch `{path}` of `{}` if that rule came later",
            other.logical_id
        ))
    });
    let message = format!(
        "`{text}` of `{}` also catches `{prefix}0` and `{prefix}x`{}",
        rule.logical_id,
        named.unwrap_or_default()
    );
    let place = subject.at_id(&rule.logical_id, &value_path(subject, rule, text));
    subject.tell(&code::OPEN_PREFIX, place, message, closed(prefix));
}

fn health_check(subject: &Subject<'_>, group: &TargetGroup) {
    let check = &group.health_check;
    let is_lenient = match &check.matcher {
        Matcher::Http(codes) => codes.iter().any(|it| it.contains(&NOT_FOUND)),
        Matcher::Grpc(_) => true,
    };
    let Some(patterns) = only_paths(subject, group) else { return };
    let path = check.path.split('?').next().unwrap_or_default();
    if patterns.is_empty() || is_lenient || patterns.iter().any(|it| pattern::covers(it, path)) {
        return;
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    // Many programs answer these whatever else they serve, and it cannot be seen from here.
    let is_usual = path == "/" || HEALTH.contains(&last);
    let severity = if is_usual { Severity::Advice } else { code::HEALTH_CHECK_PATH.severity };
    let message = format!(
        "the health check of `{}` requests `{path}`, but its requests have paths like {}, and the \
         load balancer strips nothing",
        group.logical_id,
        patterns.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ")
    );
    let literal = patterns.first().and_then(|it| it.split(['*', '?']).next()).unwrap_or("/");
    let mend = format!("HealthCheckPath: {literal}   # a path that the program answers with 200");
    let place = subject.at_id(&group.logical_id, &key("HealthCheckPath"));
    subject.tell_as(severity, &code::HEALTH_CHECK_PATH, place, message, mend);
}

/// Returns the patterns of all rules that forward to a group, if nothing but a path that stays as
/// it is decides what it gets.
fn only_paths<'a>(subject: &Subject<'a>, group: &TargetGroup) -> Option<Vec<&'a str>> {
    let mut patterns = Vec::new();
    for listener in subject.stack.load_balancers.iter().flat_map(|it| &it.listeners) {
        if forwards_to(&listener.default_action, &group.arn) {
            return None;
        }
        for rule in listener.rules.iter().filter(|it| forwards_to(&it.action, &group.arn)) {
            let before = patterns.len();
            patterns.extend(path_patterns(rule));
            if patterns.len() == before || rule.transforms.url.is_some() {
                return None;
            }
        }
    }
    Some(patterns)
}

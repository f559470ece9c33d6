//! Clients that stay with a target (alb §4.7).

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use test_support::{Balancer, Setup, Target, wire::Answer};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn sticky() -> Setup {
    let setup = Setup::http().checked().group_attribute("stickiness.enabled", "true");
    setup.group_attribute("stickiness.type", "lb_cookie")
}

async fn three(balancer: &Balancer) -> Vec<Target> {
    let mut targets = Vec::new();
    for number in 0..3 {
        let target = Target::start().await;
        target.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}"));
        balancer.register(target.address).await;
        targets.push(target);
    }
    targets
}

/// The cookie of this name, with its attributes.
fn set_cookie(answer: &Answer, name: &str) -> String {
    let prefix = format!("{name}=");
    let found = answer.head.all("set-cookie").find_map(|it| it.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {name} in {answer:?}")).to_owned()
}

fn value(answer: &Answer) -> String {
    set_cookie(answer, "AWSALB").split(';').next().unwrap_or_default().to_owned()
}

async fn with_cookie(balancer: &Balancer, value: &str) -> Answer {
    balancer.get_with("/", &format!("Cookie: theme=dark; AWSALB={value}\r\n")).await
}

#[tokio::test]
async fn alb_093_a_first_answer_sets_the_load_balancers_cookies() {
    let balancer = sticky().start().await;
    let _targets = three(&balancer).await;
    let answer = balancer.get("/").await;
    let (plain, cors) = (set_cookie(&answer, "AWSALB"), set_cookie(&answer, "AWSALBCORS"));
    let (plain, cors): (Vec<_>, Vec<_>) = (plain.split("; ").collect(), cors.split("; ").collect());
    assert_eq!(plain[2..], ["Path=/"]);
    assert_eq!(cors[2..], ["Path=/", "SameSite=None", "Secure"]);
    for cookie in [plain, cors] {
        let expires = cookie[1].strip_prefix("Expires=").expect("a time");
        let expires = httpdate::parse_http_date(expires).unwrap();
        let ahead = expires.duration_since(SystemTime::now()).unwrap();
        assert!(ahead.abs_diff(DAY * 7) < HOUR, "{ahead:?}");
    }
}

#[tokio::test]
async fn alb_094_a_returned_cookie_leads_to_its_target_while_that_is_healthy() {
    let balancer = sticky().start().await;
    let targets = three(&balancer).await;
    let first = balancer.get("/").await;
    let mut cookie = value(&first);
    for _ in 0..6 {
        let answer = with_cookie(&balancer, &cookie).await;
        assert_eq!(answer.text(), first.text());
        cookie = value(&answer);
    }
    let gone = &targets[first.text().parse::<usize>().unwrap()];
    gone.set_health(503);
    balancer.until(gone.address, "unhealthy").await;
    let moved = with_cookie(&balancer, &cookie).await;
    assert_ne!(moved.text(), first.text());
    gone.set_health(200);
    balancer.until(gone.address, "healthy").await;
    assert_eq!(with_cookie(&balancer, &value(&moved)).await.text(), moved.text(), "it stays there");
}

#[tokio::test]
async fn alb_095_a_garbled_cookie_is_replaced() {
    let balancer = sticky().start().await;
    let _targets = three(&balancer).await;
    let good = value(&balancer.get("/").await);
    for garbled in ["x", "%41%3D", "", &good[1..], &good.replace(|c| !char::is_numeric(c), "%2B")] {
        let answer = with_cookie(&balancer, garbled).await;
        assert_eq!(answer.status(), 200, "{garbled}");
        let again = with_cookie(&balancer, &value(&answer)).await;
        assert_eq!(again.text(), answer.text(), "{garbled}");
    }
    let mut served = BTreeSet::new();
    for _ in 0..6 {
        served.insert(with_cookie(&balancer, "garbled").await.text());
    }
    assert_eq!(served.len(), 3, "they are chosen afresh");
}

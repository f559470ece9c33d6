//! Which rule takes a request (alb §2.1).

use test_support::{Setup, fixed, forward};

const PATH: &str = "{Field: path-pattern, Values: [/a, /b]}";
const HOST: &str = "{Field: host-header, Values: [shop.example]}";

#[tokio::test]
async fn alb_033_the_lowest_priority_that_matches_acts() {
    let setup = Setup::http().default_action(fixed("default"));
    let setup = setup.rule(20, PATH, fixed("twenty")).rule(10, PATH, fixed("ten"));
    let balancer = setup.rule(30, PATH, fixed("thirty")).start().await;
    assert_eq!(balancer.get("/a").await.text(), "ten");
}

#[tokio::test]
async fn alb_034_where_no_rule_matches_the_default_action_acts_at_priority_0() {
    let setup = Setup::http().default_action(fixed("default")).rule(10, PATH, forward("Web"));
    let balancer = setup.start().await;
    assert_eq!(balancer.get("/other").await.text(), "default");
    assert_eq!(balancer.log(1).await[0].priority(), "0");
}

#[tokio::test]
async fn alb_035_a_rule_matches_only_if_all_its_conditions_hold() {
    let setup = Setup::http().default_action(fixed("default"));
    let balancer = setup.rule(10, &format!("{PATH}, {HOST}"), fixed("ten")).start().await;
    let text = async |path: &str, host: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        balancer.send(request).await.text()
    };
    assert_eq!(text("/a", "shop.example").await, "ten");
    assert_eq!(text("/a", "other.example").await, "default");
    assert_eq!(text("/other", "shop.example").await, "default");
}

#[tokio::test]
async fn alb_036_a_condition_holds_if_any_of_its_values_matches() {
    let setup = Setup::http().default_action(fixed("default"));
    let balancer = setup.rule(10, PATH, fixed("ten")).start().await;
    for (path, expected) in [("/a", "ten"), ("/b", "ten"), ("/c", "default")] {
        assert_eq!(balancer.get(path).await.text(), expected, "{path}");
    }
}

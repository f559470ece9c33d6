//! What a rule changes on the way to its target (alb §2.6).

use test_support::{Balancer, Setup, Target, fixed, forward, get, wire::Head};

const API: &str = "{Field: path-pattern, Values: ['/api/*']}";

fn url_rewrite(regex: &str, replace: &str) -> String {
    let rewrite = format!("{{Regex: '{regex}', Replace: '{replace}'}}");
    format!("{{Type: url-rewrite, UrlRewriteConfig: {{Rewrites: [{rewrite}]}}}}")
}

fn rule(transform: &str) -> Setup {
    let setup = Setup::http().default_action(fixed("default"));
    setup.rule(10, API, forward("Web")).transforms(transform)
}

/// What the target sees of a GET, and the load balancer that sent it there.
async fn seen(setup: Setup, path: &str) -> (Balancer, Head) {
    let (balancer, target) = (setup.start().await, Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.send(get(path)).await.status(), 200);
    let head = target.last();
    (balancer, head)
}

#[tokio::test]
async fn alb_058_a_path_is_rewritten_and_its_query_kept() {
    let transform = url_rewrite("^/api/(.*)$", "/$1");
    let (_, head) = seen(rule(&transform), "/api/x?y=1").await;
    assert_eq!(head.start_line(), "GET /x?y=1 HTTP/1.1");
}

#[tokio::test]
async fn alb_059_a_rewritten_path_is_not_matched_again() {
    let other = "{Field: path-pattern, Values: [/other]}";
    let transform = url_rewrite("^/api/(.*)$", "/$1");
    let setup = rule(&transform).rule(20, other, fixed("twenty")).rule(5, other, fixed("five"));
    let (_, head) = seen(setup, "/api/other").await;
    assert_eq!(head.start_line(), "GET /other HTTP/1.1");
}

#[tokio::test]
async fn alb_060_where_the_rewrite_does_not_match_nothing_is_changed() {
    let transform = url_rewrite("^/never/(.*)$", "/$1");
    let (_, head) = seen(rule(&transform), "/api/x?y=1").await;
    assert_eq!(head.start_line(), "GET /api/x?y=1 HTTP/1.1");
}

#[tokio::test]
async fn alb_061_a_rewrite_to_what_is_no_path_is_a_500() {
    let transform = url_rewrite("^/api/(.*)$", "$1");
    let (balancer, target) = (rule(&transform).start().await, Target::start().await);
    balancer.register(target.address).await;
    assert_eq!(balancer.get("/api/x").await.status(), 500);
    assert_eq!(target.count(), 0);
}

#[tokio::test]
async fn alb_062_a_rewritten_host_is_the_targets_and_the_log_keeps_the_clients() {
    let rewrite = "{Regex: '^.*$', Replace: int.example.com}";
    let config = format!("HostHeaderRewriteConfig: {{Rewrites: [{rewrite}]}}");
    let setup = rule(&format!("{{Type: host-header-rewrite, {config}}}"));
    let (balancer, head) = seen(setup, "/api/x").await;
    assert_eq!(head.get("host"), Some("int.example.com"));
    let log = balancer.log(1).await;
    assert_eq!(log[0].request(), "GET http://shop.example:80/api/x HTTP/1.1");
}

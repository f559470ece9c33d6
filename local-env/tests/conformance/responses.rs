//! What becomes of answers, and those that the load balancer makes itself (alb §5.5, §6).

use std::time::Duration;

use test_support::{RawTarget, Setup, Target, forward, get, wire::Answer};

const HSTS: &str = "max-age=31536000";

#[tokio::test]
async fn alb_107_a_targets_server_header_is_its_own() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    target.answer("HTTP/1.1 200 OK\r\nServer: axum\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(balancer.get("/").await.get("server"), Some("axum"));
    target.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(balancer.get("/").await.get("server"), None);
}

#[tokio::test]
async fn alb_108_the_load_balancer_need_not_name_itself() {
    assert_eq!(Setup::http().start().await.get("/").await.get("server"), Some("awselb/2.0"));
    let setup = Setup::http().listener_attribute("routing.http.response.server.enabled", "false");
    let answer = setup.start().await.get("/").await;
    assert_eq!((answer.status(), answer.get("server")), (503, None));
}

#[tokio::test]
async fn alb_109_a_listeners_header_is_in_all_answers() {
    let key = "routing.http.response.strict_transport_security.header_value";
    let setup = Setup::http().listener_attribute(key, HSTS);
    let (balancer, target) = (setup.start().await, Target::start().await);
    let header = "strict-transport-security";
    let unavailable = balancer.get("/").await;
    assert_eq!((unavailable.status(), unavailable.get(header)), (503, Some(HSTS)));
    balancer.register(target.address).await;
    target.answer(format!("HTTP/1.1 200 OK\r\n{header}: max-age=1\r\nContent-Length: 0\r\n\r\n"));
    let answer = balancer.get("/").await;
    assert_eq!((answer.status(), answer.get(header)), (200, Some(HSTS)));
}

#[tokio::test]
async fn alb_110_a_target_that_closes_without_an_answer_is_a_502() {
    let (balancer, target) = (Setup::http().start().await, RawTarget::bind().await);
    balancer.register(target.address).await;
    let close = async { drop(target.accept().await) };
    let (answer, ()) = tokio::join!(balancer.get("/"), close);
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.body.len(), 122);
}

#[tokio::test]
async fn alb_113_a_transfer_coding_that_is_not_supported_is_a_501() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    balancer.register(target.address).await;
    let fields = "Host: shop.example\r\nTransfer-Encoding: gzip, chunked\r\n";
    let answer = balancer.send(format!("POST / HTTP/1.1\r\n{fields}\r\n0\r\n\r\n")).await;
    assert_eq!(answer.status(), 501);
    assert_eq!(target.count(), 0);
}

/// The page is the one that every answer of this status has.
fn is_page(answer: &Answer, title: &str) {
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
         <center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    assert_eq!(answer.text(), page);
    assert_eq!(answer.body.len(), 92 + 2 * title.len());
    let (number, _) = title.split_once(' ').expect("a number");
    assert_eq!(answer.status().to_string(), number);
    assert_eq!(answer.head.start_line(), format!("HTTP/1.1 {title}"));
    assert_eq!(answer.get("content-type"), Some("text/html"));
    assert_eq!(answer.get("server"), Some("awselb/2.0"));
}

#[tokio::test]
async fn alb_114_every_page_has_the_same_form() {
    let redirect = |code| {
        let config = format!("{{Port: '443', StatusCode: HTTP_{code}}}");
        format!("{{Type: redirect, RedirectConfig: {config}}}")
    };
    let path = |path: &str| format!("{{Field: path-pattern, Values: [{path}]}}");
    let setup = Setup::http().idle_timeout(Duration::from_secs(2));
    let setup = setup.rule(1, &path("/301"), redirect(301)).rule(2, &path("/302"), redirect(302));
    let rewrite = "UrlRewriteConfig: {Rewrites: [{Regex: '^.*$', Replace: nowhere}]}";
    let setup = setup.rule(3, &path("/500"), forward("Web"));
    let setup = setup.transforms(&format!("{{Type: url-rewrite, {rewrite}}}"));
    let balancer = setup.start().await;
    let long = get(&format!("/{}", "a".repeat(17_000)));
    let gzip = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n";
    for (request, title) in [
        (get("/301").as_str(), "301 Moved Permanently"),
        (&get("/302"), "302 Found"),
        ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "405 Not Allowed"),
        ("GET / HTTP/1.1\r\nHost: h\r\n", "408 Request Time-out"),
        (&long, "414 Request-URI Too Large"),
        (&get("/500"), "500 Internal Server Error"),
        (gzip, "501 Not Implemented"),
        (&get("/"), "503 Service Temporarily Unavailable"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"),
    ] {
        is_page(&balancer.send(request).await, title);
    }
    let silent = RawTarget::bind().await;
    balancer.register(silent.address).await;
    let (answer, (connection, _)) = tokio::join!(balancer.get("/"), silent.accept());
    is_page(&answer, "504 Gateway Time-out");
    drop((connection, silent));
    is_page(&balancer.get("/").await, "502 Bad Gateway");
}

#[tokio::test]
async fn the_fields_of_a_page_come_in_awss_order() {
    let answer = Setup::http().start().await.get("/").await;
    let names = answer.head.lines().map(|line| line.split(':').next().unwrap_or_default());
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["Server", "Date", "Content-Type", "Content-Length", "Connection"]);
}

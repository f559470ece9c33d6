//! What the load balancer tells a target, and what becomes of the host (alb §5.1, §5.2).

use std::net::{IpAddr, Ipv6Addr};

use proptest::{prelude::*, test_runner::TestRunner};

use test_support::{Setup, Target, fixed, forward, wire::Head};

const FORWARDED_FOR: &str = "x-forwarded-for";
const MODE: &str = "routing.http.xff_header_processing.mode";

/// What the target sees of a GET with these fields, each with its line's end.
async fn seen(setup: Setup, fields: &str) -> Head {
    let (balancer, target) = (setup.start().await, Target::start().await);
    balancer.register(target.address).await;
    let answer = balancer.send(format!("GET / HTTP/1.1\r\n{fields}\r\n")).await;
    assert_eq!(answer.status(), 200);
    target.last()
}

#[tokio::test]
async fn alb_098_the_peers_address_is_added_to_those_forwarded_for() {
    let head = seen(Setup::http(), "Host: a.example\r\n").await;
    assert_eq!(head.get(FORWARDED_FOR), Some("127.0.0.1"));
    let head = seen(Setup::http(), "Host: a.example\r\nX-Forwarded-For: 1.1.1.1\r\n").await;
    assert_eq!(head.get(FORWARDED_FOR), Some("1.1.1.1, 127.0.0.1"));
}

#[tokio::test]
async fn alb_099_forwarded_addresses_may_be_preserved_or_removed() {
    let claim = "Host: a.example\r\nX-Forwarded-For: 1.1.1.1\r\n";
    for (mode, fields, expected) in [
        ("preserve", claim, Some("1.1.1.1")),
        ("preserve", "Host: a.example\r\n", None),
        ("remove", claim, None),
        ("remove", "Host: a.example\r\n", None),
    ] {
        let head = seen(Setup::http().attribute(MODE, mode), fields).await;
        assert_eq!(head.get(FORWARDED_FOR), expected, "{mode} {fields}");
    }
}

#[tokio::test]
async fn alb_100_the_clients_port_is_told_where_that_is_asked_for() {
    for (address, start) in
        [(IpAddr::from([127, 0, 0, 1]), "127.0.0.1:"), (Ipv6Addr::LOCALHOST.into(), "[::1]:")]
    {
        let setup = Setup::http().address(address);
        let setup = setup.attribute("routing.http.xff_client_port.enabled", "true");
        let head = seen(setup, "Host: a.example\r\n").await;
        let told = head.get(FORWARDED_FOR).expect("an address");
        let port = told.strip_prefix(start).and_then(|port| port.parse::<u16>().ok());
        assert!(port.is_some(), "{told}");
    }
}

#[tokio::test]
async fn alb_101_the_protocol_is_the_listeners_whatever_the_client_says() {
    let claim = "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n";
    let head = seen(Setup::http(), &format!("Host: a.example\r\n{claim}")).await;
    assert_eq!(head.get("x-forwarded-proto"), Some("http"));
    assert_eq!(head.get("x-forwarded-port"), Some("80"));
}

#[tokio::test]
async fn alb_102_a_port_that_is_not_the_default_is_added_to_the_host() {
    let head = seen(Setup::http().port(8080), "Host: a.example\r\n").await;
    assert_eq!(head.get("host"), Some("a.example:8080"));
    let preserving = ("routing.http.preserve_host_header.enabled", "true");
    let setup = Setup::http().port(8080).attribute(preserving.0, preserving.1);
    assert_eq!(seen(setup, "Host: a.example\r\n").await.get("host"), Some("a.example"));
}

#[tokio::test]
async fn alb_103_a_host_loses_its_default_port_and_its_capitals() {
    let head = seen(Setup::http(), "Host: A.Example:80\r\n").await;
    assert_eq!(head.get("host"), Some("a.example"));
    let head = seen(Setup::https(), "Host: A.Example:443\r\n").await;
    assert_eq!(head.get("host"), Some("a.example"));
}

#[tokio::test]
async fn alb_115_path_and_query_reach_the_target_byte_for_byte() {
    let rule = "{Field: path-pattern, Values: ['/a*']}";
    let setup = Setup::http().default_action(fixed("default")).rule(1, rule, forward("Web"));
    let (balancer, target) = (setup.start().await, Target::start().await);
    balancer.register(target.address).await;
    for path in ["/a%2Fb//c/?x=%20&x=2&", "/a?", "/a/%e4/%E4?q=/b", "/a/;x=1?a+b"] {
        assert_eq!(balancer.get(path).await.status(), 200);
        assert_eq!(target.last().start_line(), format!("GET {path} HTTP/1.1"));
    }
}

/// Whatever a client may write into a path, a query and headers, as it is.
#[test]
fn any_path_query_and_headers_reach_the_target_as_they_were_sent() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (balancer, target) = runtime.block_on(async {
        let (balancer, target) = (Setup::http().start().await, Target::start().await);
        balancer.register(target.address).await;
        (balancer, target)
    });
    let path = "/[a-zA-Z0-9%;:@&=+$,/~'!*()-]{0,40}";
    let query = prop::option::of("[!-~&&[^#]]{0,40}");
    let fields = prop::collection::vec(("X-[A-Za-z0-9-]{1,12}", "[!-~]([ -~]{0,30}[!-~])?"), 0..6);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
    let ran = runner.run(&(path, query, fields), |(path, query, fields)| {
        let asked = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        let lines: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let answer = runtime.block_on(balancer.get_with(&asked, &lines.concat()));
        prop_assert_eq!(answer.status(), 200);
        let seen = target.last();
        prop_assert_eq!(seen.start_line(), format!("GET {asked} HTTP/1.1"));
        let text = seen.as_str();
        prop_assert!(text.ends_with(&format!("{}\r\n", lines.concat())), "{}", text);
        Ok(())
    });
    ran.unwrap();
}

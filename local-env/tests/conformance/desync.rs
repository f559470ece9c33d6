//! Requests that two servers might read differently (alb §8).

use test_support::{RawTarget, Setup, fixed, get};

const MODE: &str = "routing.http.desync_mitigation_mode";
/// A GET with a body, which is ambiguous.
const AMBIGUOUS: &str = "GET / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n\r\nhello";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn alb_117_after_an_ambiguous_request_connections_are_closed_unless_only_monitored() {
    for mode in ["defensive", "monitor"] {
        let setup = Setup::http().attribute(MODE, mode);
        let (balancer, target) = (setup.start().await, RawTarget::bind().await);
        balancer.register(target.address).await;
        let mut client = balancer.connect().await;
        client.send(AMBIGUOUS).await;
        let (mut served, head) = target.accept().await;
        assert_eq!(served.request_body(&head).await.unwrap(), b"hello");
        served.send(OK).await;
        assert_eq!(client.answer().await.status(), 200, "{mode}");
        if mode == "defensive" {
            assert!(client.ends().await);
            assert!(served.ends().await);
        } else {
            client.send(get("/again")).await;
            let again = served.head().await.expect("another request");
            assert_eq!(again.start_line(), "GET /again HTTP/1.1");
            served.send(OK).await;
            assert_eq!(client.answer().await.status(), 200);
        }
    }
}

#[tokio::test]
async fn alb_118_the_strictest_mode_refuses_a_get_that_announces_no_body() {
    let request = "GET / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n";
    for (mode, expected) in [("strictest", 400), ("defensive", 200)] {
        let setup = Setup::http().attribute(MODE, mode).default_action(fixed("ok"));
        assert_eq!(setup.start().await.send(request).await.status(), expected, "{mode}");
    }
}

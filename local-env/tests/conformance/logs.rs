//! The access log (alb §9.1).

use test_support::{Setup, Target, fixed, forward, get};

const PATH: &str = "{Field: path-pattern, Values: [/a]}";

#[tokio::test]
async fn alb_028_garbage_is_a_400_and_logged_without_a_request() {
    let balancer = Setup::http().start().await;
    let mut client = balancer.connect().await;
    client.send("this is no request\r\n\r\n").await;
    assert_eq!(client.answer().await.status(), 400);
    assert!(client.ends().await);
    let log = balancer.log(1).await;
    let (request, status) = (log[0].request(), log[0].field(9));
    assert!(request.starts_with("- http://") && request.ends_with("- -"), "{request}");
    assert_eq!(status, "400");
}

#[tokio::test]
async fn alb_119_a_line_has_at_least_33_fields_in_awss_order() {
    let (balancer, target) = (Setup::http().rule(7, PATH, forward("Web")), Target::start().await);
    let balancer = balancer.start().await;
    balancer.register(target.address).await;
    let agent = "User-Agent: a \"quoted\" one\\\r\n";
    assert_eq!(balancer.get_with("/a", agent).await.status(), 200);
    let line = balancer.log(1).await.remove(0);
    assert!(line.0.len() >= 33, "{line:?}");
    let target_address = target.address.to_string();
    let expected = [
        (1, "http"),
        (5, &target_address),
        (9, "200"),
        (10, "200"),
        (13, "GET http://shop.example:80/a HTTP/1.1"),
        (15, "-"),
        (16, "-"),
        (19, "-"),
        (20, "-"),
        (21, "7"),
        (23, "forward"),
        (24, "-"),
        (25, "-"),
        (26, &target_address),
        (27, "200"),
        (28, "-"),
        (29, "-"),
        (31, "-"),
        (32, "-"),
        (33, "-"),
    ];
    for (place, value) in expected {
        assert_eq!(line.field(place), value, "field {place} of {line:?}");
    }
    for place in [2, 22] {
        let time = line.field(place);
        assert!(time.len() == 27 && time.ends_with('Z') && &time[10..11] == "T", "{time}");
    }
    for place in [6, 7, 8] {
        let (whole, fraction) = line.field(place).split_once('.').expect("seconds");
        assert!(whole.parse::<u32>().is_ok() && fraction.len() == 3, "{line:?}");
    }
    assert!(line.field(3).starts_with("app/demo/"), "{line:?}");
    assert!(line.field(4).starts_with("127.0.0.1:"), "{line:?}");
    assert!(line.field(17).contains(":targetgroup/"), "{line:?}");
    assert!(line.field(18).starts_with("Root=1-"), "{line:?}");
    assert!(line.field(30).starts_with("TID_"), "{line:?}");
}

#[tokio::test]
async fn alb_120_a_fixed_response_is_logged_without_a_target() {
    let setup = Setup::http().rule(7, PATH, fixed("ok"));
    let balancer = setup.start().await;
    assert_eq!(balancer.get("/a").await.text(), "ok");
    let line = balancer.log(1).await.remove(0);
    let places = [5, 6, 7, 8, 9, 10, 17, 21, 23, 26, 27];
    let fields: Vec<_> = places.iter().map(|place| line.field(*place)).collect();
    let expected = ["-", "-1", "-1", "-1", "200", "-", "-", "7", "fixed-response", "-", "-"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn alb_121_a_connection_has_one_id_in_the_log() {
    let balancer = Setup::http().default_action(fixed("ok")).start().await;
    let mut client = balancer.connect().await;
    for _ in 0..2 {
        client.send(get("/one")).await;
        assert_eq!(client.answer().await.status(), 200);
    }
    assert_eq!(balancer.get("/other").await.status(), 200);
    let log = balancer.log(3).await;
    let ids = |path| {
        let of_path = log.iter().filter(move |line| line.request().contains(path));
        of_path.map(|line| line.field(30)).collect::<Vec<_>>()
    };
    let (one, other) = (ids("/one"), ids("/other"));
    assert_eq!((one.len(), other.len()), (2, 1));
    assert_eq!(one[0], one[1]);
    assert_ne!(one[0], other[0]);
    let digits = one[0].strip_prefix("TID_").expect("an id");
    assert!(digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{digits}");
}

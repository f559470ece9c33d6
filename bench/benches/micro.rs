//! Pieces of the data plane, one by one: `cargo bench -p bench`.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

use alb::{
    TargetGroup,
    internals::{RequestHead, Version, classify},
    rules::{Request, Routes},
};
use clock::Clock;
use cloudformation::{Inputs, Source, Template};
use divan::{Bencher, black_box};
use stack::{Allowed, Condition, Patterns};

const HEAD: &[u8] = b"GET /service2/items?id=7 HTTP/1.1\r\nHost: shop.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n\
    Accept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.5\r\nCookie: session=0123456789abcdef\r\n\r\n";

fn main() {
    divan::main();
}

/// A request's bytes to its fields.
#[divan::bench]
fn read_head(bencher: Bencher<'_, '_>) {
    let mut head = RequestHead::default();
    bencher.bench_local(move || head.read(black_box(HEAD)));
}

/// What is done for heads that are not plain.
#[divan::bench]
fn classify_head() {
    black_box(classify(black_box(HEAD)));
}

/// So many rules, of which the last matches.
#[divan::bench(args = [1, 10, 100])]
fn choose_rule(bencher: Bencher<'_, '_>, rules: u32) {
    let routes = routes(rules);
    let head = RequestHead::new(b"GET", b"/service2/items", Version::Http11);
    bencher.bench_local(|| {
        let request = Request {
            method: head.method(),
            host: b"shop.example.com",
            path: black_box(b"/service2/items"),
            query: Some(b"id=7"),
            fields: head.fields(),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        routes.choose(&request).map(|choice| choice.priority)
    });
}

#[expect(clippy::expect_used, reason = "the template is our own")]
fn routes(rules: u32) -> Routes {
    let source = Source::new("template.yaml", include_str!("../src/template.yaml"));
    let template = Template::parse(&source).expect("a template");
    let resolved = template.resolve(&Inputs::new("bench")).expect("resolved");
    let mut stack = stack_reader::read(&resolved, Allowed::default()).expect("a stack");
    let group = TargetGroup::new(&stack.target_groups[0], Clock::REAL);
    let groups = HashMap::from([(group.arn().clone(), group)]);
    let listener = &mut stack.load_balancers[0].listeners[0];
    let last = listener.rules[1].clone();
    listener.rules = (1..=rules)
        .map(|priority| {
            let mut rule = last.clone();
            rule.priority = priority;
            if priority < rules {
                let pattern = format!("/service{}/elsewhere*", priority + 3);
                rule.conditions = vec![Condition::PathPattern(Patterns::Wildcards(vec![pattern]))];
            }
            rule
        })
        .collect();
    Routes::compile(listener, &groups).expect("routes")
}

//! Listeners, their certificates and their attributes.

use super::*;
use stack::{
    Arn, Certificate, KeyAlgorithm, Listener, ListenerAttributes, ListenerProtocol, SslPolicy,
};

#[test]
fn listeners_are_checked() {
    each_is_told(
        "Http",
        &[
            (
                "Protocol: HTTP\n      Def",
                "Protocol: TCP\n      Def",
                "`@.Protocol` asks for the protocol `TCP`, which is not emulated",
            ),
            (
                "Protocol: HTTP\n      Def",
                "Protocol: HTTPS\n      Def",
                "`@.Certificates` is absent",
            ),
            (
                "Port: 80\n      Protocol: HTTP\n      Def",
                "Port: 0\n      Protocol: HTTP\n      Def",
                "`@.Port` is 0",
            ),
            (
                "Port: 80\n      Protocol: HTTP\n      Def",
                "Port: x\n      Protocol: HTTP\n      Def",
                "`@.Port` must be a whole number, and is `x`",
            ),
            (
                "LoadBalancerArn: !Ref Lb",
                "LoadBalancerArn: !Ref Group",
                &format!(
                    "`@.LoadBalancerArn` is `{}`, which is no load balancer of this template",
                    changed("/a, /a/*", "/a").target_groups[0].arn
                ),
            ),
        ],
    );
}

fn listener(changes: &[(&str, &str)]) -> Listener {
    let stack = read_with(changes, Allowed::default());
    stack.unwrap_or_else(|error| panic!("{error}")).load_balancers.remove(0).listeners.remove(0)
}

fn tls(changes: &[(&str, &str)]) -> (Vec<Certificate>, SslPolicy) {
    match listener(changes).protocol {
        ListenerProtocol::Https { certificates, policy } => (certificates, policy),
        ListenerProtocol::Http => panic!("no TLS"),
    }
}

#[test]
fn a_certificate_of_another_stack_has_no_names() {
    let arn = "arn:aws:acm:us-west-2:1:certificate/x";
    let (certificates, policy) = tls(&[(HTTP, &HTTPS.replace("Arn: x", &format!("Arn: {arn}")))]);
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0].arn, Arn::from(arn));
    assert!(certificates[0].domain_names.is_empty());
    assert_eq!(policy, SslPolicy::default());
}

/// Two certificates, the second of them added by a resource of its own.
const CERTIFICATES: &str = "  First:
    Type: AWS::CertificateManager::Certificate
    Properties: {DomainName: a.example}
  Second:
    Type: AWS::CertificateManager::Certificate
    Properties: {DomainName: b.example, SubjectAlternativeNames: ['*.b.example'], KeyAlgorithm: EC_prime256v1}
  Further:
    Type: AWS::ElasticLoadBalancingV2::ListenerCertificate
    Properties: {ListenerArn: !Ref Http, Certificates: [{CertificateArn: !Ref Second}]}
  Space:";

#[test]
fn a_listener_certificate_adds_to_its_listener() {
    let first = HTTPS.replace("Arn: x", "Arn: !Ref First");
    let names = |further: &str| {
        let (certificates, _) = tls(&[(HTTP, &first), ("  Space:", further)]);
        certificates.into_iter().map(|it| (it.domain_names, it.key)).collect::<Vec<_>>()
    };
    let a = (vec!["a.example".to_owned()], KeyAlgorithm::Rsa);
    let b = (vec!["b.example".to_owned(), "*.b.example".to_owned()], KeyAlgorithm::Ecdsa);
    assert_eq!(names(CERTIFICATES), [a.clone(), b]);
    let again = CERTIFICATES.replace("!Ref Second", "!Ref First");
    assert_eq!(names(&again), [a], "the default certificate may be added too");
}

#[test]
fn a_listener_certificate_needs_a_listener_with_tls() {
    let further = "`Resources.Further.Properties";
    assert_eq!(
        problem(read("  Space:", CERTIFICATES)),
        format!("{further}.ListenerArn` names a listener without TLS")
    );
    let told = |part: &str, other: &str| {
        let further = CERTIFICATES.replace(part, other);
        problem(read_with(&[(HTTP, HTTPS), ("  Space:", &further)], Allowed::default()))
    };
    assert_eq!(
        told("[{CertificateArn: !Ref Second}]", "[{CertificateArn: a}, {CertificateArn: b}]"),
        format!("{further}.Certificates[1]` is a second certificate")
    );
    assert_eq!(
        told("EC_prime256v1", "ED25519"),
        "`Resources.Second.Properties.KeyAlgorithm` is `ED25519`"
    );
    assert!(told("!Ref Http", "other").ends_with("is no listener of this template"));
}

#[test]
fn a_policy_tells_the_versions_of_tls() {
    let policy = |name: &str| {
        let named =
            HTTPS.replace("Def", &format!("SslPolicy: ELBSecurityPolicy-{name}\n      Def"));
        let stack = read_with(&[(HTTP, &named)], Allowed::default());
        let stack = stack.unwrap_or_else(|error| panic!("{error}"));
        let ignored = stack.coverage.ignored.into_iter().filter(|it| it.logical_id == "Http");
        let ignored: Vec<_> = ignored.map(|it| it.part.to_string()).collect();
        let protocol = stack.load_balancers[0].listeners[0].protocol.clone();
        let ListenerProtocol::Https { policy, .. } = protocol else { panic!("no TLS") };
        assert_eq!(policy.name, format!("ELBSecurityPolicy-{name}"));
        (policy.tls12, policy.tls13, ignored.concat())
    };
    let old = "SslPolicy (TLS 1.0 and 1.1)".to_owned();
    assert_eq!(policy("2016-08"), (true, false, old.clone()));
    assert_eq!(policy("FS-1-1-2019-08"), (true, false, "SslPolicy (TLS 1.1)".into()));
    assert_eq!(policy("TLS-1-2-Ext-2018-06"), (true, false, String::new()));
    assert_eq!(policy("TLS13-1-0-2021-06"), (true, true, old));
    assert_eq!(policy("TLS13-1-2-Res-2021-06"), (true, true, String::new()));
    assert_eq!(policy("TLS13-1-2-Res-PQ-2025-09"), (true, true, String::new()));
    assert_eq!(policy("TLS13-1-2-Ext0-FIPS-2023-04"), (true, true, String::new()));
    assert_eq!(policy("TLS13-1-3-2021-06"), (false, true, String::new()));
}

#[test]
fn a_policy_that_there_is_not_is_refused() {
    for name in ["ELBSecurityPolicy-TLS13-1-2-Ext0-2021-06", "ELBSecurityPolicy-TLS13", "none"] {
        let named = HTTPS.replace("Def", &format!("SslPolicy: {name}\n      Def"));
        assert_eq!(
            problem(read(HTTP, &named)),
            format!(
                "`Resources.Http.Properties.SslPolicy` is `{name}`, which is no policy of AWS's"
            )
        );
    }
}

#[test]
fn attributes_of_listeners_are_read() {
    let given = "Protocol: HTTP
      ListenerAttributes:
        - {Key: routing.http.response.server.enabled, Value: 'false'}
        - {Key: routing.http.response.strict_transport_security.header_value, Value: max-age=60}
        - {Key: routing.http.response.x_frame_options.header_value, Value: ''}
        - {Key: routing.http.request.x_amzn_tls_version.header_name, Value: X-Tls}
      Def";
    let expected = ListenerAttributes {
        server_header: false,
        response_headers: vec![("Strict-Transport-Security".into(), "max-age=60".into())],
        tls_version_header: "X-Tls".into(),
        ..ListenerAttributes::default()
    };
    assert_eq!(listener(&[(HTTP, given)]).attributes, expected);
    let mutual = "Protocol: HTTP
      ListenerAttributes:
        - {Key: routing.http.request.x_amzn_mtls_clientcert_leaf.header_name, Value: X-Leaf}
      Def";
    let key = "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name";
    assert_eq!(ignored(HTTP, mutual), [format!("Http.ListenerAttributes.{key}")]);
}

#[test]
fn attributes_of_listeners_are_checked() {
    let given = |key: &str, value: &str| {
        format!(
            "Protocol: HTTP\n      ListenerAttributes: [{{Key: {key}, Value: {value}}}]\n      Def"
        )
    };
    let header = "routing.http.response.content_security_policy.header_value";
    let name = "routing.http.request.x_amzn_tls_version.header_name";
    each_is_told(
        "Http",
        &[
            (HTTP, &given(header, "ä"), "`@.ListenerAttributes[0].Value` is `ä`, with a `ä`"),
            (
                HTTP,
                &given(header, &"x".repeat(1025)),
                "`@.ListenerAttributes[0].Value` has 1025 characters",
            ),
            (HTTP, &given(name, "'a b'"), "`@.ListenerAttributes[0].Value` is `a b`"),
            (HTTP, &given(name, "''"), "`@.ListenerAttributes[0].Value` is ``"),
            (
                HTTP,
                &given("routing.http.response.age.header_value", "1"),
                "`@.ListenerAttributes[0].Key` is `routing.http.response.age.header_value`, which AWS does not know here",
            ),
        ],
    );
}

#[test]
fn clients_are_not_asked_for_certificates() {
    let mutual = |mode: &str| {
        read(
            HTTP,
            &HTTPS.replace("Def", &format!("MutualAuthentication: {{Mode: {mode}}}\n      Def")),
        )
    };
    mutual("off").unwrap();
    let told = "`Resources.Http.Properties.MutualAuthentication.Mode` asks for certificates of \
                clients, which is not emulated";
    assert_eq!(problem(mutual("verify")), told);
    assert_eq!(problem(mutual("passthrough")), told);
}

#[test]
fn what_a_listener_without_tls_says_of_tls_is_listed() {
    let plain = "Protocol: HTTP\n      Certificates: []\n      SslPolicy: x\n      Def";
    assert_eq!(ignored(HTTP, plain), ["Http.Certificates", "Http.SslPolicy"]);
}

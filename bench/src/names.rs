//! The names that DNS servers are compared on, as each of them wants to be told, and the DNS server
//! of local-env in a process of its own.

use std::{fmt::Write as _, net::Ipv4Addr};

use clap::Args;
use clock::Clock;
use cloudformation::{Inputs, Source, Template};
use cloudmap::{DnsServer, Registry};
use miette::IntoDiagnostic as _;
use stack::Allowed;

/// Services and how many instances each has.
const SERVICES: [(&str, u8); 3] = [("one", 1), ("three", 3), ("twelve", 12)];

const NAMESPACE: &str = "
Resources:
  Namespace:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: { Name: services, Vpc: vpc-1 }
";

/// What every zone file begins with.
const APEX: &str = "\
$ORIGIN services.
@ 15 SOA ns hostmaster 1 7200 900 1209600 15
@ 15 NS ns
ns 15 A 127.0.0.1
";

#[derive(Args)]
pub(crate) struct Names {
    /// Where they are answered
    #[arg(long)]
    port: u16,
}

/// Answers for ever.
pub(crate) fn run(names: &Names) -> miette::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.into_diagnostic()?.block_on(serve(names))
}

async fn serve(names: &Names) -> miette::Result<()> {
    let template = Template::parse(&Source::new("names.yaml", &template())).into_diagnostic()?;
    let resolved = template.resolve(&Inputs::new("bench")).into_diagnostic()?;
    let stack = stack_reader::read(&resolved, Allowed::default()).into_diagnostic()?;
    let registry =
        Registry::new(&stack.namespaces, &stack.region, Clock::REAL).into_diagnostic()?;
    let address = (Ipv4Addr::LOCALHOST, names.port).into();
    let _server = DnsServer::start(address, registry, None).await.into_diagnostic()?;
    std::future::pending().await
}

/// What dnsperf asks for, in turn: a name of each service, and one of nobody's.
pub(crate) fn questions() -> String {
    let [one, three, twelve] = SERVICES.map(|(service, _)| service);
    [one, three, twelve, "nobody", ""].join(".services A\n")
}

pub(crate) fn hosts() -> String {
    each(|text, service, address| writeln!(text, "{address} {service}.services"))
}

pub(crate) fn zone() -> String {
    APEX.to_owned() + &each(|text, service, address| writeln!(text, "{service} 60 A {address}"))
}

pub(crate) fn local_data() -> String {
    each(|text, service, address| {
        writeln!(text, "    local-data: \"{service}.services. 60 A {address}\"")
    })
}

fn template() -> String {
    let services = SERVICES.iter().fold(NAMESPACE.to_owned(), |text, (service, _)| {
        text + &format!(
            "  {service}:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: {service}
      DnsConfig: {{ NamespaceId: !Ref Namespace, DnsRecords: [{{ Type: A, TTL: 60 }}] }}
"
        )
    });
    services
        + &each(|text, service, address| {
            let [_, _, _, number] = address.octets();
            write!(
                text,
                "  {service}{number}:
    Type: AWS::ServiceDiscovery::Instance
    Properties:
      ServiceId: !Ref {service}
      InstanceAttributes: {{ AWS_INSTANCE_IPV4: {address} }}
"
            )
        })
}

/// What is written of each instance.
fn each(write: impl Fn(&mut String, &str, Ipv4Addr) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for (service, count) in SERVICES {
        for number in 1..=count {
            // Writing to a text does not fail.
            let _written = write(&mut text, service, Ipv4Addr::new(127, 77, count, number));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_what_the_zone_has() {
        let template = Template::parse(&Source::new("names.yaml", &template())).unwrap();
        let resolved = template.resolve(&Inputs::new("bench")).unwrap();
        let stack = stack_reader::read(&resolved, Allowed::default()).unwrap();
        let services = &stack.namespaces[0].services;
        let counts: Vec<_> =
            services.iter().map(|service| (&*service.name, service.instances.len())).collect();
        assert_eq!(counts, [("one", 1), ("three", 3), ("twelve", 12)]);
        assert_eq!(zone().lines().count(), APEX.lines().count() + 16);
    }
}

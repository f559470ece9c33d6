//! What can be wrong in Cloud Map (cloudmap-ecs §1).

use miette::Diagnostic;
use thiserror::Error;

use stack::RecordKind;

/// What is wrong with a service of Cloud Map or with one of its instances.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum DiscoveryFault {
    /// The service has a list of records with none in it.
    #[error("is empty")]
    #[diagnostic(help("give a record, or `Type: HTTP` instead of records"))]
    NoRecords,
    /// The service has types of records that do not go together.
    #[error("has the types {} together", names(found))]
    #[diagnostic(help("AWS takes A, AAAA, A with AAAA, SRV or CNAME"))]
    RecordTypes {
        /// The types, in the template's order.
        found: Vec<RecordKind>,
    },
    /// A name has one CNAME record at most, so an answer must choose one.
    #[error("has the type CNAME, of which a name has one record")]
    #[diagnostic(help("add `RoutingPolicy: WEIGHTED`, the only one for this type"))]
    CnameRouting,
    /// A namespace without DNS has no records.
    #[error("is given in a namespace without DNS")]
    #[diagnostic(help("remove it, or make the namespace one with DNS"))]
    RecordsWithoutDns,
    /// The service names two namespaces.
    #[error("differs from `NamespaceId`")]
    #[diagnostic(help("keep `NamespaceId` and remove `DnsConfig.NamespaceId`"))]
    TwoNamespaces,
    /// Route 53's health checkers are outside the VPC.
    #[error("is given in a private namespace")]
    #[diagnostic(help("Route 53 cannot reach a private namespace: use `HealthCheckCustomConfig`"))]
    PrivateHealthCheck,
    /// The service has two kinds of health checks.
    #[error("is given beside `HealthCheckCustomConfig`")]
    #[diagnostic(help("keep one of the two"))]
    TwoHealthChecks,
    /// A name that another one stands for has no address to check.
    #[error("is given beside a CNAME record")]
    #[diagnostic(help("remove it: a CNAME's target is not checked"))]
    CnameHealthCheck,
    /// The name of an instance's attribute is too long.
    #[error("has too long a name")]
    #[diagnostic(help("AWS takes up to {most} characters"))]
    AttributeName {
        /// The most characters that AWS takes.
        most: usize,
    },
    /// The value of an instance's attribute is too long.
    #[error("is too long")]
    #[diagnostic(help("AWS takes up to {most} characters"))]
    AttributeValue {
        /// The most characters that AWS takes.
        most: usize,
    },
}

fn names(kinds: &[RecordKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

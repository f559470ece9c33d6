//! Cloud Map's API, called by AWS's SDK for Rust.

use aws_sdk_servicediscovery::{
    Client, Config,
    config::{
        ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
        interceptors::BeforeTransmitInterceptorContextMut,
    },
    error::{BoxError, ProvideErrorMetadata as _},
    types::HealthStatus,
};

use crate::discovery::Api;

/// What the SDK puts in front of the host of some calls (cloudmap-ecs §6.2). It has no option
/// against that.
const HOST_PREFIX: &str = "://data-";

/// Takes the prefix away again.
#[derive(Debug)]
struct NoHostPrefix;

impl Intercept for NoHostPrefix {
    fn name(&self) -> &'static str {
        "NoHostPrefix"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let uri = request.uri().replacen(HOST_PREFIX, "://", 1);
        Ok(request.set_uri(uri)?)
    }
}

fn client(api: &Api) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .credentials_provider(Credentials::new("nobody", "nothing", None, None, "tests"))
        .endpoint_url(api.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .interceptor(NoHostPrefix)
        .region(Region::from_static("us-west-2"));
    Client::from_conf(config.build())
}

#[tokio::test]
async fn the_sdk_discovers_instances_and_their_revision() {
    let api = Api::start().await;
    api.register("a", 1);
    let client = client(&api);
    let found = client.discover_instances().namespace_name("services").service_name("web");
    let found = found.send().await.unwrap();
    let [instance] = found.instances() else { panic!("{found:?}") };
    assert_eq!(instance.instance_id(), Some("a"));
    assert_eq!(instance.health_status(), Some(&HealthStatus::Healthy));
    assert_eq!(instance.attributes().unwrap()["AWS_INSTANCE_IPV4"], "127.9.1.1");

    api.register("b", 2);
    let revision = client.discover_instances_revision();
    let revision = revision.namespace_name("services").service_name("web").send().await.unwrap();
    assert_eq!((found.instances_revision(), revision.instances_revision()), (Some(1), Some(2)));
}

#[tokio::test]
async fn the_sdk_lists_instances_page_by_page() {
    let api = Api::start().await;
    for last in 1..=5 {
        api.register(&format!("task-{last}"), last);
    }
    let pages = client(&api).list_instances().service_id("discovery-web").into_paginator();
    let pages = pages.page_size(2).send().collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(pages.len(), 3);
    let all: Vec<_> = pages.into_iter().flat_map(|page| page.instances.unwrap()).collect();
    let ids: Vec<_> = all.iter().map(|instance| instance.id().unwrap()).collect();
    assert_eq!(ids, ["task-1", "task-2", "task-3", "task-4", "task-5"]);
}

#[tokio::test]
async fn the_sdk_learns_of_instances_health() {
    let api = Api::start().await;
    api.register("a", 1);
    let client = client(&api);
    let status = client.get_instances_health_status().service_id("discovery-web");
    let status = status.send().await.unwrap();
    assert_eq!(status.status().unwrap()["a"], HealthStatus::Healthy);

    let of_nobody = client.get_instances_health_status().service_id("discovery-web");
    let error = of_nobody.instances("b").send().await.unwrap_err().into_service_error();
    assert!(error.is_instance_not_found(), "{error:?}");
}

#[tokio::test]
async fn the_sdk_makes_a_type_of_an_error() {
    let api = Api::start().await;
    let call = client(&api).discover_instances().namespace_name("nowhere").service_name("web");
    let error = call.send().await.unwrap_err().into_service_error();
    assert!(error.is_namespace_not_found(), "{error:?}");
    assert_eq!(error.message(), Some("there is no namespace nowhere"));
}

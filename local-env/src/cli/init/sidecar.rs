//! Containers that stand beside a service for AWS's sake, or a vendor's, and have nobody to talk to
//! at one's desk.

use stack::Container;

/// What is in an image's name, and why its container is left out.
const KNOWN: [(&str, &str); 10] = [
    ("datadog/agent", "Datadog's agent: there is nobody to send to here"),
    ("datadog-agent", "Datadog's agent: there is nobody to send to here"),
    ("xray-daemon", "the X-Ray daemon: traces go nowhere here"),
    ("appmesh-envoy", "App Mesh's proxy: services reach one another without it here"),
    ("envoyproxy/envoy", "Envoy: services reach one another without it here"),
    ("cloudwatch-agent", "the CloudWatch agent: metrics go nowhere here"),
    ("fluent-bit", "the log router: logs are on the screen here"),
    ("fluentd", "the log router: logs are on the screen here"),
    ("aws-otel-collector", "the OpenTelemetry collector: traces and metrics go nowhere here"),
    ("opentelemetry-collector", "the OpenTelemetry collector: traces and metrics go nowhere here"),
];

/// Why a container makes no sense here, if it is a well-known one.
pub(super) fn why(container: &Container) -> Option<&'static str> {
    let image = container.image.to_ascii_lowercase();
    let image = image.split('@').next().unwrap_or_default();
    KNOWN.iter().find(|(part, _)| image.contains(part)).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_sidecars_are_known_by_their_images_and_others_are_not() {
        for image in [
            "public.ecr.aws/datadog/agent:7",
            "public.ecr.aws/xray/aws-xray-daemon:latest",
            "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.29",
            "envoyproxy/envoy:v1.30",
            "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:1",
            "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
            "public.ecr.aws/aws-observability/aws-otel-collector",
        ] {
            assert!(why(&Container::new("sidecar", image)).is_some(), "{image}");
        }
        for image in ["team/agent", "team/envoys", "nginx"] {
            assert!(why(&Container::new("datadog", image)).is_none(), "{image}");
        }
    }
}

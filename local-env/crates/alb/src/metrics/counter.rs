//! The counters, with their names in CloudWatch and in Prometheus (alb §9.4).

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($(#[$doc:meta])* $kind:ident { $($name:ident = $cloudwatch:literal, $prometheus:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $kind {
            $(#[doc = concat!("`", $cloudwatch, "`.")] $name,)*
        }

        impl $kind {
            pub(super) const ALL: &[(Self, &str, &str)] =
                &[$((Self::$name, $cloudwatch, $prometheus),)*];
        }
    };
}

counters! {
    /// What is counted for the load balancer.
    Counter {
        ActiveConnections = "ActiveConnectionCount", "active_connections";
        NewConnections = "NewConnectionCount", "new_connections_total";
        ProcessedBytes = "ProcessedBytes", "processed_bytes_total";
        ClientTlsErrors = "ClientTLSNegotiationErrorCount", "client_tls_negotiation_errors_total";
        RuleEvaluations = "RuleEvaluations", "rule_evaluations_total";
        Elb3xx = "HTTPCode_ELB_3XX_Count", "httpcode_elb_3xx_total";
        Elb4xx = "HTTPCode_ELB_4XX_Count", "httpcode_elb_4xx_total";
        Elb5xx = "HTTPCode_ELB_5XX_Count", "httpcode_elb_5xx_total";
        Elb500 = "HTTPCode_ELB_500_Count", "httpcode_elb_500_total";
        Elb502 = "HTTPCode_ELB_502_Count", "httpcode_elb_502_total";
        Elb503 = "HTTPCode_ELB_503_Count", "httpcode_elb_503_total";
        Elb504 = "HTTPCode_ELB_504_Count", "httpcode_elb_504_total";
        Redirects = "HTTP_Redirect_Count", "http_redirects_total";
        RedirectUrlLimit =
            "HTTP_Redirect_Url_Limit_Exceeded_Count", "http_redirect_url_limit_exceeded_total";
        FixedResponses = "HTTP_Fixed_Response_Count", "http_fixed_responses_total";
        GrpcRequests = "GrpcRequestCount", "grpc_requests_total";
        NonStickyRequests = "NonStickyRequestCount", "non_sticky_requests_total";
        NonCompliantRequests =
            "DesyncMitigationMode_NonCompliant_Request_Count", "desync_non_compliant_requests_total";
        DroppedInvalidHeaders =
            "DroppedInvalidHeaderRequestCount", "dropped_invalid_header_requests_total";
        ForwardedInvalidHeaders =
            "ForwardedInvalidHeaderRequestCount", "forwarded_invalid_header_requests_total";
    }
}

counters! {
    /// What is counted for each target group.
    GroupCounter {
        Requests = "RequestCount", "requests_total";
        Target2xx = "HTTPCode_Target_2XX_Count", "httpcode_target_2xx_total";
        Target3xx = "HTTPCode_Target_3XX_Count", "httpcode_target_3xx_total";
        Target4xx = "HTTPCode_Target_4XX_Count", "httpcode_target_4xx_total";
        Target5xx = "HTTPCode_Target_5XX_Count", "httpcode_target_5xx_total";
        ConnectionErrors = "TargetConnectionErrorCount", "target_connection_errors_total";
        TlsErrors = "TargetTLSNegotiationErrorCount", "target_tls_negotiation_errors_total";
        UnhealthyRouting = "UnhealthyRoutingRequestCount", "unhealthy_routing_requests_total";
        Responses = "TargetResponseTime (samples)", "target_response_time_seconds_count";
        ResponseMicros = "TargetResponseTime", "target_response_time_seconds_sum";
    }
}

pub(super) const COUNTERS: usize = Counter::ALL.len();
pub(super) const GROUP_COUNTERS: usize = GroupCounter::ALL.len();

/// Adds without a locked instruction: only one thread writes.
pub(super) fn add(counter: &AtomicU64, count: u64) {
    counter.store(read(counter).wrapping_add(count), Ordering::Relaxed);
}

pub(super) fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

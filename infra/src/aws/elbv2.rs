//! Elastic Load Balancing: load balancer, listeners, rules, target groups.

use serde::Serialize;

use crate::value::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LoadBalancer {
    pub(crate) name: &'static str,
    pub(crate) r#type: &'static str,
    pub(crate) scheme: &'static str,
    pub(crate) security_groups: Vec<Value>,
    pub(crate) subnets: Vec<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listener {
    pub(crate) load_balancer_arn: Value,
    pub(crate) port: u16,
    pub(crate) protocol: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) default_actions: Vec<Action>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Certificate {
    pub(crate) certificate_arn: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListenerRule {
    pub(crate) listener_arn: Value,
    pub(crate) priority: u32,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) actions: Vec<Action>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "Field", rename_all = "kebab-case", rename_all_fields = "PascalCase")]
pub(crate) enum Condition {
    PathPattern { path_pattern_config: PathPatternConfig },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PathPatternConfig {
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "Type", rename_all = "kebab-case", rename_all_fields = "PascalCase")]
pub(crate) enum Action {
    Forward { target_group_arn: Value },
    Redirect { redirect_config: RedirectConfig },
    FixedResponse { fixed_response_config: FixedResponseConfig },
}

/// What is not named here stays as the request had it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RedirectConfig {
    pub(crate) protocol: &'static str,
    pub(crate) port: &'static str,
    pub(crate) status_code: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FixedResponseConfig {
    pub(crate) status_code: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) message_body: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TargetGroup {
    pub(crate) name: String,
    pub(crate) vpc_id: Value,
    pub(crate) target_type: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) port: u16,
    pub(crate) health_check_path: String,
    pub(crate) health_check_interval_seconds: u32,
    pub(crate) health_check_timeout_seconds: u32,
}

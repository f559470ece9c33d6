//! What a request counts for, once it is over (alb §9.4).

use super::{Counter, GroupCounter, Shard};
use crate::{
    desync::Class,
    record::{ActionKind, InvalidHeaders, Priority, Protocol, Record},
};

// === impl Shard ===

impl Shard {
    /// Counts a request by the record of it.
    pub(crate) fn count_request(&self, record: &Record) {
        self.add(Counter::ProcessedBytes, record.received + record.sent);
        if record.target_status.is_none() {
            self.count_own_answer(record);
        }
        let findings = &record.findings;
        if let Priority::Rule(_) = findings.priority {
            self.count(Counter::RuleEvaluations);
        }
        if findings.classification.class != Class::Compliant {
            self.count(Counter::NonCompliantRequests);
        }
        match findings.invalid_headers {
            Some(InvalidHeaders::Dropped) => self.count(Counter::DroppedInvalidHeaders),
            Some(InvalidHeaders::Forwarded) => self.count(Counter::ForwardedInvalidHeaders),
            None => {}
        }
        if record.protocol == Protocol::Grpc {
            self.count(Counter::GrpcRequests);
        }
        if record.new_session {
            self.count(Counter::NonStickyRequests);
        }
        self.count_for_group(record);
    }

    /// Counts an answer of the load balancer's own; a target's is the group's affair.
    fn count_own_answer(&self, record: &Record) {
        self.count_status(record.status);
        match record.findings.action {
            Some(ActionKind::Redirect) => self.count(Counter::Redirects),
            Some(ActionKind::FixedResponse) => self.count(Counter::FixedResponses),
            Some(ActionKind::Forward) | None => {}
        }
    }

    fn count_for_group(&self, record: &Record) {
        // Without a target there was no request for the group.
        let (Some(group), Some(_)) = (&record.findings.group, record.target) else { return };
        let Some(counted) = self.groups.of(group) else { return };
        counted.add(GroupCounter::Requests, 1);
        if record.fail_open {
            counted.add(GroupCounter::UnhealthyRouting, 1);
        }
        counted.add(GroupCounter::ConnectionErrors, record.failures.connection.into());
        counted.add(GroupCounter::TlsErrors, record.failures.tls.into());
        if let (Some(status), Some(time)) = (record.target_status, record.target_time()) {
            counted.count_answer(status, time);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, SystemTime},
    };

    use tokio::time::Instant;

    use super::*;
    use crate::{metrics::Metrics, rules::tests::groups, targets::TargetGroup, upstream::Failure};

    /// What is counted for a record, other than zero.
    fn counted(record: &Record) -> Vec<(&'static str, String)> {
        let metrics = Metrics::new("app/a/1", 1);
        metrics.cover(record.findings.group.iter());
        metrics.shard(0).unwrap().count_request(record);
        let samples = metrics.samples();
        let counted = samples.iter().filter(|it| it.value != 0.0);
        counted.map(|it| (it.cloudwatch, it.value.to_string())).collect()
    }

    fn record(group: Option<Arc<TargetGroup>>) -> Record {
        let mut record = Record::new(Protocol::Http1, (Instant::now(), SystemTime::UNIX_EPOCH));
        record.findings.group = group;
        record
    }

    fn names(record: &Record) -> Vec<&'static str> {
        counted(record).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn an_error_is_the_targets_or_the_load_balancers() {
        // alb §9.4.
        let group = groups(&["a"]).into_values().next();
        let mut own = record(group.clone());
        own.status = 503;
        assert_eq!(names(&own), ["HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_503_Count"]);
        let mut targets = record(group);
        targets.target = Some(([127, 0, 0, 1], 1).into());
        targets.note_dispatch(targets.started);
        targets.note_answer(503, targets.started + Duration::from_millis(1500));
        let expected = [
            ("RequestCount", "1".into()),
            ("HTTPCode_Target_5XX_Count", "1".into()),
            ("TargetResponseTime (samples)", "1".into()),
            ("TargetResponseTime", "1.5".into()),
        ];
        assert_eq!(counted(&targets), expected);
    }

    #[test]
    fn each_target_that_gave_no_answer_counts_and_the_request_once() {
        let mut failed = record(groups(&["a"]).into_values().next());
        failed.target = Some(([127, 0, 0, 1], 1).into());
        failed.note_failure(&Failure::TlsTimeout);
        failed.note_failure(&Failure::ConnectTimeout);
        let expected = [
            ("HTTPCode_ELB_5XX_Count", "1".into()),
            ("HTTPCode_ELB_504_Count", "1".into()),
            ("RequestCount", "1".into()),
            ("TargetConnectionErrorCount", "1".into()),
            ("TargetTLSNegotiationErrorCount", "1".into()),
        ];
        assert_eq!(counted(&failed), expected);
    }

    #[test]
    fn what_the_head_settled_is_counted() {
        let mut redirected = record(None);
        redirected.status = 301;
        redirected.findings.priority = Priority::Rule(1);
        redirected.findings.action = Some(ActionKind::Redirect);
        redirected.findings.invalid_headers = Some(InvalidHeaders::Dropped);
        let expected = [
            "RuleEvaluations",
            "HTTPCode_ELB_3XX_Count",
            "HTTP_Redirect_Count",
            "DroppedInvalidHeaderRequestCount",
        ];
        assert_eq!(names(&redirected), expected);
    }
}

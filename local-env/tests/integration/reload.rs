//! A template that changes while the environment runs: what it changes is taken up, and no request
//! fails on the way.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use alb::TargetState;
use local_env::{LocalEnv, Notice, Status};
use reqwest::Certificate;
use stack::{Action, FixedResponse, ListenerProtocol, Matcher, Stack, Stickiness};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::dns;
use test_support::{PATIENCE, client, client_builder, eventually, model, running::builder, task};

/// An environment at work with one service, `web`, whose stack can be changed.
struct Running {
    stack: Stack,
    urls: Vec<String>,
    dns: SocketAddr,
    ca: Option<Certificate>,
    status: watch::Receiver<Status>,
    notices: mpsc::UnboundedReceiver<Notice>,
    env: LocalEnv,
}

impl Running {
    /// Waits until all tasks are healthy.
    async fn start(stack: Stack) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = builder(stack.clone(), folder.path()).run("web", task::command("serve"));
        let mut opened = builder.open().await.unwrap();
        let notices = opened.notices();
        let env = opened.start().await.unwrap();
        let addresses = env.addresses();
        let pem = addresses.ca_file.as_ref().map(|file| std::fs::read(file).unwrap());
        let running = Self {
            stack,
            urls: addresses.listeners.iter().map(|it| it.url.clone()).collect(),
            dns: addresses.dns,
            ca: pem.map(|pem| Certificate::from_pem(&pem).unwrap()),
            status: env.status(),
            notices,
            env,
        };
        running.env.healthy_within(PATIENCE).await.unwrap();
        running
    }

    /// Changes the stack as a template that was saved does. No service is to be rolled by it.
    fn change(&mut self, change: impl FnOnce(&mut Stack)) {
        change(&mut self.stack);
        self.env.update(self.stack.clone()).unwrap();
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.urls[0])
    }

    /// Requests one path after the other, on a kept connection, until dropped.
    fn load(&self, path: &str) -> Load {
        let (url, count) = (self.url(path), Arc::<AtomicU32>::default());
        let counted = Arc::clone(&count);
        let requests = tokio::spawn(async move {
            let client = client();
            loop {
                let response = client.get(&url).send().await.unwrap();
                assert_eq!(response.status(), 200);
                response.bytes().await.unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Load { count, requests }
    }

    async fn until_answered(&self, path: &str, status: u16) {
        let (url, client) = (self.url(path), client());
        eventually(&format!("{status} at {path}"), || async {
            client.get(&url).send().await.unwrap().status() == status
        })
        .await;
    }

    async fn until_resolved(&self, name: &str, count: usize) {
        eventually(&format!("{count} addresses of {name}"), || async {
            dns::addresses(self.dns, name).await.len() == count
        })
        .await;
    }

    async fn until_noticed(&mut self, what: &str, wanted: impl Fn(&Notice) -> bool) {
        let found = async {
            while let Some(notice) = self.notices.recv().await {
                if wanted(&notice) {
                    return;
                }
            }
            panic!("it ended without: {what}");
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("never noticed: {what}"));
    }

    async fn until_left(&mut self, what: &str) {
        let is_it =
            |notice: &Notice| matches!(notice, Notice::NotApplied { what: it } if it == what);
        self.until_noticed(what, is_it).await;
    }

    /// Waits until as many other tasks are healthy as there were; their ids.
    async fn until_replaced(&mut self, before: &[String]) -> Vec<String> {
        eventually("other tasks", || async {
            let tasks = self.tasks();
            tasks.len() == before.len()
                && tasks.iter().all(|task| !before.contains(task))
                && self.status.borrow().is_steady()
        })
        .await;
        self.tasks()
    }

    /// The ids of the tasks that there are.
    fn tasks(&self) -> Vec<String> {
        let status = self.status.borrow();
        status.services[0].tasks.iter().map(|task| task.id.to_string()).collect()
    }

    async fn end(self) {
        timeout(PATIENCE, self.env.stop()).await.expect("the environment ends");
    }
}

/// Requests that go on, of which none may fail.
struct Load {
    count: Arc<AtomicU32>,
    requests: JoinHandle<()>,
}

impl Load {
    /// Waits until what was changed has been met by some requests.
    async fn goes_on(&self) {
        let before = self.count.load(Ordering::Relaxed);
        eventually("twenty more requests", || async {
            assert!(!self.requests.is_finished(), "a request failed");
            self.count.load(Ordering::Relaxed) >= before + 20
        })
        .await;
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.requests.abort();
    }
}

fn fixed(status: u16) -> Action {
    Action::FixedResponse(FixedResponse { status, content_type: None, body: String::new() })
}

fn is_unhealthy(notice: &Notice) -> bool {
    matches!(notice, Notice::Target { state: TargetState::Unhealthy(_), .. })
}

#[tokio::test]
async fn a_rule_takes_effect_while_requests_go_on() {
    let mut running = Running::start(model::stack_with_web(7071, 2)).await;
    let (tasks, load) = (running.tasks(), running.load("/web"));
    load.goes_on().await;
    running.change(|stack| {
        let mut rule = model::rule(2, "/teapot*", "web");
        rule.action = fixed(418);
        stack.load_balancers[0].listeners[0].rules.push(rule);
    });
    running.until_answered("/teapot", 418).await;
    running.change(|stack| {
        stack.load_balancers[0].listeners[0].rules[1].action = fixed(404);
    });
    running.until_answered("/teapot", 404).await;
    running.change(|stack| {
        let listener = &mut stack.load_balancers[0].listeners[0];
        listener.rules.truncate(1);
        listener.default_action = fixed(410);
    });
    running.until_answered("/teapot", 410).await;
    load.goes_on().await;
    assert_eq!(running.tasks(), tasks, "no task was replaced for it");
    running.end().await;
}

#[tokio::test]
async fn a_kept_connection_gets_what_has_changed() {
    let mut running = Running::start(model::stack_with_web(7071, 1)).await;
    let (client, url) = (client(), running.url("/web"));
    let header = || async {
        let response = client.get(&url).send().await.unwrap();
        response.headers().get("x-frame-options").cloned()
    };
    assert!(header().await.is_none());
    running.change(|stack| {
        let added = ("X-Frame-Options".into(), "DENY".into());
        stack.load_balancers[0].listeners[0].attributes.response_headers.push(added);
    });
    eventually("the header", || async { header().await.is_some_and(|it| it == "DENY") }).await;
    running.end().await;
}

#[tokio::test]
async fn a_target_group_that_changes_keeps_its_targets_and_every_request() {
    let mut running = Running::start(model::stack_with_web(7071, 2)).await;
    let (tasks, load) = (running.tasks(), running.load("/web"));
    load.goes_on().await;
    running.change(|stack| {
        let group = &mut stack.target_groups[0];
        let duration = Duration::from_secs(60);
        group.attributes.stickiness = Some(Stickiness::LoadBalancer { duration });
        group.health_check.path = "/other".into();
    });
    let (url, client) = (running.url("/web"), client());
    eventually("a cookie", || async {
        let response = client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.headers().contains_key("set-cookie")
    })
    .await;
    load.goes_on().await;
    assert_eq!(running.tasks(), tasks, "no task was replaced for it");
    running.end().await;
}

#[tokio::test]
async fn a_changed_health_check_decides_from_then_on() {
    let mut running = Running::start(model::stack_with_web(7071, 1)).await;
    running.change(|stack| {
        stack.target_groups[0].health_check.matcher = Matcher::Http(vec![404..=404]);
    });
    running.until_noticed("an unhealthy target", is_unhealthy).await;
    running.change(|stack| {
        stack.target_groups[0].health_check.matcher = Matcher::Http(vec![200..=200]);
    });
    let is_healthy =
        |notice: &Notice| matches!(notice, Notice::Target { state: TargetState::Healthy, .. });
    running.until_noticed("a healthy target", is_healthy).await;
    running.end().await;
}

#[tokio::test]
async fn a_service_moves_to_a_new_target_group_and_the_old_one_goes() {
    let mut stack = model::stack_with_web(7071, 1);
    stack.target_groups[0].attributes.deregistration_delay = Duration::from_secs(1);
    let mut running = Running::start(stack).await;
    let first = running.tasks();
    running.change(|stack| {
        let listener = &mut stack.load_balancers[0].listeners[0];
        listener.rules.push(model::rule(2, "/next*", "next"));
        stack.target_groups.push(model::target_group("next"));
        let mut entry = stack.services[0].load_balancers[0].clone();
        entry.target_group = "next".into();
        let mut service = stack.services[0].clone();
        service.load_balancers.push(entry);
        stack.services[0] = service;
    });
    let second = running.until_replaced(&first).await;
    running.until_answered("/next", 200).await;
    let load = running.load("/next");
    running.change(|stack| {
        stack.load_balancers[0].listeners[0].rules.remove(0);
        stack.target_groups.remove(0);
        stack.services[0].load_balancers.remove(0);
    });
    running.until_replaced(&second).await;
    load.goes_on().await;
    running.end().await;
}

#[tokio::test]
async fn names_are_taken_up_and_instances_stay() {
    let mut running = Running::start(model::stack_with_web(7071, 2)).await;
    running.until_resolved("web.services.", 2).await;
    running.change(|stack| {
        stack.namespaces = vec![model::namespace(&["web", "api"])];
        let service = &mut stack.namespaces[0].services[1];
        service.instances.push(stack::DiscoveryInstance {
            logical_id: "Fixed".into(),
            id: "fixed".into(),
            attributes: [("AWS_INSTANCE_IPV4".into(), "127.9.9.9".into())].into(),
        });
    });
    running.until_resolved("api.services.", 1).await;
    assert_eq!(dns::addresses(running.dns, "web.services.").await.len(), 2);
    running.change(|stack| {
        stack.namespaces[0].services[0].records[0].ttl = 5;
        stack.namespaces[0].services.truncate(1);
    });
    running.until_resolved("api.services.", 0).await;
    let found = dns::addresses(running.dns, "web.services.").await;
    assert_eq!(found.iter().map(|(_, ttl)| *ttl).collect::<Vec<_>>(), [5, 5]);
    running.change(|stack| stack.namespaces[0].name = "elsewhere".into());
    running.until_resolved("web.elsewhere.", 2).await;
    running.end().await;
}

#[tokio::test]
async fn a_changed_certificate_is_shown_to_the_next_client() {
    let mut stack = model::stack_with_web(7071, 1);
    stack.load_balancers = vec![model::load_balancer(vec![model::rule(1, "/web*", "web")])];
    let mut running = Running::start(stack).await;
    let port = running.urls[1].rsplit(':').next().unwrap().parse().unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (ca, url) = (running.ca.clone().unwrap(), format!("https://new.example.org:{port}/web"));
    let client = || {
        let builder = client_builder().tls_certs_only([ca.clone()]);
        builder.resolve("new.example.org", address).build().unwrap()
    };
    assert!(client().get(&url).send().await.is_err());
    running.change(|stack| {
        let listener = &mut stack.load_balancers[0].listeners[1];
        let ListenerProtocol::Https { certificates, .. } = &mut listener.protocol else {
            panic!("a plain listener");
        };
        certificates[0].domain_names = vec!["*.example.org".into()];
    });
    eventually("a new certificate", || async {
        client().get(&url).send().await.is_ok_and(|response| response.status() == 200)
    })
    .await;
    running.end().await;
}

#[tokio::test]
async fn what_would_open_or_close_a_listener_is_left_and_said() {
    let mut running = Running::start(model::stack_with_web(7071, 1)).await;
    running.change(|stack| {
        let mut listener = model::load_balancer(vec![]).listeners.remove(0);
        (listener.port, listener.logical_id) = (81, "Listener81".into());
        stack.load_balancers[0].listeners.push(listener);
    });
    running.until_left("listener Listener81, which is opened or closed").await;
    running.change(|stack| drop(stack.load_balancers[0].listeners.remove(0)));
    running.until_left("listener Listener80, which is opened or closed").await;
    running.until_answered("/web", 200).await;
    running.change(|stack| stack.load_balancers.clear());
    running.until_left("load balancer LoadBalancer, which is gone").await;
    running.until_answered("/web", 200).await;
    running.end().await;
}

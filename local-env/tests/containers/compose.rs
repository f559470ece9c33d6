//! `docker compose up` with the file at the root.

use std::process::Command;

use testcontainers::compose::{DockerCompose, LocalComposeOptions};

use crate::{
    docker::{self, TAG, docker, root, run},
    requests::{Constant, builder, client, eventually, free_port, get},
};

/// The environment of the Compose file, as a project of the test's own.
struct Up {
    compose: DockerCompose,
    project: String,
    http: u16,
    https: u16,
}

impl Up {
    async fn start() -> Self {
        let (http, https) = (free_port(), free_port());
        let project = format!("local-env-test-{http}");
        let options = LocalComposeOptions::new(&[root().join("docker-compose.yml")]);
        let mut compose = DockerCompose::with_local_client(options)
            .with_project_name(&project)
            .with_env("IMAGE_TAG", TAG)
            .with_env("HTTP_PORT", http.to_string())
            .with_env("HTTPS_PORT", https.to_string())
            .with_wait(true);
        compose.up().await.unwrap();
        let up = Self { compose, project, http, https };
        for service in ["service1", "service2", "service3"] {
            up.until(service, 200).await;
        }
        up
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.https)
    }

    async fn until(&self, path: &str, status: u16) {
        let url = self.url(path);
        eventually(&format!("{path} {status}"), || async { get(&url).await.0 == status }).await;
    }

    /// `docker compose` with these words, in this project.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = docker(&["compose", "--project-name", &self.project]);
        command
            .args(words)
            .env("IMAGE_TAG", TAG)
            .env("HTTP_PORT", self.http.to_string())
            .env("HTTPS_PORT", self.https.to_string());
        command
    }

    fn scale(&self, service: &str, count: u32) {
        let count = format!("{service}={count}");
        run(&mut self.command(&["up", "--detach", "--no-recreate", "--wait", "--scale", &count]));
    }

    fn running(&self, service: &str) -> usize {
        let list = run(&mut self.command(&["ps", "--quiet", service]));
        list.lines().count()
    }

    async fn down(self) {
        self.compose.down().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn docker_compose_up_answers_what_the_readme_promises() {
    let _one = docker::ready().await;
    let up = Up::start().await;
    let redirect = client().get(format!("http://localhost:{}/service1/peer", up.http));
    let redirect = redirect.send().await.unwrap();
    assert_eq!(redirect.status(), 301);
    assert_eq!(redirect.headers()["location"], up.url("service1/peer").as_str());
    for (caller, peer) in [(1, 2), (2, 1), (3, 1)] {
        let (status, answer) = get(&up.url(&format!("service{caller}/peer"))).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["service"], format!("service{caller}"));
        assert_eq!(answer["peer"]["answer"]["service"], format!("service{peer}"));
    }
    assert_eq!(get(&up.url("")).await.1["msg"], "base route");
    eventually("the service knows its task", || async {
        let (_, answer) = get(&up.url("service1")).await;
        answer["family"] == "services-service1" && answer["task_id"].as_str().is_some()
    })
    .await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    run(&mut up.command(&["cp", "local-env:/data/ca.pem", file.to_str().unwrap()]));
    let certificate = reqwest::Certificate::from_pem(&std::fs::read(file).unwrap()).unwrap();
    let trusting = builder().tls_certs_only([certificate]).build();
    assert!(trusting.unwrap().get(up.url("service3")).send().await.unwrap().status().is_success());
    up.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Docker"]
async fn no_request_fails_while_compose_scales_or_a_task_is_killed() {
    let _one = docker::ready().await;
    let up = Up::start().await;
    let requests = Constant::start(&up.url("service1"));
    up.scale("service1", 3);
    assert_eq!(up.running("service1"), 3);
    run(&mut docker(&["kill", &format!("{}-service1-2", up.project)]));
    eventually("two are left", async || up.running("service1") == 2).await;
    up.scale("service1", 1);
    requests.none_failed().await;
    up.down().await;
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn a_stopped_service_leaves_targets_and_names_and_comes_back() {
    let _one = docker::ready().await;
    let up = Up::start().await;
    run(&mut up.command(&["stop", "service2"]));
    up.until("service2", 503).await;
    let peer = up.url("service1/peer");
    eventually("the name is gone", || async {
        let (status, problem) = get(&peer).await;
        status == 502 && problem["type"] == "urn:problem:peer-name-not-resolved"
    })
    .await;
    run(&mut up.command(&["start", "service2"]));
    up.until("service2", 200).await;
    eventually("the name is back", || async { get(&peer).await.0 == 200 }).await;
    up.down().await;
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn docker_compose_down_leaves_the_certificates_only() {
    let _one = docker::ready().await;
    let up = Up::start().await;
    let filter = format!("label=com.docker.compose.project={}", up.project);
    let left =
        |kind: &[&str]| run(&mut docker(&[kind, &["--quiet", "--filter", &filter]].concat()));
    run(&mut up.command(&["down"]));
    assert_eq!(left(&["ps", "--all"]), "");
    assert_eq!(left(&["network", "ls"]), "");
    assert_eq!(left(&["volume", "ls"]).trim(), format!("{}_certificates", up.project));
    up.down().await;
}

//! The library as the tests of a stack use it, from an ordinary test.

use std::time::Duration;

use local_env::{Error, LocalEnv, Process};
use nix::sys::signal::kill;

use test_support::{
    PATIENCE, client, model,
    running::{builder, process_of},
    task,
};

const TEMPLATE: &str = "../infra/tests/data/cdk-v1.json";

async fn web(count: u32) -> (LocalEnv, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder = builder(model::stack_with_web(7071, count), folder.path());
    let env = builder.run("web", task::command("serve")).start().await.unwrap();
    env.healthy_within(PATIENCE).await.unwrap();
    (env, folder)
}

async fn ask(env: &LocalEnv) -> String {
    let answer = client().get(env.url("/web")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_scaled_up_and_down_and_its_name_follows() {
    let (env, _folder) = web(1).await;
    for count in [3, 1, 0, 2] {
        env.service("web").scale(count).await.unwrap();
        let expected = usize::try_from(count).unwrap();
        assert_eq!(env.resolve("web.services").await.unwrap().len(), expected, "{count}");
        assert_eq!(env.service("Web").status().unwrap().unwrap().tasks.len(), expected);
    }
    ask(&env).await;
    env.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_an_environment_leaves_no_process_and_no_port() {
    let (env, _folder) = web(1).await;
    let (process, url) = (process_of(&ask(&env).await), env.url("/web"));
    kill(process, None).expect("the process is there");
    drop(env);
    assert!(kill(process, None).is_err(), "the process is still there");
    assert!(client().get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_side_by_side_know_nothing_of_one_another() {
    let ((one, _a), (other, _b)) = tokio::join!(web(1), web(2));
    assert_ne!(one.url(""), other.url(""));
    assert_eq!(one.resolve("web.services").await.unwrap().len(), 1);
    drop(one);
    ask(&other).await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_rolled_to_another_program() {
    let (env, _folder) = web(1).await;
    env.service("web").run(&task::command("serve").env("VERSION", "2")).unwrap();
    let rolled = async {
        while !ask(&env).await.contains("VERSION=2") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, rolled).await.expect("the new program answers");
    env.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_tasks_from_being_healthy_is_told_with_what_they_said() {
    let folder = tempfile::tempdir().unwrap();
    let failing = task::shell("echo the database is not there; exit 7");
    let builder = builder(model::stack_with_web(7071, 1), folder.path()).run("web", failing);
    let env = builder.start().await.unwrap();
    // Once it has ended, what it said is known.
    let mut error = env.healthy_within(Duration::from_millis(200)).await.unwrap_err();
    while !error.to_string().contains("exit code 7") {
        error = env.healthy_within(Duration::from_millis(200)).await.unwrap_err();
    }
    let told = error.to_string();
    assert!(told.contains("web: "), "{told}");
    assert!(told.contains("the database is not there"), "{told}");
    env.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_name_is_told_before_and_after_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let stack = model::stack_with_web(7071, 1);
    let mistyped = builder(stack, folder.path()).run("wep", Process::new("true"));
    let error = mistyped.open().await.err().expect("an error");
    assert_eq!(error.to_string(), "there is no service wep; the stack has web");
    let (env, _folder) = web(1).await;
    let error = env.service("wep").scale(2).await.unwrap_err();
    assert!(matches!(error, Error::Name(_)), "{error}");
    assert!(env.resolve("wep.services").await.unwrap().is_empty());
    env.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_request_goes_is_told_without_sending_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = LocalEnv::from_template(TEMPLATE).data_folder(folder.path());
    for service in ["service1", "service2", "service3"] {
        builder = builder.run(service, task::shell("sleep 60"));
    }
    let env = builder.start().await.unwrap();
    let explained = env.explain("GET", "/service2/x");
    let rule = explained.rule().to_owned();
    assert!(explained.to_string().contains(&rule), "{explained}");
    assert_eq!(explained.target_groups().len(), 1, "{explained}");
    assert_eq!(env.explain("GET", "/elsewhere").rule(), "default");
    assert_eq!(env.explain("GET", "http://localhost/service2").rule(), "default", "a redirect");
    assert_eq!(env.explain("GET", "http://localhost:1/").rule(), "", "no listener has the port");
    assert!(env.url("/").starts_with("https://localhost:"));
    assert!(env.addresses().ca_file.as_ref().unwrap().starts_with(folder.path()));
    drop(env);
}

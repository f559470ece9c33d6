//! Counters under CloudWatch's names (alb §9.4).

use test_support::{Setup, Target};

const ELB: [&str; 2] = ["HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_503_Count"];
const TARGET: &str = "HTTPCode_Target_5XX_Count";

#[tokio::test]
async fn alb_122_a_503_counts_as_the_load_balancers_or_the_targets() {
    let (balancer, target) = (Setup::http().start().await, Target::start().await);
    let counted = |name| balancer.metric(name);
    assert_eq!(balancer.get("/").await.status(), 503);
    balancer.log(1).await;
    assert_eq!((ELB.map(counted), counted(TARGET)), ([1.0; 2], 0.0));
    balancer.register(target.address).await;
    target.answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(balancer.get("/").await.status(), 503);
    balancer.log(2).await;
    assert_eq!((ELB.map(counted), counted(TARGET)), ([1.0; 2], 1.0));
}

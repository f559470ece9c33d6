//! An environment whose tasks are run by hand: the test says when one has started, how its containers
//! are and when it has ended, and hears what is asked of it, in order.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, OnceLock},
    time::Duration,
};

use alb::TargetState;
use clock::Clock;
use local_env::{
    Launcher, LocalEnv, Network, Notice, Status, StopSignal, Task, TaskChange, TaskEvent,
};
use scheduler::{HealthStatus, LastStatus, StopCode, StopReason, Stopped, TaskId};
use stack::Stack;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout},
};

use super::{PATIENCE, Target, get, wire::Wire};

/// What the environment asks of what runs its tasks.
#[derive(Debug)]
pub enum Asked {
    Start(Task),
    Stop(Asking),
}

/// A task is asked to stop.
#[derive(Debug)]
pub struct Asking {
    pub task: TaskId,
    pub code: StopCode,
    pub reason: String,
    pub at: Instant,
    /// What the name of the service has in DNS at that moment.
    pub names: Names,
}

/// An answer of the DNS server's: its code, and how many records there are.
pub type Names = (u8, u16);

/// A launcher that does nothing by itself.
struct ByHand {
    asked: mpsc::UnboundedSender<Asked>,
    dns: Arc<OnceLock<SocketAddr>>,
}

pub struct Fleet {
    pub stack: Stack,
    pub url: String,
    pub dns: SocketAddr,
    pub discovery: Option<SocketAddr>,
    /// What was told, in order.
    pub told: Vec<Notice>,
    pub stop: StopSignal,
    pub status: watch::Receiver<Status>,
    asked: mpsc::UnboundedReceiver<Asked>,
    events: mpsc::UnboundedSender<TaskEvent>,
    notices: mpsc::UnboundedReceiver<Notice>,
    network: Network,
    env: LocalEnv,
    _folder: tempfile::TempDir,
}

impl Launcher for ByHand {
    fn start(&mut self, task: Task) {
        // The test may have ended.
        let _ = self.asked.send(Asked::Start(task));
    }

    fn stop(&mut self, task: &TaskId, StopReason { code, reason }: StopReason) {
        let (task, at, names) = (task.clone(), Instant::now(), names(*self.dns.get().unwrap()));
        let _ = self.asked.send(Asked::Stop(Asking { task, code, reason, at, names }));
    }

    fn kill(&mut self) {}
}

/// Asks for the addresses of `web.services` without waiting for any other task of this thread.
pub fn names(dns: SocketAddr) -> Names {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut query = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    query.extend_from_slice(b"\x03web\x08services\0\0\x01\0\x01");
    socket.send_to(&query, dns).unwrap();
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).unwrap();
    assert!(length >= 12);
    (answer[3] & 0x0f, u16::from_be_bytes([answer[6], answer[7]]))
}

impl Fleet {
    pub async fn start(stack: Stack) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (asked, hear_asked) = mpsc::unbounded_channel();
        let (give, take) = oneshot::channel();
        let dns = Arc::<OnceLock<SocketAddr>>::default();
        let told_later = Arc::clone(&dns);
        let mut opened = LocalEnv::from_stack(stack.clone())
            .bind(Ipv4Addr::LOCALHOST.into())
            .discovery((Ipv4Addr::LOCALHOST, 0).into())
            .data_folder(folder.path())
            .launcher(move |events, _| {
                give.send(events).unwrap();
                ByHand { asked, dns: told_later }
            })
            .open()
            .await
            .unwrap();
        dns.set(opened.addresses().dns).unwrap();
        let notices = opened.notices();
        let env = opened.start().await.unwrap();
        let listener = env.addresses().listeners.first();
        Self {
            stack,
            url: listener.map(|it| it.url.clone()).unwrap_or_default(),
            dns: env.addresses().dns,
            discovery: env.addresses().discovery,
            told: Vec::new(),
            stop: env.stop_signal(),
            status: env.status(),
            asked: hear_asked,
            events: take.await.unwrap(),
            notices,
            network: Network::lease().unwrap(),
            env,
            _folder: folder,
        }
    }

    /// What is asked next.
    pub async fn asked(&mut self) -> Asked {
        timeout(PATIENCE, self.asked.recv()).await.expect("something is asked").unwrap()
    }

    /// The next task that is to start.
    pub async fn started(&mut self) -> Task {
        match self.asked().await {
            Asked::Start(task) => task,
            asked @ Asked::Stop(_) => panic!("{asked:?}"),
        }
    }

    /// The next task that is to stop.
    pub async fn stopping(&mut self) -> Asking {
        match self.asked().await {
            Asked::Stop(asking) => asking,
            asked @ Asked::Start(_) => panic!("{asked:?}"),
        }
    }

    pub fn address(&mut self) -> Ipv4Addr {
        self.network.allocate().unwrap()
    }

    pub fn tell(&self, task: &Task, change: TaskChange) {
        self.events.send(TaskEvent { task: task.clone(), change }).unwrap();
    }

    /// The task's containers have started, at an address where nothing listens yet.
    pub fn runs(&mut self, task: &Task) -> Ipv4Addr {
        let address = self.address();
        self.tell(task, TaskChange::Pending(address));
        self.tell(task, TaskChange::Running);
        address
    }

    /// The task runs and listens.
    pub async fn serves(&mut self, task: &Task) -> Target {
        let address = self.address();
        let target = Target::at((address, 7071).into()).await;
        self.tell(task, TaskChange::Pending(address));
        self.tell(task, TaskChange::Running);
        target
    }

    pub fn health(&self, task: &Task, health: HealthStatus) {
        self.tell(task, TaskChange::Health(health));
    }

    pub fn ends(&self, task: &Task) {
        let stopped = Stopped::new(StopCode::UserInitiated, "ended by hand");
        self.tell(task, TaskChange::Stopped(stopped));
    }

    /// Changes the stack.
    pub fn update(&mut self, change: impl FnOnce(&mut Stack)) {
        change(&mut self.stack);
        self.env.update(self.stack.clone()).unwrap();
    }

    /// Waits for such a notice; it and all before it are in `told`.
    pub async fn until(&mut self, what: &str, mut is_it: impl FnMut(&Notice) -> bool) {
        loop {
            let notice = timeout(PATIENCE, self.notices.recv()).await;
            let notice = notice.unwrap_or_else(|_| panic!("never told: {what}; {:?}", self.told));
            let notice = notice.unwrap();
            let found = is_it(&notice);
            self.told.push(notice);
            if found {
                return;
            }
        }
    }

    pub async fn until_healthy(&mut self, id: &TaskId) {
        self.until("a healthy target", |notice| {
            matches!(notice, Notice::Target { task, state: TargetState::Healthy, .. } if task == id)
        })
        .await;
    }

    pub async fn until_event(&mut self, words: &str) {
        self.until(
            words,
            |notice| matches!(notice, Notice::Event { message, .. } if message.contains(words)),
        )
        .await;
    }

    pub async fn until_status(&mut self, id: &TaskId, wanted: LastStatus) {
        self.until("a task's status", |notice| {
            matches!(notice, Notice::Status { task, status, .. } if task == id && *status == wanted)
        })
        .await;
    }

    /// What has been told of a task's way so far.
    pub fn statuses(&self, id: &TaskId) -> Vec<&'static str> {
        let status = |notice: &Notice| match notice {
            Notice::Status { task, status, .. } if task == id => Some(status.as_str()),
            _ => None,
        };
        self.told.iter().filter_map(status).collect()
    }

    /// What the load balancer answers.
    pub async fn get(&self, path: &str) -> u16 {
        let port = self.url.strip_prefix("http://localhost:").unwrap().parse().unwrap();
        let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let mut client = Wire::new(stream);
        client.send(get(path)).await;
        client.answer().await.status()
    }
}

/// How long a wait of AWS's takes in a fleet.
pub fn wait(aws: Duration) -> Duration {
    Clock::DESK.wait(aws)
}

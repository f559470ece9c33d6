//! The exchange with a target: the request goes there while its answer comes back.
//!
//! Both directions run at once, since a target may answer before it has the whole request, and a
//! client that leaves must be noticed while its target is still silent.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
};

use h2::client::ResponseFuture;
use tokio::{sync::Notify, time::Instant};

use super::{
    Exchange,
    answer::{Answer, Answerer},
};
use crate::{
    body::{Activity, Broken, ReadError, Reader, Sink, Source, Stream, pump},
    client::Idle,
    connection::Connection,
    framing::{Framing, response_framing},
    head::{BadResponse, ResponseHead, head_end},
    headers::has_option,
    targets::{ChosenTarget, TargetGroup},
    upstream::Failure,
    wire::{Buffer, Wire},
};

/// The largest head of an answer (alb §1.3).
const MAX_HEAD: usize = 32 << 10;

/// Where a target's answer comes from; its head is put into `head`.
pub(super) enum Reply<'a> {
    Http1 { wire: &'a Wire, buffer: &'a mut Buffer, head: &'a mut ResponseHead },
    Http2 { response: ResponseFuture, head: &'a mut ResponseHead },
}

/// The way of a request to its target.
struct Upload<'a, F> {
    future: Pin<&'a mut F>,
    /// Whether it ended, in a way that leaves an answer possible.
    over: bool,
}

/// An answer whose head has come.
struct Arrived<'a> {
    head: &'a ResponseHead,
    body: Source<'a>,
    framing: Framing,
}

/// How an exchange with a target has ended.
pub(super) enum Attempt {
    /// The answer has begun, and gone as far as it could.
    Answered(Ended),
    /// There is no answer, and the client waits for one.
    Failed(Failure),
    /// The client is not there to be answered, or not to be understood.
    Interrupted(Interrupted),
}

/// What is left of the connections of an exchange.
pub(super) struct Ended {
    pub(super) client: Connection,
    pub(super) target: Connection,
}

/// What a client did before it was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupted {
    /// It left.
    Gone,
    /// It left in the middle of its body.
    BrokeOff,
    /// It sent a body that is none.
    Malformed,
    /// It stopped sending.
    Late,
}

/// Sends the request's body behind its head, which waits in `sink`, and passes the answer on.
pub(super) async fn converse(
    exchange: &mut Exchange<'_>,
    (group, chosen): (&TargetGroup, &ChosenTarget),
    mut sink: Sink<'_>,
    reply: Reply<'_>,
    upgrade: bool,
) -> Attempt {
    let Exchange { source, answerer, activity, idle, head, added, record, .. } = exchange;
    let (activity, idle): (&Activity, &Idle) = (activity, idle);
    record.note_dispatch(Instant::now());
    let (uploaded, switched) = (Cell::new(false), Notify::new());
    let mut upload = pin!(async {
        pump(source, &mut sink, activity).await?;
        uploaded.set(true);
        if !upgrade {
            source.closed().await;
            return Ok(());
        }
        switched.notified().await;
        source.become_tunnel();
        pump(source, &mut sink, activity).await
    });
    let mut upload = Upload { future: upload.as_mut(), over: false };
    let reply = reply.arrive(head.method(), activity);
    let first = first(&mut upload, reply, answerer, activity, idle, &uploaded).await;
    let mut arrived = match first {
        Ok(arrived) if arrived.head.status() == 101 && !upgrade => {
            return Attempt::Failed(Failure::Malformed(BadResponse));
        }
        Ok(arrived) => arrived,
        Err(attempt) => return attempt,
    };
    let response = arrived.head;
    record.note_answer(response.status(), activity.last());
    chosen.target.note_answer(Some(response.status()));
    let mut cookies = Vec::new();
    group.set_cookies(chosen, response.fields(), record.created, &mut cookies);
    for cookie in &cookies {
        added.push(b"Set-Cookie", cookie);
    }
    // A tunnel has no further message for which its end would matter.
    let connection = match response.status() {
        101 => Connection::Keep,
        _ => exchange.connection,
    };
    let answer = Answer {
        head: response,
        framing: arrived.framing,
        imposed: &exchange.handling.listener.response_headers,
        added,
        connection,
    };
    let begun = answerer.take().map(|answerer| answerer.begin(&answer));
    let Some(Ok((mut client_sink, open))) = begun else {
        return Attempt::Interrupted(Interrupted::Gone);
    };
    if response.status() == 101 {
        arrived.body.become_tunnel();
        switched.notify_one();
    }
    record.sent = response.fields().size() as u64;
    let download = pump(&mut arrived.body, &mut client_sink, activity);
    let complete = rest(&mut upload, download, activity, idle).await;
    record.sent += arrived.body.count();
    let complete = complete && response.status() != 101;
    let both = Connection::kept_if(complete && uploaded.get());
    let kept_by_target = arrived.framing != Framing::UntilClose && keeps_open(response);
    Attempt::Answered(Ended {
        client: both.and(open),
        target: both.and(exchange.target_connection).and(Connection::kept_if(kept_by_target)),
    })
}

/// Waits for the head of the target's answer while the request goes out.
async fn first<'a, F>(
    upload: &mut Upload<'_, F>,
    reply: impl Future<Output = Result<Arrived<'a>, Failure>>,
    answerer: &mut Option<Answerer<'_>>,
    activity: &Activity,
    idle: &Idle,
    uploaded: &Cell<bool>,
) -> Result<Arrived<'a>, Attempt>
where
    F: Future<Output = Result<(), Broken>>,
{
    let mut reply = pin!(reply);
    loop {
        tokio::select! {
            biased;
            ended = &mut upload.future, if !upload.over => match ended {
                // It may have answered before it closed.
                Err(Broken::Write(_)) => upload.over = true,
                ended => return Err(Attempt::Interrupted(Interrupted::by(&ended))),
            },
            arrived = &mut reply => return arrived.map_err(Attempt::Failed),
            () = reset(answerer) => return Err(Attempt::Interrupted(Interrupted::Gone)),
            () = idle.elapsed(activity) => {
                let waits_for_client = !uploaded.get() && !upload.over && activity.is_reading();
                return Err(if waits_for_client {
                    Attempt::Interrupted(Interrupted::Late)
                } else {
                    Attempt::Failed(Failure::Silent(idle.limit))
                });
            }
        }
    }
}

/// Lets the answer's body pass while the rest of the request may still go out; whether it was whole.
async fn rest<F>(
    upload: &mut Upload<'_, F>,
    download: impl Future<Output = Result<(), Broken>>,
    activity: &Activity,
    idle: &Idle,
) -> bool
where
    F: Future<Output = Result<(), Broken>>,
{
    let mut download = pin!(download);
    loop {
        tokio::select! {
            biased;
            ended = &mut download => return ended.is_ok(),
            ended = &mut upload.future, if !upload.over => match ended {
                Err(Broken::Write(_)) => upload.over = true,
                _ => return false,
            },
            () = idle.elapsed(activity) => return false,
        }
    }
}

/// Waits until a client has given its stream up.
async fn reset(answerer: &mut Option<Answerer<'_>>) {
    match answerer {
        Some(Answerer::Http2 { respond, .. }) => {
            if let Err(error) = poll_fn(|cx| respond.poll_reset(cx)).await {
                tracing::trace!(%error, "a client's connection broke");
            }
        }
        _ => std::future::pending().await,
    }
}

fn keeps_open(head: &ResponseHead) -> bool {
    let option = |option| has_option(head.fields(), option);
    if head.is_http10() { option(b"keep-alive") } else { !option(b"close") }
}

// === impl Interrupted ===

impl Interrupted {
    fn by(upload: &Result<(), Broken>) -> Self {
        match upload {
            Ok(()) | Err(Broken::Write(_)) => Self::Gone,
            Err(Broken::Read(ReadError::Chunk(_))) => Self::Malformed,
            Err(Broken::Read(_)) => Self::BrokeOff,
        }
    }
}

// === impl Reply ===

impl<'a> Reply<'a> {
    /// Waits for the head of the final answer: interim ones are not passed on.
    async fn arrive(self, method: &[u8], activity: &Activity) -> Result<Arrived<'a>, Failure> {
        let (head, body) = match self {
            Self::Http1 { wire, buffer, head } => {
                read_head(wire, buffer, head, activity).await?;
                let framing = response_framing(head, method).ok_or(BadResponse)?;
                return Ok(Arrived {
                    head,
                    body: Source::Http1(Reader::new(wire, buffer, framing)),
                    framing,
                });
            }
            Self::Http2 { response, head } => {
                let (parts, body) = response.await.map_err(Failure::Http2)?.into_parts();
                head.start(parts.status.as_u16(), b"");
                for (name, value) in &parts.headers {
                    head.fields_mut().push(name.as_str().as_bytes(), value.as_bytes());
                }
                (head, body)
            }
        };
        activity.touch();
        let framing = match response_framing(head, method) {
            _ if body.is_end_stream() => Framing::None,
            Some(Framing::UntilClose) | None => Framing::Chunked,
            Some(framing) => framing,
        };
        Ok(Arrived { head, body: Source::Http2(Stream::new(body)), framing })
    }
}

async fn read_head(
    wire: &Wire,
    buffer: &mut Buffer,
    head: &mut ResponseHead,
    activity: &Activity,
) -> Result<(), Failure> {
    let mut scanned = 0;
    loop {
        if let Some(end) = head_end(buffer.bytes(), scanned) {
            if end > MAX_HEAD {
                return Err(Failure::TooLarge);
            }
            head.read(buffer.bytes().get(..end).unwrap_or_default())?;
            buffer.consume(end);
            scanned = 0;
            if !matches!(head.status(), 100 | 102..=199) {
                return Ok(());
            }
            continue;
        }
        if buffer.bytes().len() > MAX_HEAD {
            return Err(Failure::TooLarge);
        }
        scanned = buffer.bytes().len().saturating_sub(3);
        match wire.read(buffer).await {
            Ok(0) => return Err(Failure::Broken(ReadError::Closed)),
            Ok(_) => activity.touch(),
            Err(error) => return Err(Failure::Broken(error.into())),
        }
    }
}

//! Logs on stdout: text where that is a terminal, else flat JSON lines, which is what a container's
//! log driver ships and what log queries can filter on.
//!
//! A line has its event's fields and those of the request that it happened in, side by side.

use std::{
    env, fmt,
    io::{self, IsTerminal},
    panic,
};

use serde_json::{Map, Value};
use tracing::{Event, Subscriber, error};
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::settings::{SettingError, setting};

/// One JSON object a line, nothing nested.
struct FlatJson;

/// What to log, from `RUST_LOG`.
pub(crate) fn filter() -> Result<EnvFilter, SettingError> {
    let wanted = "a filter such as info or service_kit=debug,warn";
    let parse = |typed: &str| {
        EnvFilter::try_new(typed).map_err(|error| format!("is not a filter ({error})"))
    };
    let filter = setting("RUST_LOG", |name| env::var_os(name), wanted, parse)?;
    Ok(filter.unwrap_or_else(|| EnvFilter::new("info")))
}

/// Starts logging for the whole process. A second start changes nothing.
pub(crate) fn start(filter: EnvFilter) {
    let layer = tracing_subscriber::fmt::layer();
    let lines = if io::stdout().is_terminal() {
        layer.boxed()
    } else {
        layer.fmt_fields(JsonFields::new()).event_format(FlatJson).boxed()
    };
    if tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(tracing::field::display);
    error!(place, "panicked: {}", panic.payload_as_str().unwrap_or("without words"));
}

// === impl FlatJson ===

impl<S> FormatEvent<S, JsonFields> for FlatJson
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut own = String::new();
        context.format_fields(Writer::new(&mut own), event)?;

        let mut line = Map::new();
        line.insert("timestamp".into(), time.into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("target".into(), event.metadata().target().into());
        add(&mut line, &own);
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                add(&mut line, fields);
            }
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Adds an object's members; what the line has already stays, so that the innermost wins.
fn add(line: &mut Map<String, Value>, fields: &str) {
    // Written by `JsonFields`, which writes objects; it writes nothing where there are no fields.
    let Ok(Value::Object(fields)) = serde_json::from_str(fields) else { return };
    for (name, value) in fields {
        line.entry(name).or_insert(value);
    }
}

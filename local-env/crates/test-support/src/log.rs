//! The access log's lines and the metrics.

use std::{fs, path::Path};

use alb::{AccessLog, LogFormat, Options, RunningLoadBalancer};

/// The log's name in the test's folder.
pub const FILE: &str = "access.log";

/// A line, split as AWS's own readers split it: at spaces that no quotes enclose.
#[derive(Clone, Debug)]
pub struct Line(pub Vec<String>);

/// The options with an access log in this folder.
pub fn logging(options: Options, folder: &Path) -> Options {
    let log = AccessLog::open(&folder.join(FILE), LogFormat::Alb).expect("a log");
    Options { access_log: Some(log), ..options }
}

/// The complete lines of a log so far.
pub fn lines(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(Line::new).collect()
}

/// What a metric counts to, over all of its dimensions.
pub fn metric(running: &RunningLoadBalancer, name: &str) -> f64 {
    let samples = running.metrics().samples();
    let mut values = samples.iter().filter(|it| it.cloudwatch == name).map(|it| it.value);
    let first = values.next().unwrap_or_else(|| panic!("no metric is called {name}"));
    first + values.sum::<f64>()
}

// === impl Line ===

impl Line {
    fn new(line: &str) -> Self {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        for character in line.trim_end_matches('\n').chars() {
            match character {
                '"' => quoted = !quoted,
                ' ' if !quoted => fields.push(std::mem::take(&mut field)),
                other => field.push(other),
            }
        }
        fields.push(field);
        Self(fields)
    }

    /// A field by its place in AWS's table, which counts from 1.
    pub fn field(&self, place: usize) -> &str {
        self.0.get(place - 1).map_or_else(|| panic!("no field {place} in {self:?}"), String::as_str)
    }

    pub fn request(&self) -> &str {
        self.field(13)
    }

    pub fn priority(&self) -> &str {
        self.field(21)
    }
}

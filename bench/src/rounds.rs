//! Rounds of the same load on each of several, of which the middle ones count, and their table.

use clap::Args;

#[derive(Args)]
pub(crate) struct Rounds {
    /// How long each load lasts
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// How many rounds, of which the middle one counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
}

/// What a load on somebody came to.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) figures: Vec<f64>,
}

/// What a figure is, and the digits to show of it.
pub(crate) type Column = (&'static str, usize);

// === impl Rounds ===

impl Rounds {
    /// The middle round of each candidate by the figure at `key`: processor time is what repeats
    /// best. The rounds take turns, so that who disturbs the machine disturbs all.
    pub(crate) fn of<C>(
        &self,
        candidates: &[C],
        key: usize,
        mut round: impl FnMut(&C) -> miette::Result<Row>,
    ) -> miette::Result<Vec<Row>> {
        let mut all: Vec<Vec<Row>> = candidates.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.rounds {
            for (candidate, rows) in candidates.iter().zip(&mut all) {
                rows.push(round(candidate)?);
            }
        }
        Ok(all.into_iter().filter_map(|rows| middle(rows, key)).collect())
    }
}

fn middle(mut rows: Vec<Row>, key: usize) -> Option<Row> {
    rows.sort_by(|a, b| a.figure(key).total_cmp(&b.figure(key)));
    rows.get(rows.len() / 2).cloned()
}

// === impl Row ===

impl Row {
    pub(crate) fn figure(&self, at: usize) -> f64 {
        self.figures.get(at).copied().unwrap_or_default()
    }
}

/// Each figure and its ratio to the first row's.
pub(crate) fn table(title: &str, columns: &[Column], rows: &[Row]) {
    let titles: Vec<_> = columns.iter().map(|(title, _)| *title).collect();
    tell(&format!("\n{title}\n"));
    tell(&format!("| | {} |\n|---{}|", titles.join(" | "), "|---".repeat(columns.len())));
    let Some(first) = rows.first() else { return };
    for row in rows {
        let figures = columns.iter().enumerate();
        let cells =
            figures.map(|(at, (_, digits))| cell(row.figure(at), first.figure(at), *digits));
        tell(&format!("| {} | {} |", row.name, cells.collect::<Vec<_>>().join(" | ")));
    }
}

fn cell(own: f64, reference: f64, digits: usize) -> String {
    if own == 0.0 || reference == 0.0 {
        return "-".to_owned();
    }
    format!("{own:.digits$} ({:.2}x)", own / reference)
}

#[expect(clippy::cast_precision_loss, reason = "memory is below 2^53 bytes")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

#[expect(clippy::print_stdout, reason = "this is what the commands are for")]
pub(crate) fn tell(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_beside_their_ratio_to_the_first() {
        assert_eq!(cell(15.0, 20.0, 1), "15.0 (0.75x)");
        assert_eq!(cell(0.0, 20.0, 1), "-");
    }

    #[test]
    fn the_middle_round_counts_and_they_take_turns() {
        let mut calls = Vec::new();
        let mut cpu = [[9.0, 1.0, 5.0].into_iter(), [2.0, 7.0, 3.0].into_iter()];
        let rows = Rounds { seconds: 1, rounds: 3 }.of(&[0_usize, 1], 0, |&candidate| {
            calls.push(candidate);
            Ok(Row { name: String::new(), figures: vec![cpu[candidate].next().unwrap()] })
        });
        let middles: Vec<_> = rows.unwrap().iter().map(|row| row.figure(0)).collect();
        assert_eq!((middles, calls), (vec![5.0, 3.0], vec![0, 1, 0, 1, 0, 1]));
    }
}

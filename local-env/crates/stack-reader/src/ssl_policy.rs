//! `SslPolicy`: which versions of TLS a listener speaks (alb §1.6).
//!
//! Clients here get TLS 1.2 and 1.3 at most: what a policy promises below that is listed as ignored.

use crate::{
    field::{Properties, Reading, Result},
    problem::ListenerFault,
};
use cloudformation::nearest;
use stack::{IgnoredPart, SslPolicy};

const PREFIX: &str = "ELBSecurityPolicy-";

/// Those up to TLS 1.2, with the lowest minor version that each speaks.
const UP_TO_1_2: [(&str, u8); 11] = [
    ("2016-08", 0),
    ("2015-05", 0),
    ("TLS-1-0-2015-04", 0),
    ("TLS-1-1-2017-01", 1),
    ("TLS-1-2-2017-01", 2),
    ("TLS-1-2-Ext-2018-06", 2),
    ("FS-2018-06", 0),
    ("FS-1-1-2019-08", 1),
    ("FS-1-2-2019-08", 2),
    ("FS-1-2-Res-2019-08", 2),
    ("FS-1-2-Res-2020-10", 2),
];

/// Those up to TLS 1.3, likewise; each comes in the [`EDITIONS`].
const UP_TO_1_3: [(&str, u8); 8] = [
    ("TLS13-1-0", 0),
    ("TLS13-1-1", 1),
    ("TLS13-1-2", 2),
    ("TLS13-1-2-Res", 2),
    ("TLS13-1-2-Ext0", 2),
    ("TLS13-1-2-Ext1", 2),
    ("TLS13-1-2-Ext2", 2),
    ("TLS13-1-3", 3),
];
const EDITIONS: [&str; 4] = ["2021-06", "FIPS-2023-04", "PQ-2025-09", "FIPS-PQ-2025-09"];
/// The one policy that there are only FIPS editions of.
const FIPS_ONLY: &str = "TLS13-1-2-Ext0";

pub(super) fn read(reading: &Reading<'_>, properties: &Properties<'_>) -> Result<SslPolicy> {
    let Some(field) = properties.get("SslPolicy") else { return Ok(SslPolicy::default()) };
    let name = field.text()?.into_owned();
    let Some((_, lowest, tls13)) = policies().find(|(known, ..)| *known == name) else {
        let known: Vec<_> = policies().map(|(name, ..)| name).collect();
        let near = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(field.refused(ListenerFault::UnknownPolicy { found: name, near }));
    };
    match lowest {
        0 => reading.ignore(IgnoredPart::Tls10),
        1 => reading.ignore(IgnoredPart::Tls11),
        _ => {}
    }
    Ok(SslPolicy { name, tls12: lowest <= 2, tls13 })
}

/// Returns all policies: name, lowest minor version, and whether TLS 1.3 is spoken.
fn policies() -> impl Iterator<Item = (String, u8, bool)> {
    let older = UP_TO_1_2.map(|(name, lowest)| (format!("{PREFIX}{name}"), lowest, false));
    let exists = |name: &str, edition: &str| name != FIPS_ONLY || edition.starts_with("FIPS");
    let newer = UP_TO_1_3.into_iter().flat_map(move |(name, lowest)| {
        let editions = EDITIONS.into_iter().filter(move |edition| exists(name, edition));
        editions.map(move |edition| (format!("{PREFIX}{name}-{edition}"), lowest, true))
    });
    older.into_iter().chain(newer)
}

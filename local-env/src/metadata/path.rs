//! What a path asks for (cloudmap-ecs §4.1, §4.5).

/// In a container's place: the one whose address asks. Whoever runs tasks without knowing their ids
/// beforehand, as Compose does, can tell them no other.
const SELF: &str = "self";

/// A path that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path<'a> {
    /// `/v4/<docker id>…`.
    Metadata(Version, Who<'a>, About),
    /// `/api/<docker id>/task-protection/v1/state`.
    Protection(Who<'a>),
    /// `/v2/credentials/<id>`.
    Credentials(Option<&'a str>),
}

/// Of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V3,
    V4,
}

/// Which container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who<'a> {
    /// The one with this docker id.
    Container(&'a str),
    /// The one at the address that the request comes from.
    Asking,
}

/// What of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Container,
    Task,
    ContainerStats,
    TaskStats,
}

// === impl Path ===

impl<'a> Path<'a> {
    /// `None` where there is nothing at a path.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let (first, rest) = path.strip_prefix('/')?.split_once('/')?;
        let (id, below) = rest.split_once('/').map_or((rest, ""), |(id, below)| (id, below));
        match (first, id, below) {
            ("v2", "credentials", id) => {
                Some(Self::Credentials(Some(id).filter(|it| !it.is_empty())))
            }
            ("api", id, "task-protection/v1/state") => Some(Self::Protection(Who::parse(id))),
            ("v3" | "v4", id, below) => {
                let version = if first == "v3" { Version::V3 } else { Version::V4 };
                let bare = !rest.contains('/');
                Some(Self::Metadata(version, Who::parse(id), About::parse(below, bare)?))
            }
            _ => None,
        }
    }
}

// === impl Version ===

impl Version {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "V3",
            Self::V4 => "V4",
        }
    }
}

// === impl Who ===

impl<'a> Who<'a> {
    fn parse(id: &'a str) -> Self {
        if id == SELF { Self::Asking } else { Self::Container(id) }
    }
}

// === impl About ===

impl About {
    fn parse(below: &str, bare: bool) -> Option<Self> {
        match below {
            "" if bare => Some(Self::Container),
            // What `taskWithTags` adds are tags, which no task here has.
            "task" | "taskWithTags" => Some(Self::Task),
            "stats" => Some(Self::ContainerStats),
            "task/stats" => Some(Self::TaskStats),
            _ => None,
        }
    }

    /// How an error names who found it, and what it was after.
    pub(super) fn handler(self) -> (&'static str, &'static str) {
        match self {
            Self::Container => ("container metadata handler", "container ID"),
            Self::Task => ("task metadata handler", "task arn"),
            Self::ContainerStats => ("container stats handler", "container ID"),
            Self::TaskStats => ("task stats handler", "task arn"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_endpoint_is_known() {
        let metadata = |version, about| Some(Path::Metadata(version, Who::Container("a-1"), about));
        for (path, expected) in [
            ("/v4/a-1", metadata(Version::V4, About::Container)),
            ("/v4/a-1/task", metadata(Version::V4, About::Task)),
            ("/v4/a-1/taskWithTags", metadata(Version::V4, About::Task)),
            ("/v4/a-1/stats", metadata(Version::V4, About::ContainerStats)),
            ("/v3/a-1/task/stats", metadata(Version::V3, About::TaskStats)),
            ("/v4/self", Some(Path::Metadata(Version::V4, Who::Asking, About::Container))),
            ("/api/self/task-protection/v1/state", Some(Path::Protection(Who::Asking))),
            ("/v2/credentials/a", Some(Path::Credentials(Some("a")))),
            ("/v2/credentials/", Some(Path::Credentials(None))),
            ("/v2/credentials", Some(Path::Credentials(None))),
        ] {
            assert_eq!(Path::parse(path), expected, "{path}");
        }
    }

    #[test]
    fn there_is_nothing_at_any_other_path() {
        for path in [
            "",
            "/",
            "v4/a",
            "/v4",
            "/v4/a/",
            "/v4/a/task/",
            "/v5/a",
            "/V4/a",
            "/api/a",
            "/v2/stats",
        ] {
            assert_eq!(Path::parse(path), None, "{path}");
        }
    }
}

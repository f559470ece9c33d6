//! The paths of the endpoint, and what they ask for (cloudmap-ecs §4.1, §4.5).

/// What stands in a path for the container that asks from its own address. Whoever runs tasks without
/// knowing their ids beforehand, as Compose does, can give them no other path.
const SELF: &str = "self";

/// A path of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndpointPath<'a> {
    /// `/v4/<docker id>…`: metadata or statistics.
    Metadata(EndpointVersion, Who<'a>, Subject),
    /// `/api/<docker id>/task-protection/v1/state`: the task's protection.
    Protection(Who<'a>),
    /// `/v2/credentials/<id>`: a role's credentials.
    Credentials(Option<&'a str>),
}

/// A version of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndpointVersion {
    V3,
    V4,
}

/// Which container a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who<'a> {
    /// The container with this docker id.
    Container(&'a str),
    /// The container at the address that the request comes from.
    Asking,
}

/// What a path asks about a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Container,
    Task,
    ContainerStats,
    TaskStats,
}

// === impl EndpointPath ===

impl<'a> EndpointPath<'a> {
    /// Reads a path; `None` where there is nothing at it.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let (first, rest) = path.strip_prefix('/')?.split_once('/')?;
        let (id, below) = rest.split_once('/').map_or((rest, ""), |(id, below)| (id, below));
        match (first, id, below) {
            ("v2", "credentials", id) => {
                Some(Self::Credentials(Some(id).filter(|it| !it.is_empty())))
            }
            ("api", id, "task-protection/v1/state") => Some(Self::Protection(Who::parse(id))),
            ("v3" | "v4", id, below) => {
                let version = if first == "v3" { EndpointVersion::V3 } else { EndpointVersion::V4 };
                let bare = !rest.contains('/');
                Some(Self::Metadata(version, Who::parse(id), Subject::parse(below, bare)?))
            }
            _ => None,
        }
    }
}

// === impl EndpointVersion ===

impl EndpointVersion {
    /// Returns the version as errors write it.
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

// === impl Subject ===

impl Subject {
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

    /// Returns how an error names who found it, and what it was after.
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
        let metadata =
            |version, about| Some(EndpointPath::Metadata(version, Who::Container("a-1"), about));
        for (path, expected) in [
            ("/v4/a-1", metadata(EndpointVersion::V4, Subject::Container)),
            ("/v4/a-1/task", metadata(EndpointVersion::V4, Subject::Task)),
            ("/v4/a-1/taskWithTags", metadata(EndpointVersion::V4, Subject::Task)),
            ("/v4/a-1/stats", metadata(EndpointVersion::V4, Subject::ContainerStats)),
            ("/v3/a-1/task/stats", metadata(EndpointVersion::V3, Subject::TaskStats)),
            (
                "/v4/self",
                Some(EndpointPath::Metadata(EndpointVersion::V4, Who::Asking, Subject::Container)),
            ),
            ("/api/self/task-protection/v1/state", Some(EndpointPath::Protection(Who::Asking))),
            ("/v2/credentials/a", Some(EndpointPath::Credentials(Some("a")))),
            ("/v2/credentials/", Some(EndpointPath::Credentials(None))),
            ("/v2/credentials", Some(EndpointPath::Credentials(None))),
        ] {
            assert_eq!(EndpointPath::parse(path), expected, "{path}");
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
            assert_eq!(EndpointPath::parse(path), None, "{path}");
        }
    }
}

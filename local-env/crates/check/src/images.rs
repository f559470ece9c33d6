//! Whether images are for the processors that the tasks get (cloudmap-ecs §3.10).

use super::{Architectures, code, subject::Subject, value};
use cloudformation::Node;

pub(super) fn check(subject: &Subject<'_>, architectures: &Architectures) {
    for definition in subject.stack.services.iter().map(|it| &it.task_definition) {
        let id = &definition.logical_id;
        let resource = subject.resource(id);
        let wanted =
            resource.and_then(|it| it.properties.get("RuntimePlatform")?.get("CpuArchitecture"));
        let wanted = wanted.and_then(Node::text);
        let (name, wanted) = match wanted.as_deref() {
            Some("ARM64") => ("ARM64", "arm64"),
            _ => ("X86_64", "amd64"),
        };
        for (index, container) in definition.containers.iter().enumerate() {
            let Some(found) = architectures.get(&container.image) else { continue };
            if found.iter().any(|it| it == wanted) {
                continue;
            }
            let message = format!(
                "the image `{}` of `{id}` is for {}, and its tasks have {name}",
                container.image,
                found.join(" and ")
            );
            let mend = if found.iter().any(|it| it == "arm64") {
                "RuntimePlatform: {CpuArchitecture: ARM64, OperatingSystemFamily: LINUX}".to_owned()
            } else {
                format!("docker buildx build --platform linux/{wanted} …")
            };
            let place = subject.at_id(id, &value::item("ContainerDefinitions", index).key("Image"));
            subject.tell(&code::IMAGE_ARCHITECTURE, place, message, mend);
        }
    }
}

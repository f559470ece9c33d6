//! What a container's definition says of its image and its commands.

use super::{code, subject::Subject, value};
use cloudformation::{Node, Resource};
use stack::HealthCommand;
use stack_reader::resource_type::TASK_DEFINITION;

/// Words that stand in examples for something of one's own.
const PLACEHOLDERS: [&str; 12] = [
    "ACCOUNT_ID",
    "ACCOUNTID",
    "AWS_ACCOUNT",
    "CHANGEME",
    "CHANGE_ME",
    "PLACEHOLDER",
    "REPLACEME",
    "REPLACE_ME",
    "TODO",
    "XXXX",
    "YOUR-",
    "YOUR_",
];
/// Accounts of AWS's own examples.
const EXAMPLES: [&str; 4] = ["111122223333", "123456789012", "444455556666", "012345678901"];
/// An image's address as it is mostly written.
const IMAGE: &str =
    "Image: !Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/name:tag'";
const SHELLS: [&str; 4] = ["sh", "bash", "/bin/sh", "/bin/bash"];

pub(super) fn check(subject: &Subject<'_>) {
    for definition in subject.of_type(TASK_DEFINITION) {
        let containers = value::items(&definition.properties, "ContainerDefinitions");
        for (index, container) in containers.iter().enumerate() {
            if let Some(image) = container.get("Image").and_then(Node::text) {
                self::image(subject, definition, index, &image);
            }
        }
    }
    for definition in subject.stack.services.iter().map(|it| &it.task_definition) {
        for (index, container) in definition.containers.iter().enumerate() {
            let at = |key: &str| {
                let path = value::item("ContainerDefinitions", index).key(key);
                subject.at_id(&definition.logical_id, &path)
            };
            if let Some(check) = &container.health_check
                && let Some(program) = program(&check.command)
            {
                let message = format!(
                    "the health check of `{}` needs `{program}`, which many images do not have",
                    container.name
                );
                let mend =
                    "HealthCheck:\n  Command: [CMD, /app, healthcheck]   # its own program's";
                subject.tell(&code::CURL_CHECK, at("HealthCheck"), message, mend);
            }
            let words = container.entry_point.iter().chain(&container.command).flatten();
            if let [shell, "-c", line] = words.map(String::as_str).collect::<Vec<_>>()[..]
                && SHELLS.contains(&shell)
                && !line.contains("exec ")
            {
                let message = format!(
                    "`{}` runs its program under a shell, which gets the stop signal in its place",
                    container.name
                );
                let mend = format!("Command: [{shell}, -c, 'exec {line}']");
                subject.tell(&code::SHELL_SIGNAL, at("Command"), message, mend);
            }
        }
    }
}

fn image(subject: &Subject<'_>, definition: &Resource, index: usize, image: &str) {
    let place = || subject.at(definition, &value::item("ContainerDefinitions", index).key("Image"));
    if let Some(word) = placeholder(image) {
        let message = format!("the image `{image}` still has the placeholder `{word}` in it");
        return subject.tell(&code::IMAGE_PLACEHOLDER, place(), message, IMAGE);
    }
    let account = EXAMPLES.into_iter().find(|it| image.starts_with(&format!("{it}.dkr.ecr.")));
    if let Some(account) = account {
        let message =
            format!("the image `{image}` is in the account {account}, which AWS's examples use");
        subject.tell(&code::EXAMPLE_ACCOUNT, place(), message, IMAGE);
    }
}

/// Returns the placeholder in an image's address, which is in lower case but for its tag.
fn placeholder(image: &str) -> Option<&str> {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    if let Some(start) = name.find(['<', '{', '$', '[']) {
        return name.get(start..);
    }
    PLACEHOLDERS.into_iter().find(|word| name.contains(word))
}

fn program(command: &HealthCommand) -> Option<&'static str> {
    let text = match command {
        HealthCommand::Program(words) => words.first().cloned().unwrap_or_default(),
        HealthCommand::Shell(line) => line.clone(),
    };
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.find_map(|word| ["curl", "wget"].into_iter().find(|it| *it == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_names_are_not() {
        for image in [
            "ACCOUNT_ID.dkr.ecr.us-west-2.amazonaws.com/web:v1",
            "<account>.dkr.ecr.us-west-2.amazonaws.com/web",
            "${AWS::AccountId}.dkr.ecr.us-west-2.amazonaws.com/web",
            "YOUR_REPOSITORY/web",
            "team/web:REPLACE_ME",
        ] {
            assert!(placeholder(image).is_some(), "{image}");
        }
        for image in [
            "123456789012.dkr.ecr.us-west-2.amazonaws.com/todo:v1",
            "your-team/web:latest",
            "team/web@sha256:abc",
        ] {
            assert_eq!(placeholder(image), None, "{image}");
        }
    }
}

//! The registry has the repositories that the services' tasks pull from.

use serde_json::Value;

#[test]
fn every_image_of_the_services_has_its_repository() {
    let registry = read(&infra::registry_template());
    let services = read(&infra::services_template()).to_string();
    let repositories = registry["Resources"].as_object().expect("resources");
    assert_eq!(repositories.len(), 3);
    for repository in repositories.values() {
        assert_eq!(repository["Type"], "AWS::ECR::Repository");
        let name = repository["Properties"]["RepositoryName"].as_str().expect("a name");
        assert!(services.contains(&format!("${{AWS::URLSuffix}}/{name}:${{ImageTag}}")));
        assert!(services.contains(&format!(":repository/{name}\"")));
    }
}

#[test]
fn the_registry_asks_for_no_parameters() {
    assert_eq!(read(&infra::registry_template()).get("Parameters"), None);
}

fn read(template: &infra::Template) -> Value {
    serde_json::from_str(&template.to_json()).expect("JSON")
}

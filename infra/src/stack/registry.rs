//! The repositories of the services' images. They are a stack of their own because an image must
//! have been pushed before a service can start from it.

use crate::{aws::ecr, stack::sample::SERVICES, template::Template};

/// Three ECR repositories, one for each service.
pub fn registry_template() -> Template {
    let mut template = Template::new("The ECR repositories of the three services' images");
    for sample in &SERVICES {
        let repository = ecr::Repository { repository_name: sample.address.name };
        let id = template.add(sample.part("Repository"), repository);
        template.output(
            sample.part("RepositoryUri"),
            "What the service's image is tagged with before it is pushed",
            id.attribute("RepositoryUri"),
        );
    }
    template
}

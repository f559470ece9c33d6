//! `local-env route`: prints which rule would take a request, and why.

use std::net::{IpAddr, Ipv4Addr};

use clap::Args;

use super::{
    print::print,
    screen::Screen,
    templates::{TemplateArguments, tell_made_up, tell_partial},
};
use crate::{
    project::Project,
    route::{self, Asked, Url},
    templates::DefaultTemplate,
};
use stack::{Allowed, Stack};

/// Show which listener rule matches a request, why earlier rules do not, and what the target receives
#[derive(Debug, Args)]
pub(super) struct Route {
    /// The request's URL, as in `https://example.com/api?v=1`; its port is the listener's
    url: Url,
    #[command(flatten)]
    templates: TemplateArguments,
    /// The request's method
    #[arg(long, value_name = "METHOD", default_value = "GET", value_parser = route::method)]
    method: String,
    /// A header of the request; repeat the option to give several
    #[arg(long, value_name = "NAME: VALUE", value_parser = route::header)]
    header: Vec<(String, String)>,
    /// Leave out, and report, resources that are not emulated and would change what clients see
    #[arg(long)]
    allow_partial: bool,
    /// The address that the request comes from
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    source: IpAddr,
}

/// Runs the command.
pub(super) fn run(command: &Route, default: DefaultTemplate) -> miette::Result<()> {
    let templates = command.templates.templates(default);
    let project = Project::read(&templates.project_file())?;
    // Where the client is authenticated first, the rule is the same.
    let allowed = Allowed { unauthenticated: true, partial: command.allow_partial };
    let (resolved, made_up) = templates.parse()?.make_up(&project)?;
    tell_made_up(&made_up);
    let stack = stack_reader::read(&resolved, allowed)?;
    tell_partial(&stack);
    let asked = command.asked();
    for warning in asked.warnings() {
        Screen::warn(&warning);
    }
    print(&told(&stack, &asked)?)
}

/// What happens to a request, as text.
fn told(stack: &Stack, asked: &Asked) -> miette::Result<String> {
    let (balancer, listener) = route::listener(stack, &asked.url)?;
    Ok(route::told(stack, balancer, listener, asked)?.text)
}

// === impl Route ===

impl Route {
    fn asked(&self) -> Asked {
        Asked::new(&self.method, self.url.clone(), &self.header, self.source)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use cloudformation::{Inputs, Source, Template};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        route: Route,
    }

    fn asked(arguments: &[&str]) -> Asked {
        let line = ["route"].iter().chain(arguments);
        Line::try_parse_from(line).unwrap().route.asked()
    }

    fn sample() -> Stack {
        let source = Source::new("template", &infra::services_template().to_json());
        let mut inputs = Inputs::new("services");
        let given = [("DomainName", "services.example.com"), ("HostedZoneId", "Z0")];
        inputs.parameters.extend(given.map(|(name, value)| (name.into(), value.into())));
        stack_reader::read(
            &Template::parse(&source).unwrap().resolve(&inputs).unwrap(),
            Allowed::default(),
        )
        .unwrap()
    }

    fn told_of(arguments: &[&str]) -> String {
        told(&sample(), &asked(arguments)).unwrap()
    }

    #[test]
    fn the_rule_its_target_group_and_what_the_target_sees_are_told() {
        let text = told_of(&["https://services.example.com/service2/items%2F1?x=1"]);
        for part in [
            "HTTPS listener at port 443 of ",
            "not rule 1 ",
            "is not like `/service1*`",
            "\nrule 2 ",
            "\n  forward to ServiceTwoTarget (tasks of service2)\n",
            "\n  the target gets GET /service2/items%2F1?x=1 with Host services.example.com\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_redirect_is_told_with_its_location_here_and_the_published_port_is_understood() {
        for url in ["http://localhost:8080/a?b=c", "localhost:80/a?b=c"] {
            let text = told_of(&[url]);
            assert!(text.starts_with("HTTP listener at port 80 of "), "{text}");
            assert!(
                text.ends_with(
                    "\nthe default rule\n  redirect 301 to https://localhost:8443/a?b=c\n  in AWS to \
                     https://localhost:443/a?b=c\n"
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn a_fixed_response_is_told_with_its_status_and_body() {
        let text = told_of(&["https://localhost/"]);
        assert!(text.contains("\nthe default rule\n  answer 200 application/json: {"), "{text}");
    }

    #[test]
    fn a_path_above_the_root_is_answered_with_400() {
        let text = told_of(&["https://localhost/a/../.."]);
        assert!(text.ends_with("so that the answer is 400\n"), "{text}");
    }

    #[test]
    fn a_port_that_no_listener_has_is_refused_with_those_that_there_are() {
        let error = told(&sample(), &asked(&["http://localhost:81/"])).unwrap_err();
        assert_eq!(error.to_string(), "no listener has port 81");
        let help = error.help().unwrap().to_string();
        assert!(help.contains("http://localhost") && help.contains("https://localhost"), "{help}");
    }

    #[test]
    fn of_two_load_balancers_at_one_port_the_url_names_one() {
        let mut stack = sample();
        let mut second = stack.load_balancers[0].clone();
        (second.name, second.logical_id) = ("inner".into(), "Inner".into());
        second.arn = stack::Arn::from("inner");
        stack.load_balancers.push(second);
        let told = |url: &str| told(&stack, &asked(&[url]));
        let error = told("http://localhost/").unwrap_err();
        let help = error.help().unwrap().to_string();
        assert!(
            help.contains("localhost:8080, or ") && help.contains("localhost:8081, or inner"),
            "{help}"
        );
        for url in ["http://localhost:8081/a", "http://inner/a", "http://INNER:80/a"] {
            let text = told(url).unwrap();
            assert!(text.contains("port 80 of inner\n"), "{text}");
            assert!(text.contains(":8444/a\n"), "{text}");
        }
    }

    #[test]
    fn a_listener_that_speaks_otherwise_is_told_of() {
        let error = told(&sample(), &asked(&["http://localhost:443/"])).unwrap_err();
        assert_eq!(error.to_string(), "the listener at port 443 speaks HTTPS");
    }

    #[test]
    fn paths_that_rules_see_otherwise_are_warned_of() {
        let warnings = |url| asked(&[url]).warnings();
        assert!(warnings("https://h/a?x=%20//").is_empty());
        let [encoded] = &warnings("https://h/im%67/a")[..] else { panic!("not one warning") };
        assert!(encoded.contains("`/img/a`"), "{encoded}");
        let [slashes] = &warnings("https://h/a//b")[..] else { panic!("not one warning") };
        assert!(slashes.contains("`//`"), "{slashes}");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for line in [
            &["ftp://h/"][..],
            &["http://h/a b"],
            &["http:///a"],
            &["http://h:99999/"],
            &["http://h/", "--method", "GET /"],
            &["http://h/", "--header", "X-A"],
            &["http://h/", "--header", "X A: 1"],
            &["http://h/", "--header", "X-A: 1\r\nX-B: 2"],
        ] {
            let line = ["route"].iter().chain(line);
            assert!(Line::try_parse_from(line.clone()).is_err(), "{:?}", line.collect::<Vec<_>>());
        }
    }
}

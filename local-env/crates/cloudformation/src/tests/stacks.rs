//! Nested stacks, and several stacks as one.

use std::sync::Arc;

use super::*;

/// A library with these templates, by their URL or asset.
fn library(templates: &'static [(&str, &str)]) -> Library {
    Library::new(move |wanted| {
        let name = wanted.asset.unwrap_or(wanted.url);
        let (name, text) = templates.iter().find(|(known, _)| *known == name)?;
        Some(Template::parse(&Source::new(name, text)).map(Arc::new))
    })
}

const PARENT: &str = "
Resources:
  A:
    Type: A::B::C
    Properties: {X: !GetAtt Inner.Outputs.Name, Y: !Ref Inner}
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner.yaml, Parameters: {Names: [a, b], Own: !Ref AWS::StackName}}
";

const INNER: &str = "
Parameters: {Names: {Type: CommaDelimitedList}, Own: {Type: String}}
Resources:
  A: {Type: A::B::C, Properties: {X: !Join ['-', !Ref Names], Y: !Ref Own}}
  B: {Type: A::B::C, DependsOn: A}
Outputs: {Name: {Value: !Sub '${AWS::StackName}/${Own}'}}
";

#[test]
fn a_nested_stack_is_read_with_its_parameters_and_outputs() {
    let inputs = Inputs { library: library(&[("inner.yaml", INNER)]), ..inputs(&[]) };
    let template = Template::parse(&Source::new("test.yaml", PARENT)).unwrap();
    let resolved = template.resolve(&inputs).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(resolved.resources.keys().collect::<Vec<_>>(), ["A", "Inner-A", "B"]);
    let property = |name: &str, key| write(resolved.resources[name].properties.get(key).unwrap());
    assert!(property("A", "X").starts_with("Shop-Inner-"), "{}", property("A", "X"));
    assert!(property("A", "X").ends_with("/Shop"));
    assert!(
        property("A", "Y")
            .starts_with("arn:aws:cloudformation:us-west-2:000000000000:stack/Shop-Inner-")
    );
    assert_eq!(property("Inner-A", "X"), "a-b");
    assert_eq!(resolved.resources["B"].depends_on, ["Inner-A"]);
    // Each place is one in its own text.
    let span = resolved.resources["Inner-A"].span;
    assert_eq!(resolved.source.name_at(span), "inner.yaml");
    assert_eq!(resolved.source.line(span), 4);
    assert_eq!(&resolved.source.text()[span.offset()..][..span.len()], "A");
}

#[test]
fn a_nested_stack_that_is_not_found_stays_what_it_is() {
    let resolved = resolve(PARENT, &[]).unwrap();
    assert_eq!(resolved.resources["Inner"].resource_type, "AWS::CloudFormation::Stack");
}

#[test]
fn what_is_wrong_with_a_nested_stack_is_shown_in_its_own_text() {
    const WRONG: &str = "Parameters: {Names: {Type: CommaDelimitedList}, Own: {Type: String}}
Resources:
  A: {Type: A::B::C, Properties: {X: !Ref Nope}}
Outputs: {Name: {Value: x}}
";
    let inputs = Inputs { library: library(&[("inner.yaml", WRONG)]), ..inputs(&[]) };
    let template = Template::parse(&Source::new("test.yaml", PARENT)).unwrap();
    let shown = render(&template.resolve(&inputs).unwrap_err());
    for part in ["nested stack `Inner`", "inner.yaml:3:", "X: !Ref Nope"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn a_template_that_nests_itself_is_an_error() {
    const OWN: &str = "Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: own.yaml}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: own.yaml}}
";
    let inputs = Inputs { library: library(&[("own.yaml", OWN)]), ..inputs(&[]) };
    let template = Template::parse(&Source::new("own.yaml", OWN)).unwrap();
    let shown = render(&template.resolve(&inputs).unwrap_err());
    assert!(shown.contains("is more than 10 stacks deep"), "{shown}");
    assert!(shown.len() < 2_000_000, "{}", shown.len());
}

#[test]
fn two_stacks_become_one_and_keep_their_names_apart() {
    let stack = |name: &str| {
        let text = "Resources: {A: {Type: A::B::C}, NAME: {Type: A::B::C, DependsOn: A}}";
        let source = Source::new(format!("{name}.yaml"), &text.replace("NAME", name));
        let resolved = Template::parse(&source).unwrap().resolve(&Inputs::new(name)).unwrap();
        (name.to_owned(), resolved)
    };
    let joined = Resolved::joined(vec![stack("One"), stack("Two")]).unwrap();
    assert_eq!(joined.resources.keys().collect::<Vec<_>>(), ["One-A", "One", "Two-A", "Two"]);
    assert_eq!(joined.resources["Two"].depends_on, ["Two-A"]);
    assert_ne!(joined.resources["One-A"].reference(), joined.resources["Two-A"].reference());
    assert_eq!(joined.source.name_at(joined.resources["Two-A"].span), "Two.yaml");
    assert_eq!(joined.stack_name, "One-Two");
}

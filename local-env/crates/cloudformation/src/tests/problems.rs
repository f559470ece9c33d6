//! What templates are refused for, and how that is told.

use miette::Diagnostic as _;

use super::*;

#[test]
fn conditions_leave_resources_out() {
    let text = "
Parameters: {Env: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
Resources:
  A: {Type: AWS::SQS::Queue, Condition: IsProd}
  B: {Type: AWS::SQS::Queue, DependsOn: A}
Outputs:
  A: {Condition: IsProd, Value: !Ref A}
  B: {Value: !Ref B, Export: {Name: !Sub '${Env}-b'}}
";
    let resolved = resolve(text, &[]).unwrap();
    assert_eq!(resolved.resources.keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(resolved.outputs.keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(resolved.outputs["B"].export.as_deref(), Some("dev-b"));
    assert_eq!(resolve(text, &[("Env", "prod")]).unwrap().resources.len(), 2);

    let text = text.replace("DependsOn: A", "Properties: {Name: !Ref A}");
    let expected = "`Resources.B.Properties.Name` refers to `A`, which is not created: its condition `IsProd` is false";
    assert_eq!(problems(&text, &[]), [expected]);
    let text = text.replace("!Ref A}", "!If [IsProd, !Ref A, none]}");
    assert_eq!(
        write(resolve(&text, &[]).unwrap().resources["B"].properties.get("Name").unwrap()),
        "none"
    );
}

#[test]
fn circles_are_named() {
    let circle = "Resources:
  A: {Type: A::B::C, Properties: {X: !Sub 'x${B}'}}
  B: {Type: A::B::C, Properties: {X: !GetAtt C.Arn}}
  C: {Type: A::B::C, DependsOn: [A]}
";
    assert_eq!(problems(circle, &[]), ["`A` → `B` → `C` → `A` depend on one another in a circle"]);
    let own = "Resources: {A: {Type: A::B::C, Properties: {X: !Ref A}}}";
    assert_eq!(problems(own, &[]), ["`A` → `A` depend on one another in a circle"]);
    let conditions =
        "Conditions: {A: !Not [!Condition B], B: {Condition: A}}\nResources: {R: {Type: A::B::C}}";
    assert_eq!(problems(conditions, &[]), ["`A` → `B` → `A` depend on one another in a circle"]);
}

#[test]
fn a_template_is_refused_with_all_its_problems() {
    let text = "
Resorces: {}
Resources:
  A: {Type: A::B::C, Propertys: {}}
  B: {Properties: {}}
  C: {Type: A::B::C, DependsOn: {}}
";
    assert_eq!(
        problems(text, &[]),
        [
            "the template names the section `Resorces`, which does not exist",
            "`Resources.A` names the attribute `Propertys`, which does not exist",
            "`Resources.B` lacks `Type`",
            "`Resources.C.DependsOn` must be a text, and is a mapping",
        ]
    );
    assert_eq!(problems("Description: x", &[]), ["the template lacks `Resources`"]);
    assert_eq!(problems("Resources: {}", &[]), ["the template lacks `Resources`"]);
    assert_eq!(problems("[]", &[])[0], "the template must be a mapping, and is a list");
    let own = "Transform: [AWS::LanguageExtensions, Mine]\nResources: {A: {Type: A::B::C}}";
    assert_eq!(problems(own, &[]), ["`Transform` uses the macro `Mine`, which is not emulated"]);
    let globals = "Globals: {Function: {Timeout: 3}}\nResources: {A: {Type: A::B::C}}";
    assert_eq!(
        problems(globals, &[]),
        ["the template names the section `Globals`, which does not exist"]
    );
    let twice =
        "Resources: {A: {Type: A::B::C, DependsOn: Nope, Properties: {X: !Ref Nope, Y: !Ref No}}}";
    assert_eq!(problems(twice, &[]).len(), 1);
}

#[test]
fn what_is_wrong_is_data_whatever_the_names_in_it_look_like() {
    let text = "
Parameters:
  P: {Type: String, AllowedValues: ['a, `b`', c], Default: d}
Resources: {R: {Type: A::B::C}}
";
    let error = resolve(text, &[("Q`s", "x")]).unwrap_err();
    let [TemplateProblem::UnknownParameter { name, near }, rest] = error.problems() else {
        panic!("{error:?}")
    };
    assert_eq!((name.as_str(), near.as_deref()), ("Q`s", None));
    let TemplateProblem::ParameterValue { name, value, rule, .. } = rest else {
        panic!("{error:?}")
    };
    assert_eq!((name.as_str(), value.as_deref()), ("P", Some("d")));
    assert_eq!(**rule, ParameterRule::OneOf(vec!["a, `b`".into(), "c".into()]));

    let text = "Resources: {R.S: {Type: A::B::C, Properties: {X: [!ImportValue 'a `b`']}}}";
    let inputs = Inputs { exports: [("a `c`".into(), "x".into())].into(), ..inputs(&[]) };
    let template = Template::parse(&Source::new("test.yaml", text)).unwrap();
    let error = template.resolve(&inputs).unwrap_err();
    let [TemplateProblem::NotExported { value, path, near, .. }] = error.problems() else {
        panic!("{error:?}")
    };
    assert_eq!(*value, Elsewhere::Export { name: "a `b`".into() });
    assert_eq!(*path, PropertyPath::of_properties("R.S").key("X").index(0));
    assert_eq!(near.as_deref(), Some("a `c`"));
}

#[test]
fn a_single_problem_shows_its_place_and_mend() {
    let text = "Resources:\n  A:\n    Type: A::B::C\n    Properties:\n      X: !Ref Bb\n  B:\n    Type: A::B::C\n";
    let error = resolve(text, &[]).unwrap_err();
    let shown = render(&error);
    for part in
        ["test.yaml:5:", "X: !Ref Bb", "no such parameter or resource", "help: did you mean `B`?"]
    {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn a_resource_that_is_left_out_may_be_wrong() {
    let text = "Resources:
  A: {Type: A::B::C, Properties: {X: !Ref Nope}}
  B: {Type: A::B::C, Properties: {X: !Ref A}}";
    let inputs = Inputs { ignored: ["A".to_owned()].into(), ..inputs(&[]) };
    let template = Template::parse(&Source::new("test.yaml", text)).unwrap();
    let resolved = template.resolve(&inputs).unwrap();
    assert_eq!(resolved.resources.keys().collect::<Vec<_>>(), ["B"]);
}

#[test]
fn macros_that_change_their_own_kinds_alone_leave_the_rest_as_it_is() {
    let text = "Transform: [AWS::Serverless-2016-10-31, AWS::SecretsManager-2024-09-16]\n\
                Globals: {Function: {Timeout: 3}}\n\
                Resources: {A: {Type: AWS::Serverless::Function, Properties: {B: !Ref AWS::Region}}}";
    let resolved = resolve(text, &[]).unwrap();
    assert_eq!(resolved.resources["A"].properties.get("B").unwrap().text().unwrap(), "us-west-2");
}

#[test]
fn each_problem_says_what_to_do() {
    let mend = |text: &str| {
        let error = resolve(text, &[]).expect_err("the template is wrong");
        error.problems()[0].help().map(|help| help.to_string()).unwrap_or_default()
    };
    let property =
        |value: &str| format!("Resources: {{R: {{Type: A::B::C, Properties: {{P: {value}}}}}}}");
    for (text, expected) in [
        (property("!Ref RR"), "did you mean `R`?"),
        (property("!Join [a]"), r#"write it as `{"Fn::Join": ["delimiter", [value, …]]}`"#),
        (property("!Length [a]"), "add `Transform: AWS::LanguageExtensions` to the template"),
        (property("!ImportValue a"), "give the template that has it too"),
        (property("!ImportValue a"), "under `[imports]`"),
        (
            "Conditions: {C: !Not [a, b]}\nResources: {R: {Type: A::B::C}}".to_owned(),
            r#"write it as `{"Fn::Not": [condition]}`"#,
        ),
        (
            "Transform: {Name: Mine, Parameters: {}}\nResources: {R: {Type: A::B::C}}".to_owned(),
            "get-template --template-stage Processed",
        ),
        (
            "AWSTemplateFormatVersion: '2011-01-01'\nResources: {R: {Type: A::B::C}}".to_owned(),
            "the only version",
        ),
        (
            "Xxxxxxxxxxxxxxxxxx: {}\nResources: {R: {Type: A::B::C}}".to_owned(),
            "CloudFormation knows `AWSTemplateFormatVersion`, `Description`,",
        ),
    ] {
        let mend = mend(&text);
        assert!(mend.contains(expected), "{text}: {mend}");
    }
}

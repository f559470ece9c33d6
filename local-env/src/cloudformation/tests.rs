//! What templates resolve to, and what they are refused for.

use super::*;

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let pairs = parameters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Inputs { parameters: pairs.collect(), ..Inputs::new("Shop") }
}

fn resolve(text: &str, parameters: &[(&str, &str)]) -> Result<Resolved, TemplateError> {
    Template::parse(&Source::new("test.yaml", text))?.resolve(&inputs(parameters))
}

/// The property `P` of the resource `R`, as text, with lists written with commas.
#[track_caller]
fn value(expression: &str) -> String {
    let text = format!(
        "Parameters:
  Env: {{Type: String, Default: dev}}
  Zones: {{Type: CommaDelimitedList, Default: 'x, y'}}
  Kept: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /kept/here}}
Mappings: {{Sizes: {{dev: {{Cpu: 256, Names: [a, b]}}}}}}
Conditions:
  IsDev: !Equals [!Ref Env, dev]
  IsNot: !Not [!Condition IsDev]
  Both: !And [!Condition IsDev, !Condition IsNot]
  Either: !Or [!Condition Both, !Condition IsDev]
Resources:
  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  R:
    Type: AWS::SQS::Queue
    Properties:
      P: {expression}
"
    );
    let resolved = resolve(&text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let node = resolved.resources["R"].properties.get("P").map(write);
    node.unwrap_or_else(|| "absent".to_owned())
}

fn write(node: &Node) -> String {
    match node.items() {
        Some(items) => items.iter().map(write).collect::<Vec<_>>().join(","),
        None => node.text().map_or_else(|| node.kind().to_owned(), String::from),
    }
}

#[track_caller]
fn problems(text: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    let error = resolve(text, parameters).expect_err("the template is wrong");
    error.problems().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn wrong(expression: &str) -> String {
    let text = format!("Resources: {{R: {{Type: A::B::C, Properties: {{P: {expression}}}}}}}");
    problems(&text, &[]).join("; ")
}

#[test]
fn functions_give_what_cloudformations_give() {
    for (expression, expected) in [
        ("!Ref Env", "dev"),
        ("!Ref Zones", "x,y"),
        ("!Ref AWS::AccountId", "000000000000"),
        ("!Ref AWS::Region", "us-west-2"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::StackName", "Shop"),
        ("!Ref AWS::NoValue", "absent"),
        ("[a, !Ref AWS::NoValue, b]", "a,b"),
        ("!GetAtt Vpc.CidrBlock", "10.0.0.0/16"),
        ("{Fn::GetAtt: [Vpc, CidrBlock]}", "10.0.0.0/16"),
        (
            "!Sub '${Env}-${AWS::Region}-${Vpc.CidrBlock}-${!Env}'",
            "dev-us-west-2-10.0.0.0/16-${Env}",
        ),
        ("!Sub ['${Env}${Own}', {Own: !Select [1, !Ref Zones], Env: x}]", "xy"),
        ("!Join ['-', [a, 1, true, !Ref Env]]", "a-1-true-dev"),
        ("!Join [':', !Ref Zones]", "x:y"),
        ("!Select ['1', !Split ['/', a/b/c]]", "b"),
        ("!Select [0, !GetAZs '']", "us-west-2a"),
        ("!Select [1, !GetAZs {Ref: AWS::Region}]", "us-west-2b"),
        ("!FindInMap [Sizes, !Ref Env, Cpu]", "256"),
        ("!FindInMap [Sizes, dev, Names]", "a,b"),
        ("!Base64 hello", "aGVsbG8="),
        ("!If [IsDev, small, large]", "small"),
        ("!If [IsNot, small, !Ref AWS::NoValue]", "absent"),
        ("!If [Both, a, !If [Either, b, c]]", "b"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn what_a_function_cannot_take_is_told() {
    for (expression, expected) in [
        (
            "!Ref Nope",
            "`Resources.R.Properties.P` names the parameter or resource `Nope`, which does not exist",
        ),
        (
            "!GetAtt X",
            "`Fn::GetAtt` at `Resources.R.Properties.P` needs a dot between resource and attribute",
        ),
        ("!Join [a]", "`Fn::Join` at `Resources.R.Properties.P` needs a list of 2 items"),
        ("!Join ['', [[a]]]", "`Fn::Join` at `Resources.R.Properties.P` needs a text, not a list"),
        (
            "!Select [3, [a]]",
            "`Fn::Select` at `Resources.R.Properties.P` asks for item 3 of 1, counted from 0",
        ),
        (
            "!Split ['', a]",
            "`Fn::Split` at `Resources.R.Properties.P` needs a delimiter that is not empty",
        ),
        (
            "!If [Nope, a, b]",
            "`Resources.R.Properties.P` names the condition `Nope`, which does not exist",
        ),
        (
            "!FindInMap [A, b, c]",
            "`Resources.R.Properties.P` names the key of a mapping `A`, which does not exist",
        ),
        (
            "!ImportValue x",
            "`Resources.R.Properties.P` uses `Fn::ImportValue`, which is not emulated",
        ),
        (
            "{a: [!Cidr x]}",
            "`Resources.R.Properties.P.a[0]` uses `Fn::Cidr`, which is not emulated",
        ),
        (
            "!Jion x",
            "`Resources.R.Properties.P` names the function `Fn::Jion`, which does not exist",
        ),
        (
            "{Fn::Sub: a, b: c}",
            "`Fn::Sub` at `Resources.R.Properties.P` must be the only key of its mapping",
        ),
        (
            "!Sub '${}'",
            "`Resources.R.Properties.P` names the parameter or resource ``, which does not exist",
        ),
    ] {
        assert_eq!(wrong(expression), expected, "{expression}");
    }
}

#[test]
fn functions_inside_of_functions_cannot_fill_the_memory() {
    let mut bomb = String::from("x");
    for _ in 0..25 {
        bomb = format!("!Sub ['${{V}}${{V}}', {{V: {bomb}}}]");
    }
    assert!(wrong(&bomb).contains("longer than a template may be"));
}

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
            "`the template` names the section `Resorces`, which does not exist",
            "`Resources.A` names the attribute `Propertys`, which does not exist",
            "`Resources.B` lacks `Type`",
            "`Resources.C.DependsOn` must be a text, and is a mapping",
        ]
    );
    assert_eq!(problems("Description: x", &[]), ["`the template` lacks `Resources`"]);
    assert_eq!(problems("Resources: {}", &[]), ["`the template` lacks `Resources`"]);
    assert_eq!(problems("[]", &[])[0], "`the template` must be a mapping, and is a list");
    let serverless = "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: A::B::C}}";
    assert_eq!(
        problems(serverless, &[]),
        ["`Transform` uses a macro of CloudFormation's, which is not emulated"]
    );
    let twice =
        "Resources: {A: {Type: A::B::C, DependsOn: Nope, Properties: {X: !Ref Nope, Y: !Ref No}}}";
    assert_eq!(problems(twice, &[]).len(), 1);
}

#[test]
fn parameters_are_asked_for_all_at_once() {
    let text = "Parameters: {A: {Type: String}, B: {Type: Number}, C: {Type: String, Default: c}}\n\
                Resources: {R: {Type: A::B::C}}";
    assert_eq!(problems(text, &[]), ["the template needs a value for `A`, `B`"]);
    assert_eq!(
        problems(text, &[("A", "a"), ("B", "1"), ("c", "x")]),
        ["the template has no parameter `c`, but a value is given for it"]
    );
    resolve(text, &[("A", "a"), ("B", "1")]).unwrap();
}

#[test]
fn parameters_keep_their_own_rules() {
    let told = |declaration: &str, value: &str| {
        let text =
            format!("Parameters: {{P: {{{declaration}}}}}\nResources: {{R: {{Type: A::B::C}}}}");
        resolve(&text, &[("P", value)]).err().map(|error| error.problems()[0].to_string())
    };
    let rules = [
        ("Type: Number", "1.5", "x", "which is not a number"),
        ("Type: Number, MinValue: 1", "1", "0", "which must be at least 1"),
        ("Type: Number, MaxValue: '3'", "3", "4", "which must be at most 3"),
        ("Type: List<Number>", "1, 2", "x", "which is not a number"),
        ("Type: String, MaxLength: 2", "äö", "äöü", "which must be at most 2 characters long"),
        ("Type: String, AllowedValues: [a, 1]", "1", "b", "which must be one of a, 1"),
        ("Type: String, AllowedPattern: '[a-z]+'", "abc", "ab1", "which must match `[a-z]+`"),
    ];
    for (declaration, good, bad, rule) in rules {
        assert_eq!(told(declaration, good), None, "{declaration}");
        assert_eq!(told(declaration, bad), Some(format!("the parameter `P` is `{bad}`, {rule}")));
    }
    let hidden = told("Type: String, NoEcho: true, MinLength: 9", "secret");
    assert_eq!(
        hidden.unwrap(),
        "the parameter `P` is hidden, which must be at least 9 characters long"
    );
}

#[test]
fn what_could_not_be_made_sure_of_is_noted() {
    let text = "
Parameters:
  Unused: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /unused}
  Kept: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /kept}
  Odd: {Type: String, Default: x, AllowedPattern: '(?=x).*'}
Resources: {R: {Type: A::B::C, Properties: {X: !Ref Kept}}}
";
    let resolved = resolve(text, &[]).unwrap();
    assert_eq!(write(resolved.resources["R"].properties.get("X").unwrap()), "/kept");
    let notes = [
        Note::SsmValue { parameter: "Kept".into() },
        Note::UncheckedPattern { parameter: "Odd".into() },
    ];
    assert_eq!(resolved.notes, notes);
    let given = resolve(text, &[("Kept", "value")]).unwrap();
    assert_eq!(given.notes, notes[1..]);
}

#[test]
fn a_single_problem_shows_its_place_and_mend() {
    let text = "Resources:\n  A:\n    Type: A::B::C\n    Properties:\n      X: !Ref Bb\n  B:\n    Type: A::B::C\n";
    let error = resolve(text, &[]).unwrap_err();
    let mut shown = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    let handler = miette::GraphicalReportHandler::new_themed(theme);
    handler.render_report(&mut shown, &error).unwrap();
    for part in
        ["test.yaml:5:", "X: !Ref Bb", "no such parameter or resource", "help: did you mean `B`?"]
    {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

//! What templates resolve to, and what they are refused for.

use std::fmt::Write as _;

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
        ("!Select [3, !GetAZs ]", "us-west-2d"),
        ("!Select [2, !GetAZs eu-west-1]", "eu-west-1c"),
        ("!Select [1, !GetAZs {Ref: AWS::Region}]", "us-west-2b"),
        ("!FindInMap [Sizes, !Ref Env, Cpu]", "256"),
        ("!FindInMap [Sizes, dev, Names]", "a,b"),
        ("!Base64 hello", "aGVsbG8="),
        ("!Cidr [10.0.0.0/16, 2, 8]", "10.0.0.0/24,10.0.1.0/24"),
        ("!Select [5, !Cidr [!GetAtt Vpc.CidrBlock, '6', '5']]", "10.0.0.160/27"),
        ("!Cidr ['2001:db8::/56', 2, 64]", "2001:db8::/64,2001:db8:0:1::/64"),
        ("!Select [1, !Cidr [10.1.0.0/16, 2]]", "10.1.1.0/24"),
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
            "`Resources.R.Properties.P` names the mapping `A`, which does not exist",
        ),
        (
            "!ImportValue x",
            "`Resources.R.Properties.P` asks for the export `x`, which none of the given stacks has",
        ),
        (
            "!GetStackOutput {StackName: Net, OutputName: Vpc, Region: us-west-2}",
            "`Resources.R.Properties.P` asks for the output `Vpc` of the stack `Net`, which none of \
             the given stacks has",
        ),
        (
            "!GetStackOutput {StackName: Net}",
            "`Fn::GetStackOutput` at `Resources.R.Properties.P` lacks `OutputName`",
        ),
        (
            "{a: [!Transform {Name: Mine}]}",
            "`Resources.R.Properties.P.a[0]` uses `Fn::Transform`, which is not emulated",
        ),
        (
            "!Cidr [10.0.0.0/24, 3, 7]",
            "`Fn::Cidr` at `Resources.R.Properties.P` asks for 3 blocks, where 10.0.0.0/24 has fewer",
        ),
        (
            "!Cidr [10.0.0.0, 3]",
            "`Fn::Cidr` at `Resources.R.Properties.P` needs a CIDR block, not `10.0.0.0`",
        ),
        (
            "!Length [a]",
            "`Fn::Length` at `Resources.R.Properties.P` needs the transform `AWS::LanguageExtensions`",
        ),
        (
            "!FindInMap [A, b, c, {DefaultValue: d}]",
            "`Fn::FindInMap` at `Resources.R.Properties.P` needs the transform \
             `AWS::LanguageExtensions` for its `DefaultValue`",
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
        ("Type: Number", "1.5", "x", "be a number"),
        ("Type: Number, MinValue: 1", "1", "0", "be at least 1"),
        ("Type: Number, MaxValue: '3'", "3", "4", "be at most 3"),
        ("Type: List<Number>", "1, 2", "x", "be a number"),
        ("Type: String, MaxLength: 2", "äö", "äöü", "be at most 2 characters long"),
        ("Type: String, AllowedValues: [a, 1]", "1", "b", "be one of `a`, `1`"),
        ("Type: String, AllowedPattern: '[a-z]+'", "abc", "ab1", "match `[a-z]+`"),
    ];
    for (declaration, good, bad, rule) in rules {
        assert_eq!(told(declaration, good), None, "{declaration}");
        assert_eq!(
            told(declaration, bad),
            Some(format!("the parameter `P` must {rule}, and is `{bad}`"))
        );
    }
    let hidden = told("Type: String, NoEcho: true, MinLength: 9", "secret");
    assert_eq!(
        hidden.unwrap(),
        "the parameter `P` must be at least 9 characters long, and is not (`NoEcho` hides its value)"
    );
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
        Note::SsmValue { parameter: "Kept".into(), name: "/kept".into() },
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
    let shown = render(&error);
    for part in
        ["test.yaml:5:", "X: !Ref Bb", "no such parameter or resource", "help: did you mean `B`?"]
    {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

const EXTENDED: &str = "
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'web, job-1'}
Mappings: {Sizes: {dev: {Cpu: 256}}}
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue&{Name}:
        Type: A::B::C
        Properties:
          Name: !Sub '${Name}-${AWS::Region}'
          Count: !Length [a, !Ref Name, c]
          Json: !ToJsonString {a: [!Ref Name, 1, true], b: {c: null}}
          Size: !FindInMap [Sizes, !Ref Name, Cpu, {DefaultValue: 512}]
          Known: !FindInMap [Sizes, dev, Cpu, {DefaultValue: 512}]
          Fn::ForEach::Tags:
            - Tag
            - [A, B]
            - '${Tag}${Name}': !Ref Tag
Outputs:
  Fn::ForEach::Arns:
    - Name
    - !Ref Names
    - Arn&{Name}: {Value: !GetAtt [!Sub 'Queue&{Name}', Arn]}
";

#[test]
fn loops_are_unrolled_and_the_functions_that_come_with_them_are_done() {
    let resolved = resolve(EXTENDED, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(resolved.resources.keys().collect::<Vec<_>>(), ["Queueweb", "Queuejob1"]);
    let properties = &resolved.resources["Queuejob1"].properties;
    let property = |name: &str| write(properties.get(name).unwrap());
    assert_eq!(property("Name"), "job-1-us-west-2");
    assert_eq!(property("Count"), "3");
    assert_eq!(property("Json"), r#"{"a":["job-1",1,true],"b":{"c":null}}"#);
    assert_eq!((property("Size"), property("Known")), ("512".to_owned(), "256".to_owned()));
    assert_eq!((property("Ajob-1"), property("Bjob-1")), ("A".to_owned(), "B".to_owned()));
    let arn = &resolved.outputs["Arnweb"].value;
    assert!(arn.ends_with(resolved.resources["Queueweb"].reference()), "{arn}");
    assert_eq!(resolve(EXTENDED, &[("Names", "a,b,c")]).unwrap().resources.len(), 3);
}

#[test]
fn a_loop_cannot_fill_the_memory() {
    let mut body = String::from("'KEY': 1");
    let mut key = String::from("R");
    for level in 0..12 {
        write!(key, "${{L{level}}}").unwrap();
        body = format!("Fn::ForEach::L{level}: [L{level}, [a, b, c, d, e, f, g, h], {{{body}}}]");
    }
    let body = body.replace("KEY", &key);
    let text = format!(
        "Transform: AWS::LanguageExtensions\n\
         Resources: {{R: {{Type: A::B::C, Properties: {{{body}}}}}}}"
    );
    let told = problems(&text, &[]).join("; ");
    assert!(told.contains("Fn::ForEach"), "{told}");
}

#[test]
fn few_functions_cannot_make_much() {
    let long = "x,".repeat(200_000);
    let uses: Vec<_> = (0..200).map(|n| format!("P{n}: !Ref L")).collect();
    let uses = uses.join(", ");
    let text = format!(
        "Parameters: {{L: {{Type: CommaDelimitedList, Default: '{long}'}}}}\n\
         Resources: {{R: {{Type: A::B::C, Properties: {{{uses}}}}}}}"
    );
    let told = problems(&text, &[]);
    assert!(told[0].contains("makes, with what comes before it, more than 256 MB"), "{told:?}");
}

#[test]
fn values_of_other_stacks_are_taken() {
    let text = "Resources: {R: {Type: A::B::C, Properties: {
      A: !ImportValue {Fn::Sub: '${AWS::Region}-vpc'},
      B: {Fn::GetStackOutput: {StackName: Net, OutputName: Vpc, Region: us-west-2}}}}}";
    let mut inputs = inputs(&[]);
    inputs.exports.insert("us-west-2-vpc".into(), "vpc-1".into());
    inputs.outputs.insert(("Net".into(), "Vpc".into()), "vpc-2".into());
    let template = Template::parse(&Source::new("test.yaml", text)).unwrap();
    let resolved = template.resolve(&inputs).unwrap();
    let properties = &resolved.resources["R"].properties;
    assert_eq!(write(properties.get("A").unwrap()), "vpc-1");
    assert_eq!(write(properties.get("B").unwrap()), "vpc-2");
}

#[test]
fn plain_parameters_are_put_in_their_place_and_secrets_are_not() {
    let text = "
Parameters: {Size: {Type: 'AWS::SSM::Parameter::Value<Number>', Default: /size}}
Resources:
  R:
    Type: A::B::C
    Properties:
      A: !Join ['', ['{{resolve:ssm:', /app/url, ':3}}/x']]
      B: '{{resolve:secretsmanager:db:SecretString:user}}'
      C: '{{resolve:ssm:/none}}'
      D: !Ref Size
";
    let mut inputs = inputs(&[]);
    inputs.ssm.insert("/app/url".into(), "http://a".into());
    inputs.ssm.insert("/size".into(), "256".into());
    let template = Template::parse(&Source::new("test.yaml", text)).unwrap();
    let resolved = template.resolve(&inputs).unwrap();
    let property = |name: &str| write(resolved.resources["R"].properties.get(name).unwrap());
    assert_eq!(property("A"), "http://a/x");
    assert_eq!(property("B"), "{{resolve:secretsmanager:db:SecretString:user}}");
    assert_eq!(property("C"), "{{resolve:ssm:/none}}");
    assert_eq!(property("D"), "256");
    let note = Note::SsmReference { name: "/none".into(), logical_id: "R".into() };
    assert_eq!(resolved.notes, [note]);
}

#[test]
fn rules_are_checked_unless_only_aws_could() {
    let text = |rule: &str| {
        format!(
            "Parameters:
  Env: {{Type: String, Default: dev}}
  Zones: {{Type: CommaDelimitedList, Default: 'a,b'}}
  Version: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /version}}
Rules: {rule}
Resources: {{R: {{Type: A::B::C}}}}"
        )
    };
    let rule = |condition: &str, assert: &str| {
        let description = "AssertDescription: mend it";
        text(&format!(
            "{{Mine: {{RuleCondition: {condition}, Assertions: [{{Assert: {assert}, {description}}}]}}}}"
        ))
    };
    let holds = "!Equals [a, a]";
    for (assert, good) in [
        ("!Contains [[dev, test], !Ref Env]", true),
        ("!Contains [[test], !Ref Env]", false),
        ("!Not [!EachMemberEquals [!Ref Zones, a]]", true),
        ("!EachMemberIn [!Ref Zones, [a, b, c]]", true),
        ("!EachMemberIn [!Ref Zones, [a]]", false),
    ] {
        let told = resolve(&rule(holds, assert), &[]).err().map(|error| error.to_string());
        let broken = "test.yaml: the template's own rule at `Rules.Mine.Assertions[0]` is broken";
        assert_eq!(told.as_deref(), (!good).then_some(broken), "{assert}");
    }
    resolve(&rule("!Equals [a, b]", "!Contains [[], a]"), &[]).unwrap();
    let unchecked = "!Equals [!ValueOf [Env, Tags.A], x]";
    let notes = resolve(&rule(holds, unchecked), &[]).unwrap().notes;
    assert_eq!(notes, [Note::UncheckedRule { rule: "Mine".into() }]);
    let bootstrap =
        "{CheckBootstrapVersion: {Assertions: [{Assert: !Not [!Contains [['1'], !Ref Version]]}]}}";
    assert_eq!(resolve(&text(bootstrap), &[]).unwrap().notes, []);
}

#[test]
fn a_parameters_type_is_one_that_cloudformation_knows() {
    let text = |kind: &str| {
        format!(
            "Parameters: {{P: {{Type: '{kind}', Default: '1'}}}}\nResources: {{R: {{Type: A::B::C}}}}"
        )
    };
    for kind in [
        "String",
        "List<Number>",
        "AWS::EC2::VPC::Id",
        "List<AWS::EC2::Subnet::Id>",
        "AWS::SSM::Parameter::Name",
        "AWS::SSM::Parameter::Value<List<String>>",
        "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
    ] {
        resolve(&text(kind), &[]).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    assert_eq!(
        problems(&text("Strnig"), &[]),
        ["`Parameters.P` names the parameter type `Strnig`, which does not exist"]
    );
}

/// A library with these templates, by their URL or asset.
fn library(templates: &'static [(&str, &str)]) -> Library {
    Library::new(move |wanted| {
        let name = wanted.asset.unwrap_or(wanted.url);
        let (name, text) = templates.iter().find(|(known, _)| *known == name)?;
        Some(Template::parse(&Source::new(name, text)))
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

fn render(error: &TemplateError) -> String {
    let mut shown = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    miette::GraphicalReportHandler::new_themed(theme).render_report(&mut shown, error).unwrap();
    shown
}

#[test]
fn macros_that_change_their_own_kinds_alone_leave_the_rest_as_it_is() {
    let text = "Transform: [AWS::Serverless-2016-10-31, AWS::SecretsManager-2024-09-16]\n\
                Globals: {Function: {Timeout: 3}}\n\
                Resources: {A: {Type: AWS::Serverless::Function, Properties: {B: !Ref AWS::Region}}}";
    let resolved = resolve(text, &[]).unwrap();
    assert_eq!(resolved.resources["A"].properties.get("B").unwrap().text().unwrap(), "us-west-2");
}

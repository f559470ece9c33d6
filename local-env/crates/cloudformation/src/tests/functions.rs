//! What functions and loops give, and what they cannot take.

use std::fmt::Write as _;

use super::*;

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
            "!Cidr [10.0.0.0/8, 300]",
            "`Fn::Cidr` at `Resources.R.Properties.P` makes 1 to 256 blocks, not 300",
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
    assert!(told.contains("`Fn::ForEach` at `Resources.R.Properties.Fn::ForEach::L11."), "{told}");
    assert!(told.ends_with("makes, with what comes before it, more than 64 MB"), "{told}");
}

#[test]
fn a_loop_cannot_make_a_key_twice() {
    let text = "
Transform: AWS::LanguageExtensions
Resources: {R: {Type: A::B::C}, Fn::ForEach::L: [L, [a, a], {'S${L}': {Type: A::B::C}}]}
";
    let expected =
        "`Fn::ForEach` at `Resources.Fn::ForEach::L.S${L}` makes the key `Sa` a second time";
    assert_eq!(problems(text, &[]), [expected]);
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

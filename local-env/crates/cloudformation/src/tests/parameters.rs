//! What parameters are bound to, and the rules that their values have to keep.

use super::*;

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

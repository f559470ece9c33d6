//! Regular expressions as AWS takes them (alb §2.5).
//!
//! AWS's dialect is nearly that of the `regex` crate, which matches them in the end: neither looks
//! around or back. What the crate takes and AWS doesn't is refused here.

use regex_syntax::ast::{
    Ast, ClassSetItem, Flag, Flags, GroupKind, Span, Visitor, parse::Parser, visit,
};

use super::field::{Field, Result};

const UNICODE: &str = "Unicode classes are not supported";
const POSSESSIVE: &str = "possessive quantifiers are not supported";
const RECURSION: &str = "recursion is not supported";

/// Whether upper and lower case differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

/// Where an expression goes beyond AWS's dialect, and with what.
struct Foreign;

/// The expression, if AWS takes it and it can be matched here.
pub(super) fn read(field: &Field<'_>, longest: usize, case: Case) -> Result<String> {
    let text = field.sized(1..=longest)?.into_owned();
    let told = |why: String, span: Option<Span>| {
        let place =
            span.map_or(String::new(), |span| format!(", at character {}", span.start.column));
        let help = format!("{why}{place}");
        field.refused(format!("is `{text}`, which AWS does not take as a regular expression"), help)
    };
    let ast = Parser::new().parse(&text);
    let ast = ast.map_err(|error| told(error.kind().to_string(), Some(*error.span())))?;
    visit(&ast, Foreign).map_err(|(why, span)| told(why.to_owned(), Some(span)))?;
    compile(&text, case).map_err(|error| told(last_line(&error), None))?;
    Ok(text)
}

/// As the load balancer will do it: over bytes, of which nobody says that they are UTF-8.
fn compile(text: &str, case: Case) -> std::result::Result<(), regex::Error> {
    let ignored = case == Case::Ignored;
    regex::bytes::RegexBuilder::new(text).unicode(false).case_insensitive(ignored).build().map(drop)
}

/// The crate's messages draw the place over several lines, and end with the reason.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

// === impl Foreign ===

impl Visitor for Foreign {
    type Output = ();
    type Err = (&'static str, Span);

    fn finish(self) -> std::result::Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> std::result::Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(class) => Err((UNICODE, class.span)),
            // The crate reads `a++` as `(a+)+`, where other dialects give nothing back.
            Ast::Repetition(repetition) if matches!(*repetition.ast, Ast::Repetition(_)) => {
                Err((POSSESSIVE, repetition.op.span))
            }
            Ast::Flags(set) => flags(&set.flags),
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(given) => flags(given),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(
        &mut self,
        item: &ClassSetItem,
    ) -> std::result::Result<(), Self::Err> {
        match item {
            ClassSetItem::Unicode(class) => Err((UNICODE, class.span)),
            _ => Ok(()),
        }
    }
}

/// To the crate `(?R)` is a flag for line ends, to others the whole expression again.
fn flags(flags: &Flags) -> std::result::Result<(), (&'static str, Span)> {
    let recursion = flags.flag_state(Flag::CRLF).is_some();
    if recursion { Err((RECURSION, flags.span)) } else { Ok(()) }
}

//! Regular expressions as AWS takes them (alb §2.5).
//!
//! AWS's dialect is nearly that of the `regex` crate, which matches them in the end: neither looks
//! around or back. What the crate takes and AWS doesn't is refused here.

use regex_syntax::ast::{
    self, Ast, ClassSetItem, Flag, Flags, GroupKind, Span, Visitor, parse::Parser, visit,
};

use crate::{
    field::{Field, Result},
    problem::{ExpressionFault, RuleFault, Syntax},
};

/// Whether upper and lower case differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

/// A visitor that finds where an expression goes beyond AWS's dialect, and with what.
struct Foreign;

/// Returns the expression, if AWS takes it and it can be matched here.
pub(super) fn read(field: &Field<'_>, longest: usize, case: Case) -> Result<String> {
    let text = field.sized(1..=longest)?.into_owned();
    let told = |syntax, span: Option<&Span>| {
        let (expression, column) = (text.clone(), span.map(|span| span.start.column));
        field.refused(RuleFault::from(ExpressionFault { expression, syntax, column }))
    };
    let broken =
        |error: ast::Error| told(Syntax::Broken(error.kind().clone().into()), Some(error.span()));
    let ast = Parser::new().parse(&text).map_err(broken)?;
    visit(&ast, Foreign).map_err(|(syntax, span)| told(syntax, Some(&span)))?;
    compile(&text, case).map_err(|error| told(Syntax::Broken(error.into()), None))?;
    Ok(text)
}

/// Compiles it as the load balancer will: over bytes, of which nobody says that they are UTF-8.
fn compile(text: &str, case: Case) -> std::result::Result<(), regex::Error> {
    let ignored = case == Case::Ignored;
    regex::bytes::RegexBuilder::new(text).unicode(false).case_insensitive(ignored).build().map(drop)
}

// === impl Foreign ===

impl Visitor for Foreign {
    type Output = ();
    type Err = (Syntax, Span);

    fn finish(self) -> std::result::Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> std::result::Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(class) => Err((Syntax::UnicodeClass, class.span)),
            // The crate reads `a++` as `(a+)+`, where other dialects give nothing back.
            Ast::Repetition(repetition) if matches!(*repetition.ast, Ast::Repetition(_)) => {
                Err((Syntax::PossessiveQuantifier, repetition.op.span))
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
            ClassSetItem::Unicode(class) => Err((Syntax::UnicodeClass, class.span)),
            _ => Ok(()),
        }
    }
}

/// Refuses what is a flag for line ends to the crate, `(?R)`, and the whole expression again to
/// others.
fn flags(flags: &Flags) -> std::result::Result<(), (Syntax, Span)> {
    let recursion = flags.flag_state(Flag::CRLF).is_some();
    if recursion { Err((Syntax::Recursion, flags.span)) } else { Ok(()) }
}

//! Drafts + facts → verdicts: the law of `ledger-rules/`, loaded, applied, explained.
//!
//! In: rule files as text, and cases. Out: a [`Law`], failures, and their words. Never: a number of
//! the law in Rust, a clock, a database.

mod appeal;
mod bodies;
mod bound;
mod check;
mod check_declarations;
mod data_notice;
mod declarables;
mod declared_sum;
mod due;
mod evaluate;
mod examples;
mod explain;
mod judge;
mod law;
mod load;
mod load_rule;
mod new_file;
mod page;
mod parcours;
mod rejudge;
mod retention;
mod rule;
mod sourced;
mod window;

pub use appeal::{APPEAL, Appeal};
pub use bodies::{Bodies, Body, STRUCTURE};
pub use check::{
    AidContext, CheckedAid, CheckedAids, CheckedTerms, Lifted, Share, align_references, check_aids,
};
pub use check_declarations::{
    CheckedDeclaration, CheckedDeclarations, DeclarationContext, check_declarations,
};
pub use data_notice::{DATA_NOTICE, DataNotice};
pub use declarables::{Declarable, Declarables, Span, Unit};
pub use due::{Due, due};
pub use evaluate::{Evaluation, Most, Reason, State, evaluate, most};
pub use examples::{ExampleFailure, run_examples};
pub use explain::Explainer;
pub use judge::{Case, Failure, Outcome, Room, judge, rooms};
pub use law::{
    Booking, Certainty, DatedValue, Dispositif, EnvelopeUse, Law, OnDate, Period, Remark, Source, Written,
};
pub use load::{dispositif_code, parse_dispositif, parse_for_judging};
pub use new_file::new_dispositif_file;
pub use page::{PageChange, PageLine, PageSection, PageText, RulePage, rule_page};
pub use rejudge::{Effect, PastAid, rejudge};
pub use retention::{Duration, LastAid, Retention, Since};
pub use rule::{
    Base, Bound, Condition, Formula, Months, Rounding, Rule, RuleKind, Sanction, Undeclared, Window,
};
pub use sourced::Sourced;

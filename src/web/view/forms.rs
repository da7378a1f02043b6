//! Forms: each field with its label, its hint and its fault; the faults again above, with a link to each.

use crate::app::{AppError, random_bytes};
use crate::ledger::seal::hex;
use crate::web::fields::{Fields, KEY};
use crate::web::page::csrf;
use crate::web::visitor::Visitor;
use maud::{Markup, html};

/// A field to lay out.
pub(in crate::web) struct Field<'a> {
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    kind: &'a str,
    mode: Option<&'a str>,
    fill: Option<&'a str>,
    required: bool,
    choices: Vec<(String, String)>,
    long: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str, kind: &'a str) -> Field<'a> {
        let (mode, fill, choices) = (None, None, Vec::new());
        Field { name, label, hint: "", kind, mode, fill, required: false, choices, long: false }
    }

    /// Words.
    pub(in crate::web) fn text(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, "text")
    }

    /// Several lines of words.
    pub(in crate::web) fn long(name: &'a str, label: &'a str) -> Field<'a> {
        Field { long: true, ..Field::new(name, label, "text") }
    }

    /// A password; `fill` is what a password manager knows it by.
    pub(in crate::web) fn password(name: &'a str, label: &'a str, fill: &'a str) -> Field<'a> {
        Field { fill: Some(fill), ..Field::new(name, label, "password") }
    }

    /// An amount in euros.
    pub(in crate::web) fn amount(name: &'a str, label: &'a str) -> Field<'a> {
        Field {
            mode: Some("decimal"),
            hint: "en euros, comme 150 ou 1\u{202f}234,56",
            ..Field::new(name, label, "text")
        }
    }

    /// A day.
    pub(in crate::web) fn day(name: &'a str, label: &'a str) -> Field<'a> {
        Field { mode: Some("numeric"), hint: "jj/mm/aaaa", ..Field::new(name, label, "text") }
    }

    /// A month.
    pub(in crate::web) fn month(name: &'a str, label: &'a str) -> Field<'a> {
        Field { hint: "mm/aaaa", ..Field::new(name, label, "text") }
    }

    /// A choice among values, each with its words.
    pub(in crate::web) fn choice(name: &'a str, label: &'a str, choices: Vec<(String, String)>) -> Field<'a> {
        Field { choices, ..Field::new(name, label, "select") }
    }

    /// Says what to write.
    pub(in crate::web) fn hint(self, hint: &'a str) -> Field<'a> {
        Field { hint, ..self }
    }

    /// What a password manager, or the browser, knows it by.
    pub(in crate::web) fn fill(self, fill: &'a str) -> Field<'a> {
        Field { fill: Some(fill), ..self }
    }

    /// It must be filled in.
    pub(in crate::web) fn required(self) -> Field<'a> {
        Field { required: true, ..self }
    }

    /// Lays it out with what was typed and what is wrong with it.
    pub(in crate::web) fn show(self, fields: &Fields) -> Markup {
        let value = if self.kind == "password" { "" } else { fields.text(self.name) };
        let fault = fields.fault_of(self.name);
        let hint_id = format!("{}-aide", self.name);
        let fault_id = format!("{}-faute", self.name);
        let described: Vec<&str> =
            [(!self.hint.is_empty()).then_some(hint_id.as_str()), fault.map(|_| fault_id.as_str())]
                .into_iter()
                .flatten()
                .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let invalid = fault.map(|_| "true");
        html! {
            div.field.faulty[fault.is_some()] {
                label for=(self.name) {
                    (self.label)
                    @if !self.required { span.optional { " (facultatif)" } }
                }
                @if !self.hint.is_empty() { span.hint id=(hint_id) { (self.hint) } }
                @if let Some(fault) = fault { span.wrong id=(fault_id) { (fault) } }
                @if self.kind == "select" {
                    select id=(self.name) name=(self.name) required[self.required]
                        aria-describedby=[described] aria-invalid=[invalid] {
                        @for (choice, words) in &self.choices {
                            option value=(choice) selected[choice == value] { (words) }
                        }
                    }
                } @else if self.long {
                    textarea id=(self.name) name=(self.name) rows="3" required[self.required]
                        aria-describedby=[described] aria-invalid=[invalid] { (value) }
                } @else {
                    input id=(self.name) name=(self.name) type=(self.kind) value=(value) inputmode=[self.mode]
                        autocomplete=(self.fill.unwrap_or("off")) required[self.required]
                        aria-describedby=[described] aria-invalid=[invalid];
                }
            }
        }
    }
}

/// What is wrong with a form, above it, each with a link to its field.
pub(in crate::web) fn faults(fields: &Fields) -> Markup {
    html! {
        @if !fields.faults.is_empty() {
            div.fault role="alert" tabindex="-1" {
                p { @if fields.faults.len() == 1 { "À corriger :" } @else { (fields.faults.len()) " points à corriger :" } }
                ul {
                    @for fault in &fields.faults {
                        li {
                            @if fault.field.is_empty() { (fault.message) }
                            @else { a href={ "#" (fault.field) } { (fault.message) } }
                        }
                    }
                }
            }
        }
    }
}

/// A form of this session, posted to an address. It carries a key: sent twice, it is done once.
pub(in crate::web) fn form(
    visitor: &Visitor,
    address: &str,
    fields: &Fields,
    inside: Markup,
) -> Result<Markup, AppError> {
    let key = match fields.text(KEY) {
        "" => hex(&random_bytes::<16>()?),
        key if fields.faults.is_empty() => key.to_string(),
        // What was corrected is another request.
        _ => hex(&random_bytes::<16>()?),
    };
    Ok(html! {
        (faults(fields))
        form.fields method="post" action=(address) novalidate {
            (csrf(visitor))
            (hidden(KEY, &key))
            (inside)
        }
    })
}

/// A value that goes with a form.
pub(in crate::web) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// Whose password a form asks for: a password manager keeps it under that name.
pub(in crate::web) fn whose_password(user: &str) -> Markup {
    html! {
        input.hidden type="text" value=(user) autocomplete="username" readonly aria-hidden="true" tabindex="-1";
    }
}

/// The button of a form.
pub(in crate::web) fn save(words: &str) -> Markup {
    html! { p.actions { button.main { (words) } } }
}

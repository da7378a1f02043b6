//! The aid that a verdict was about, as the next screens carry it: to be granted, proposed or refused.

use crate::app::{self, View};
use crate::calendar::{Date, Month};
use crate::ledger::Wording;
use crate::money::Amount;
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::server::Server;
use crate::web::view::hidden;
use crate::web::visitor::Visitor;
use maud::{Markup, html};

/// What says which aid it is.
const OF_THE_AID: [&str; 7] = ["numero", "dispositif", "nature", "montant", "mois", "le", "commission"];

/// An aid that was asked for.
pub(super) struct AskedAid {
    pub number: String,
    pub dispositif: String,
    pub nature: Option<String>,
    pub month: Month,
    pub amount: Amount,
    /// The day of the decision.
    pub on: Date,
    /// Tells whether a committee decides.
    pub committee: bool,
}

impl AskedAid {
    /// Reads it from an address or a form; what is missing sends back to the question.
    pub(super) fn read(fields: &mut Fields, today: Date) -> Result<AskedAid, Problem> {
        let (number, dispositif) = (fields.text("numero").to_string(), fields.text("dispositif").to_string());
        let nature = Some(fields.text("nature").to_string()).filter(|nature| !nature.is_empty());
        let (on, month) = (fields.day("le", today), fields.month("mois"));
        let on = on.unwrap_or_else(|| app::usual_day(month, today));
        let month = month.unwrap_or(on.month());
        let amount = fields.amount("montant");
        let committee = !fields.text("commission").is_empty();
        match amount.filter(|_| fields.faults.is_empty() && !number.is_empty() && !dispositif.is_empty()) {
            Some(amount) => Ok(AskedAid { number, dispositif, nature, month, amount, on, committee }),
            None => Err(Problem::unreadable(
                "Cette adresse ne dit pas quelle aide\u{a0}: passez par « Décider », qui demande pour qui, quelle aide et combien.",
            )),
        }
    }

    /// Returns the address of the question.
    pub(super) fn question(&self, visitor: &Visitor) -> String {
        let (month, day, amount) = (self.month.to_string(), self.on.to_french(), self.amount.to_plain());
        let query = [
            ("numero", self.number.as_str()),
            ("dispositif", &self.dispositif),
            ("nature", self.nature.as_deref().unwrap_or_default()),
            ("montant", &amount),
            ("mois", &month),
            ("le", &day),
            ("commission", if self.committee { "oui" } else { "" }),
        ];
        visitor.link("/decider", &query)
    }

    /// Says whose aid it is, and which, once the view of their file is noted.
    pub(super) async fn facts(&self, server: &Server, visitor: &Visitor) -> Result<Markup, Problem> {
        let actor = visitor.actor();
        server.views()?.note(&actor, &self.number, View::Evaluation).await?;
        let who = app::person_numbered(server.store()?, &actor, &self.number).await?;
        Ok(html! {
            p.name { (who.last_name) " " (who.first_name) span.note { " " (who.number) } }
            p.figure { (self.amount.to_euros()) }
            p {
                (self.dispositif)
                @if let Some(nature) = &self.nature { ", " (nature) }
                ", " (self.month.in_words()) ", décision du " (self.on.to_french())
                @if self.committee { ", par une commission" }
            }
        })
    }
}

/// What goes with the form: the aid.
pub(super) fn kept(fields: &Fields) -> Markup {
    html! {
        @for name in OF_THE_AID { @if !fields.text(name).is_empty() { (hidden(name, fields.text(name))) } }
    }
}

/// Notes what is refused as faults of the form: what, by which article, what to do.
pub(super) fn refuse(fields: &mut Fields, findings: &[Wording]) {
    for found in findings {
        let article = found.article.as_ref().map_or_else(String::new, |article| format!(" ({article})"));
        let advice =
            if found.advice.is_empty() { String::new() } else { format!(" Conseil : {}", found.advice) };
        fields.fault("", format!("{}{article}.{advice}", found.message.trim_end_matches('.')));
    }
}

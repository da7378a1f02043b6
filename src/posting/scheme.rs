//! Entry schemes ("schémas d'écriture"): which accounts an event moves, read from a rule file.

use crate::calendar::Date;
use crate::ledger::{Account, AccountId, AxesId, Book, Chart, Entry, EntryHeader, Line, Side};
use crate::money::Amount;
use crate::words::{RuleFileError, parse_toml};
use serde::Deserialize;

/// An envelope is notified.
pub const EVENT_NOTICE: &str = "notification";
/// An aid is granted on a local envelope.
pub const EVENT_GRANT: &str = "octroi";
/// An aid is granted on credits that follow the grants.
pub const EVENT_GRANT_OPEN: &str = "octroi_evaluatif";
/// An aid is paid.
pub const EVENT_PAYMENT: &str = "versement";
/// Another body has paid beyond an envelope.
pub const EVENT_OVERRUN: &str = "depassement";
/// An overrun is covered after all.
pub const EVENT_OVERRUN_END: &str = "fin_depassement";

/// What was paid is found undue.
pub const EVENT_UNDUE: &str = "indu";
/// What was undue comes back to the envelope.
pub const EVENT_RECOVERED_TO_ENVELOPE: &str = "recouvrement_reabonde";
/// What was undue comes back, and goes to the funder.
pub const EVENT_RECOVERED_TO_FUNDER: &str = "recouvrement_rendu";
/// What was undue will not come back.
pub const EVENT_WRITTEN_OFF: &str = "non_valeur";

/// The events that every file of schemes has.
const EVENTS: [&str; 6] =
    [EVENT_NOTICE, EVENT_GRANT, EVENT_GRANT_OPEN, EVENT_PAYMENT, EVENT_OVERRUN, EVENT_OVERRUN_END];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemesFile {
    #[serde(rename = "format")]
    _format: u32,
    compte: Vec<AccountFile>,
    schema: Vec<SchemeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    code: String,
    libelle: String,
    sens: SideFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemeFile {
    evenement: String,
    libelle: String,
    inverse: String,
    ligne: Vec<SchemeLineFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemeLineFile {
    compte: String,
    sens: SideFile,
    detail: GrainFile,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SideFile {
    Debit,
    Credit,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum GrainFile {
    Beneficiaire,
    Collectif,
}

/// One line of a scheme.
#[derive(Clone, Copy, Debug)]
pub struct SchemeLine {
    /// The account, as a rank in the chart plus one: the base's key.
    pub account: AccountId,
    /// Debit or credit.
    pub side: Side,
    /// One line per beneficiary, or one for all.
    pub per_person: bool,
}

/// What an event writes.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// The event's code.
    pub event: String,
    /// Its French label.
    pub label: String,
    /// The code of the event that undoes it.
    pub inverse: String,
    lines: Vec<SchemeLine>,
}

/// The chart of the aid book and its schemes.
#[derive(Clone, Debug)]
pub struct Schemes {
    /// The chart.
    pub chart: Chart,
    schemes: Vec<Scheme>,
}

impl Schemes {
    /// Reads the scheme file; `path` is only for the message.
    ///
    /// # Errors
    /// When the text is no scheme file, names an unknown account, or lacks an event.
    pub fn parse(path: &str, text: &str) -> Result<Schemes, RuleFileError> {
        let file: SchemesFile = parse_toml(path, text)?;
        let fault = |message: String| RuleFileError::of_file(path, message);
        let accounts: Vec<Account> = file
            .compte
            .into_iter()
            .map(|account| Account { code: account.code, label: account.libelle, side: side(account.sens) })
            .collect();
        let mut schemes = Vec::new();
        for scheme in file.schema {
            let mut lines = Vec::new();
            for line in scheme.ligne {
                let rank = accounts.iter().position(|account| account.code == line.compte);
                let rank = rank.ok_or_else(|| {
                    fault(format!("schéma « {} » : compte inconnu « {} »", scheme.evenement, line.compte))
                })?;
                let account = AccountId::try_from(rank + 1).map_err(|_| fault("trop de comptes".into()))?;
                lines.push(SchemeLine {
                    account,
                    side: side(line.sens),
                    per_person: line.detail == GrainFile::Beneficiaire,
                });
            }
            let both =
                [Side::Debit, Side::Credit].iter().all(|side| lines.iter().any(|line| line.side == *side));
            if lines.len() != 2 || !both {
                return Err(fault(format!("schéma « {} » : un débit et un crédit", scheme.evenement)));
            }
            schemes.push(Scheme {
                event: scheme.evenement,
                label: scheme.libelle,
                inverse: scheme.inverse,
                lines,
            });
        }
        if let Some(absent) =
            EVENTS.iter().find(|event| !schemes.iter().any(|scheme| scheme.event == **event))
        {
            return Err(fault(format!("aucun schéma pour l'événement « {absent} »")));
        }
        Ok(Schemes { chart: Chart { accounts }, schemes })
    }

    /// Takes from `others` the schemes of events that this file lacks, as that of an older version does.
    /// The chart is the same: what it keeps of an account is its place.
    #[must_use]
    pub fn completed(mut self, others: Schemes) -> Schemes {
        let same_chart =
            self.chart.accounts.iter().map(|a| &a.code).eq(others.chart.accounts.iter().map(|a| &a.code));
        for scheme in others.schemes.into_iter().filter(|_| same_chart) {
            if !self.schemes.iter().any(|own| own.event == scheme.event) {
                self.schemes.push(scheme);
            }
        }
        self
    }

    /// Returns the scheme of an event, unless this file is of a chart that does not know it.
    pub fn find(&self, event: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.event == event)
    }

    /// Returns the scheme of an event.
    ///
    /// # Panics
    /// On an event that [`Schemes::parse`] did not require.
    pub fn get(&self, event: &str) -> &Scheme {
        self.schemes.iter().find(|scheme| scheme.event == event).expect("a known event")
    }

    /// Returns the code of the event that undoes this one.
    ///
    /// # Panics
    /// On an event without scheme.
    pub fn inverse(&self, event: &str) -> &str {
        &self.get(event).inverse
    }

    /// Returns the French label of an event, or of the undoing of one.
    pub fn label(&self, event: &str) -> String {
        let found = self.schemes.iter().find_map(|scheme| match event {
            _ if scheme.event == event => Some(scheme.label.clone()),
            _ if scheme.inverse == event => Some(format!("Annulation : {}", scheme.label.to_lowercase())),
            _ => None,
        });
        found.unwrap_or_else(|| event.to_string())
    }
}

impl Scheme {
    /// Returns the account that this event debits or credits, as the base's key.
    pub fn account(&self, side: Side) -> AccountId {
        let line = self.lines.iter().find(|line| line.side == side);
        line.expect("a scheme has one debit and one credit").account
    }

    /// Writes the entry of this event for these aids (key and amount), or for one sum without aid.
    pub fn entry(&self, date: Date, axes: AxesId, members: &[(i64, Amount)]) -> Entry {
        let signed =
            |line: &SchemeLine, amount: Amount| if line.side == Side::Debit { amount } else { -amount };
        let mut lines = Vec::with_capacity(members.len() * 2);
        // Collective lines first: an auditor reads the total, then its detail.
        for line in self.lines.iter().filter(|line| !line.per_person) {
            let total = members.iter().map(|(_, amount)| *amount).sum();
            lines.push(Line { account: line.account, axes, aid: 0, amount: signed(line, total) });
        }
        for (aid, amount) in members {
            for line in self.lines.iter().filter(|line| line.per_person) {
                lines.push(Line { account: line.account, axes, aid: *aid, amount: signed(line, *amount) });
            }
        }
        let header = EntryHeader { book: Book::Aids, date, event: self.event.clone(), reverses: None };
        Entry::new(header, lines).expect("a scheme of one debit and one credit balances")
    }
}

fn side(side: SideFile) -> Side {
    match side {
        SideFile::Debit => Side::Debit,
        SideFile::Credit => Side::Credit,
    }
}

//! What a seal says: the content of lines and headers, in codes, ready to be encoded.
//!
//! Posting and verification both build these, so that a seal can only be recomputed as it was made.

use super::LineKind;
use super::seal::{Canonical, Digest, Tag};
use crate::calendar::{Date, Month};
use crate::funding::Mode;
use crate::money::Amount;

/// The axes of a line, in codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AxesCodes {
    /// Dispositif.
    pub dispositif: String,
    /// Funder.
    pub funder: String,
    /// Convention, or empty.
    pub convention: String,
    /// Site, or empty.
    pub site: String,
    /// Year of the envelope, or 0.
    pub envelope_year: u32,
}

/// What many aids share, in codes.
#[derive(Clone, Debug)]
pub struct TermsCodes {
    /// Nature.
    pub nature: String,
    /// Committee.
    pub committee: String,
    /// Payer.
    pub payer: String,
    /// Salted digest of the payee's name, if there is one.
    pub payee: Option<Digest>,
    /// The mode in which it was judged.
    pub mode: Mode,
    /// Digest of the rule file that judged, in hexadecimal.
    pub rules: String,
}

impl TermsCodes {
    /// Encodes once what many lines share.
    pub fn encode(&self) -> Canonical {
        let mut out = Canonical::new();
        out.text(Tag::Nature, &self.nature);
        out.text(Tag::Committee, &self.committee);
        out.text(Tag::Payer, &self.payer);
        if let Some(payee) = &self.payee {
            out.raw(Tag::Payee, payee);
        }
        out.text(Tag::Mode, self.mode.code());
        out.text(Tag::Rules, &self.rules);
        out
    }
}

/// Where a record comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The number of the lot.
    pub lot: i64,
    /// The source: the profile's code and the kind of file.
    pub source: &'a str,
    /// The file's name.
    pub file: &'a str,
    /// The physical line.
    pub line: i64,
    /// The reference.
    pub reference: &'a str,
}

/// The derogation by which an aid was granted, as the aid's lines seal it.
#[derive(Clone, Copy, Debug)]
pub struct DerogationContent<'a> {
    /// Its number.
    pub number: i64,
    /// The largest aid that it allows.
    pub amount: Amount,
    /// The rules that it lifts, by code, in the order of their bytes.
    pub rules: &'a [String],
    /// Salted digest of why.
    pub reason: &'a [u8],
    /// Who asked for it, and on which day.
    pub asked: (&'a str, Date),
    /// Who approved it, and on which day.
    pub approved: (&'a str, Date),
}

impl DerogationContent<'_> {
    /// Encodes once what all lines of the aid share.
    pub fn encode(&self) -> Canonical {
        let mut out = Canonical::new();
        out.number(Tag::Derogation, self.number);
        out.number(Tag::DerogationAmount, self.amount.centimes());
        for rule in self.rules {
            out.text(Tag::DerogationRule, rule);
        }
        out.raw(Tag::DerogationReason, self.reason);
        out.text(Tag::DerogationAskedBy, self.asked.0);
        out.number(Tag::DerogationAskedOn, self.asked.1.number());
        out.text(Tag::DerogationApprovedBy, self.approved.0);
        out.number(Tag::DerogationApprovedOn, self.approved.1.number());
        out
    }
}

/// An aid as its lines seal it.
#[derive(Clone, Copy, Debug)]
pub struct AidContent<'a> {
    /// The person's pseudonym.
    pub pseudonym: &'a str,
    /// Decision.
    pub decided_on: Date,
    /// The file gave no decision date.
    pub undated: bool,
    /// Request.
    pub requested_on: Option<Date>,
    /// Month of right.
    pub month: Month,
    /// The whole amount of the aid, whatever the share of the line.
    pub amount: Amount,
    /// What it shares with others, encoded.
    pub terms: &'a Canonical,
    /// Its findings in order, each as `code:rule:message`.
    pub findings: &'a [String],
    /// The derogation by which it was granted, encoded.
    pub derogation: Option<&'a Canonical>,
}

/// Encodes one line: its account, amount and axes, then what it is about.
pub fn encode_line(
    out: &mut Canonical,
    account: &str,
    amount: Amount,
    axes: &Canonical,
    origin: Option<Origin<'_>>,
    aid: Option<AidContent<'_>>,
) {
    out.clear();
    out.text(Tag::Account, account);
    out.number(Tag::Amount, amount.centimes());
    out.append(axes);
    if let Some(origin) = origin {
        out.number(Tag::Lot, origin.lot);
        out.text(Tag::Source, origin.source);
        out.text(Tag::Reference, origin.reference);
        out.text(Tag::File, origin.file);
        out.number(Tag::FileLine, origin.line);
    }
    if let Some(aid) = aid {
        out.text(Tag::Pseudonym, aid.pseudonym);
        out.number(Tag::DecidedOn, aid.decided_on.number());
        if aid.undated {
            out.raw(Tag::DecisionUndated, &[]);
        }
        if let Some(day) = aid.requested_on {
            out.number(Tag::RequestedOn, day.number());
        }
        out.number(Tag::MonthOfRight, aid.month.number());
        out.number(Tag::AidAmount, aid.amount.centimes());
        out.append(aid.terms);
        for finding in aid.findings {
            out.text(Tag::Finding, finding);
        }
        if let Some(derogation) = aid.derogation {
            out.append(derogation);
        }
    }
}

/// A line of a definitive FEC as its entry seals it.
#[derive(Clone, Copy, Debug)]
pub struct GeneralContent<'a> {
    /// The number of its lot.
    pub lot: i64,
    /// The physical line in the file.
    pub line: i64,
    /// The entry it belongs to, in order of first appearance, from 0.
    pub entry: i64,
    /// What it is to its year.
    pub kind: LineKind,
    /// Code and label of its journal.
    pub journal: (&'a str, &'a str),
    /// Its number in the file ("EcritureNum").
    pub number: &'a str,
    /// Its day.
    pub date: Date,
    /// Code and label of its account.
    pub account: (&'a str, &'a str),
    /// Code of its auxiliary.
    pub auxiliary: &'a str,
    /// Its piece.
    pub piece: &'a str,
    /// The day of its piece.
    pub piece_on: Option<Date>,
    /// Salted digest of what may hold a name: [`general_texts`].
    pub texts: Digest,
    /// Positive is debit.
    pub amount: Amount,
    /// Its letter, and the day of its lettering.
    pub letter: (&'a str, Option<Date>),
    /// The day of its validation.
    pub validated_on: Option<Date>,
    /// Amount in another currency, as the file writes it, and that currency.
    pub currency: (&'a str, &'a str),
    /// Analytic code.
    pub analytic: &'a str,
    /// Rule, funder and convention, where it is assigned; rule 0 is by hand.
    pub assigned: Option<(i64, &'a str, &'a str)>,
}

impl GeneralContent<'_> {
    /// Encodes the line.
    pub fn encode(&self, out: &mut Canonical) {
        out.clear();
        out.text(Tag::Account, self.account.0);
        out.number(Tag::Amount, self.amount.centimes());
        if let Some((rule, funder, convention)) = self.assigned {
            out.text(Tag::Funder, funder);
            out.text(Tag::Convention, convention);
            out.number(Tag::AssignmentRule, rule);
        }
        out.number(Tag::Lot, self.lot);
        out.number(Tag::FileLine, self.line);
        out.text(Tag::Journal, self.journal.0);
        out.text(Tag::JournalLabel, self.journal.1);
        out.number(Tag::FecEntry, self.entry);
        out.text(Tag::FecNumber, self.number);
        out.number(Tag::FecDate, self.date.number());
        out.text(Tag::AccountLabel, self.account.1);
        out.text(Tag::Auxiliary, self.auxiliary);
        out.text(Tag::Piece, self.piece);
        if let Some(day) = self.piece_on {
            out.number(Tag::PieceDate, day.number());
        }
        out.raw(Tag::Texts, &self.texts);
        out.text(Tag::Letter, self.letter.0);
        if let Some(day) = self.letter.1 {
            out.number(Tag::LetterDate, day.number());
        }
        if let Some(day) = self.validated_on {
            out.number(Tag::ValidDate, day.number());
        }
        out.text(Tag::CurrencyAmount, self.currency.0);
        out.text(Tag::Currency, self.currency.1);
        out.text(Tag::Analytic, self.analytic);
        out.number(Tag::LineKind, self.kind.number());
    }
}

/// Returns the salted digest of the texts of a line that may hold a name: its label and the label of
/// its auxiliary.
pub fn general_texts(salt: &[u8], label: &str, auxiliary_label: &str) -> Digest {
    super::seal::salted(salt, &format!("{label}\u{1f}{auxiliary_label}"))
}

/// Encodes axes once for many lines.
pub fn encode_axes(axes: &AxesCodes) -> Canonical {
    let mut out = Canonical::new();
    out.text(Tag::Dispositif, &axes.dispositif);
    out.text(Tag::Funder, &axes.funder);
    out.text(Tag::Convention, &axes.convention);
    out.text(Tag::Site, &axes.site);
    if axes.envelope_year != 0 {
        out.number(Tag::EnvelopeYear, axes.envelope_year.into());
    }
    out
}

/// A lot as the entries that it posted seal it.
#[derive(Clone, Copy, Debug)]
pub struct LotContent<'a> {
    /// Its number.
    pub number: i64,
    /// Its kind.
    pub kind: &'a str,
    /// The instant, in UTC.
    pub recorded_at: &'a str,
    /// Who recorded it.
    pub author: &'a str,
    /// SHA-256 of its file, if it has one.
    pub file_digest: Option<&'a [u8]>,
    /// Read, accepted, irregular, known, refused.
    pub counts: [i64; 5],
    /// The lot that it undoes.
    pub cancels: Option<i64>,
    /// Salted digest of the reason, where one was given.
    pub reason: Option<&'a [u8]>,
    /// What was done by hand, where it was, encoded: an [`ActContent`].
    pub act: Option<&'a Canonical>,
}

/// What a lot did by hand, besides what its lines say of an aid.
#[derive(Clone, Copy, Debug)]
pub enum ActContent<'a> {
    /// It found or recovered the undue of this number.
    Undue(i64),
    /// It paid an aid for the time of this rank.
    Payment(i64),
    /// It granted the aid that somebody else had proposed.
    Proposal {
        /// Its number.
        number: i64,
        /// Who proposed it, and on which day.
        proposed: (&'a str, Date),
        /// Salted digest of why.
        reason: &'a [u8],
    },
}

impl ActContent<'_> {
    /// Encodes what all entries of the lot share.
    pub fn encode(&self) -> Canonical {
        let mut out = Canonical::new();
        match self {
            ActContent::Undue(number) => out.number(Tag::Undue, *number),
            ActContent::Payment(rank) => out.number(Tag::PaymentRank, *rank),
            ActContent::Proposal { number, proposed, reason } => {
                out.number(Tag::Proposal, *number);
                out.text(Tag::ProposedBy, proposed.0);
                out.number(Tag::ProposedOn, proposed.1.number());
                out.raw(Tag::ProposalReason, reason);
            }
        }
        out
    }
}

impl LotContent<'_> {
    fn encode(&self, out: &mut Canonical) {
        out.number(Tag::Lot, self.number);
        out.text(Tag::LotKind, self.kind);
        out.text(Tag::RecordedAt, self.recorded_at);
        out.text(Tag::Author, self.author);
        if let Some(digest) = self.file_digest {
            out.raw(Tag::FileDigest, digest);
        }
        for count in self.counts {
            out.number(Tag::LotCounts, count);
        }
        if let Some(cancels) = self.cancels {
            out.number(Tag::LotCancels, cancels);
        }
        if let Some(reason) = self.reason {
            out.raw(Tag::Reason, reason);
        }
        if let Some(act) = self.act {
            out.append(act);
        }
    }
}

/// The header of an entry as its seal says it.
#[derive(Clone, Copy, Debug)]
pub struct HeaderContent<'a> {
    /// Code of the book.
    pub book: &'a str,
    /// Year of its date.
    pub year: i64,
    /// Number in its book and year.
    pub number: i64,
    /// Its date.
    pub date: Date,
    /// Its event.
    pub event: &'a str,
    /// Book, year and number of the entry that it reverses.
    pub reverses: Option<(i64, i64)>,
    /// The lot that posted it.
    pub lot: LotContent<'a>,
    /// How many lines.
    pub line_count: i64,
    /// The root of its lines.
    pub root: Digest,
    /// The seal of the entry before it in the chain.
    pub previous: Digest,
}

impl HeaderContent<'_> {
    /// Returns the seal.
    pub fn seal(&self) -> Digest {
        let mut out = Canonical::new();
        out.text(Tag::Book, self.book);
        out.number(Tag::Year, self.year);
        out.number(Tag::Number, self.number);
        out.number(Tag::Date, self.date.number());
        out.text(Tag::Event, self.event);
        if let Some((year, number)) = self.reverses {
            out.text(Tag::Reverses, &format!("{}:{year}:{number}", self.book));
        }
        self.lot.encode(&mut out);
        out.number(Tag::LineCount, self.line_count);
        out.raw(Tag::Root, &self.root);
        out.raw(Tag::Previous, &self.previous);
        out.digest()
    }
}

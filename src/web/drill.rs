//! Where a figure leads: the address of what is behind it, and what such an address asks for.

use super::address::{address, segment};
use super::fields::Fields;
use crate::app::{
    AidFilter, AidState, Destination, EntryKey, GeneralAccounts, GeneralFilter, GeneralStatement,
};
use crate::calendar::{FiscalYear, Month};
use crate::funding::DateKind;
use crate::ledger::Book;
use crate::statements::{Drill, WITHOUT};

/// What a table is of: its rows alone do not say it.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// The fiscal year of its figures.
    pub year: FiscalYear,
    /// The date by which its aids count.
    pub by: DateKind,
    /// The statement of the general book that it is; none for the trial balance and for aids.
    pub statement: Option<GeneralStatement>,
}

impl Figures {
    /// Figures of a year; aids by the month of right.
    pub(super) fn of(year: FiscalYear) -> Figures {
        Figures { year, by: DateKind::Right, statement: None }
    }

    /// Returns the address of what is behind a row; none for a line of a statement that is not told.
    pub(super) fn address(&self, drill: &Drill) -> Option<String> {
        let year = self.year.code;
        let at = |path: String| Some(in_year(&path, year, &[]));
        match drill {
            Drill::Aids(keys) => Some(aids(year, &AidFilter::behind(self.year, self.by, keys))),
            Drill::Unpaid(keys) => {
                let unpaid = AidFilter { state: AidState::Unpaid, ..AidFilter::all(DateKind::Right) };
                Some(aids(year, &unpaid.narrowed(keys)))
            }
            Drill::Aid(key, reference) => Some(aid(year, *key, reference)),
            Drill::Envelope(dispositif, envelope_year, funder) => {
                let filter = AidFilter {
                    dispositif: Some(dispositif.clone()),
                    funder: Some(funder.clone()),
                    envelope_year: Some(*envelope_year),
                    ..AidFilter::all(self.by)
                };
                Some(aids(year, &filter))
            }
            Drill::Entry(of, number) => Some(entry(year, &(Book::Aids.code().to_string(), *of, *number))),
            Drill::Lot(lot) => at(format!("/imports/{lot}")),
            Drill::Derogation(number) => at(format!("/derogations/{number}")),
            Drill::Journal(code) => Some(in_year("/etats/journaux", year, &[("journal", code.clone())])),
            Drill::GeneralEntry(rank) => Some(general_entry(year, *rank)),
            Drill::Line(_)
            | Drill::Account(_)
            | Drill::Prefix(_)
            | Drill::Grants
            | Drill::UnassignedGrants => {
                let filter = GeneralFilter::behind(Some(year), self.statement.as_ref(), drill)?;
                Some(general_lines(year, &filter))
            }
        }
    }
}

/// Returns an address looked at in a year.
fn in_year(path: &str, year: i16, query: &[(&str, String)]) -> String {
    let code = year.to_string();
    let mut all = vec![("exercice", code.as_str())];
    all.extend(query.iter().map(|(key, value)| (*key, value.as_str())));
    address(path, &all)
}

/// Returns the address of a list of aids.
pub(super) fn aids(year: i16, filter: &AidFilter) -> String {
    in_year("/aides", year, &aid_query(filter))
}

/// What an address, or a form, calls the key of an aid: it tells it from others of the same reference.
pub(super) const AID: &str = "aide";

/// Returns the address of an aid.
pub(super) fn aid(year: i16, key: i64, reference: &str) -> String {
    in_year(&format!("/aides/{}", segment(reference)), year, &[(AID, key.to_string())])
}

/// Returns the address of an entry of a book of the chain.
pub(super) fn entry(year: i16, (book, of, number): &EntryKey) -> String {
    in_year(&format!("/ecritures/{}/{of}/{number}", segment(book)), year, &[])
}

/// Returns the address of lines of the general book, of the year of the filter else of this one.
pub(super) fn general_lines(year: i16, filter: &GeneralFilter) -> String {
    in_year("/etats/lignes", filter.year.unwrap_or(year), &general_query(filter))
}

/// Returns the address of the lines of an account of the general book.
pub(super) fn account(year: i16, code: &str) -> String {
    let filter = GeneralFilter::of(Some(year), GeneralAccounts::Exactly(vec![code.to_string()]));
    general_lines(year, &filter)
}

/// Returns the address of an entry of the FEC of a year.
pub(super) fn general_entry(year: i16, rank: i64) -> String {
    in_year(&format!("/etats/ecriture/{year}/{rank}"), year, &[])
}

/// Returns the address of what is to be done.
pub(super) fn destination(year: i16, destination: &Destination) -> String {
    match destination {
        Destination::Derogations => in_year("/derogations", year, &[]),
        Destination::Aids(filter) => aids(year, filter),
        Destination::Envelopes(of) => in_year("/etats/enveloppes", *of, &[]),
        Destination::GeneralYear(of) => in_year("/imports/nouveau", *of, &[]),
        Destination::GeneralLines(filter) => general_lines(year, filter),
        Destination::Assignments(of) => in_year("/etats/affectations", *of, &[]),
        // It is not open: no page can be of it.
        Destination::OpenYear(_) => in_year("/administration", year, &[]),
    }
}

/// Returns what an address says of a filter of aids; empty where it says nothing.
pub(super) fn aid_query(filter: &AidFilter) -> Vec<(&'static str, String)> {
    let code = |code: &Option<String>| code.clone().unwrap_or_default();
    let number = |number: Option<String>| number.unwrap_or_default();
    let (first, last) = months_said(filter.months);
    vec![
        ("selon", filter.by.code().to_string()),
        ("du", first),
        ("au", last),
        ("dispositif", code(&filter.dispositif)),
        ("nature", code(&filter.nature)),
        ("financeur", code(&filter.funder)),
        ("convention", code(&filter.convention)),
        ("site", code(&filter.site)),
        ("enveloppe", number(filter.envelope_year.map(|year| year.to_string()))),
        ("personne", code(&filter.person)),
        ("irregulieres", if filter.irregular_only { "oui".into() } else { String::new() }),
        ("lot", number(filter.lot.map(|lot| lot.to_string()))),
        ("etat", state_said(filter.state).to_string()),
    ]
}

/// Reads a filter of aids; what cannot be read is a fault of its field, and filters nothing.
pub(super) fn aid_filter(fields: &mut Fields) -> AidFilter {
    let by = match fields.text("selon") {
        "" => Some(DateKind::Right),
        word => DateKind::ALL.into_iter().find(|kind| kind.code() == word),
    };
    if by.is_none() {
        fields.fault("selon", "Choisissez droit, decision ou paiement");
    }
    let state = match fields.text("etat") {
        "" => Some(AidState::Living),
        word => [AidState::Unpaid, AidState::Cancelled].into_iter().find(|state| state_said(*state) == word),
    };
    if state.is_none() {
        fields.fault("etat", "Choisissez non-versees ou annulees, ou rien");
    }
    AidFilter {
        by: by.unwrap_or(DateKind::Right),
        months: months(fields),
        dispositif: code(fields, "dispositif"),
        nature: code(fields, "nature"),
        funder: code(fields, "financeur"),
        convention: code(fields, "convention"),
        site: code(fields, "site"),
        envelope_year: number(fields, "enveloppe", "Écrivez une année comme 2024"),
        person: code(fields, "personne"),
        irregular_only: fields.text("irregulieres") == "oui",
        lot: number(fields, "lot", "Écrivez le numéro d'un import"),
        state: state.unwrap_or_default(),
    }
}

/// The word of a state; living ones are not told.
fn state_said(state: AidState) -> &'static str {
    match state {
        AidState::Living => "",
        AidState::Unpaid => "non-versees",
        AidState::Cancelled => "annulees",
    }
}

/// Returns what an address says of a filter of the general book, its year apart.
pub(super) fn general_query(filter: &GeneralFilter) -> Vec<(&'static str, String)> {
    let own = |code: &Option<String>| match code.as_deref() {
        Some("") => WITHOUT.to_string(),
        Some(code) => code.to_string(),
        None => String::new(),
    };
    let mut query: Vec<(&'static str, String)> = match &filter.accounts {
        GeneralAccounts::Prefixes(prefixes) if prefixes.iter().any(String::is_empty) => Vec::new(),
        GeneralAccounts::Prefixes(prefixes) => {
            prefixes.iter().map(|prefix| ("debut", prefix.clone())).collect()
        }
        GeneralAccounts::Exactly(codes) => codes.iter().map(|code| ("compte", code.clone())).collect(),
        GeneralAccounts::Line(statement, line) => {
            let (name, model) = match statement {
                GeneralStatement::Income(model) => (INCOME, model.clone()),
                GeneralStatement::BalanceSheet => (BALANCE_SHEET, String::new()),
                GeneralStatement::Grants => (GRANTS, String::new()),
            };
            vec![("etat", name.to_string()), ("modele", model), ("ligne", line.clone())]
        }
        GeneralAccounts::Subsidies => vec![("etat", GRANTS.to_string())],
    };
    let (first, last) = months_said(filter.months);
    query.extend([
        ("du", first),
        ("au", last),
        ("journal", filter.journal.clone().unwrap_or_default()),
        ("financeur", own(&filter.funder)),
        ("convention", own(&filter.convention)),
    ]);
    query
}

/// The statements whose lines an address may name.
const INCOME: &str = "compte-de-resultat";
const BALANCE_SHEET: &str = "bilan";
const GRANTS: &str = "subventions";

/// Reads a filter of the general book; what cannot be read is a fault of its field, and filters nothing.
pub(super) fn general_filter(fields: &mut Fields) -> GeneralFilter {
    let year = number(fields, "exercice", "Écrivez un exercice comme 2024");
    let line = code(fields, "ligne");
    let of_line = |statement| line.clone().map(|line| GeneralAccounts::Line(statement, line));
    let accounts = match fields.text("etat") {
        "" => None,
        INCOME => of_line(GeneralStatement::Income(fields.text("modele").to_string())),
        BALANCE_SHEET => of_line(GeneralStatement::BalanceSheet),
        GRANTS => Some(of_line(GeneralStatement::Grants).unwrap_or(GeneralAccounts::Subsidies)),
        other => {
            let message = format!("« {other} » n'est pas un état dont on voie les lignes");
            fields.fault("etat", message);
            None
        }
    };
    let told = |name: &str| -> Vec<String> {
        fields.all(name).map(str::trim).filter(|code| !code.is_empty()).map(str::to_string).collect()
    };
    let accounts = accounts.unwrap_or_else(|| match (told("compte"), told("debut")) {
        (codes, _) if !codes.is_empty() => GeneralAccounts::Exactly(codes),
        (_, prefixes) if !prefixes.is_empty() => GeneralAccounts::Prefixes(prefixes),
        _ => GeneralAccounts::Prefixes(vec![String::new()]),
    });
    let own = |fields: &Fields, name| {
        code(fields, name).map(|code| if code == WITHOUT { String::new() } else { code })
    };
    GeneralFilter {
        year,
        accounts,
        months: months(fields),
        journal: code(fields, "journal"),
        funder: own(fields, "financeur"),
        convention: own(fields, "convention"),
    }
}

fn months_said(months: Option<(Month, Month)>) -> (String, String) {
    months.map_or_else(Default::default, |(first, last)| (first.to_string(), last.to_string()))
}

/// Reads the months of a filter; one alone leaves the other side open.
fn months(fields: &mut Fields) -> Option<(Month, Month)> {
    let (first, last) = (fields.month("du"), fields.month("au"));
    (first.is_some() || last.is_some()).then(|| (first.unwrap_or(Month::FIRST), last.unwrap_or(Month::LAST)))
}

fn code(fields: &Fields, name: &str) -> Option<String> {
    Some(fields.text(name)).filter(|code| !code.is_empty()).map(str::to_string)
}

fn number<N: std::str::FromStr>(fields: &mut Fields, name: &str, expected: &str) -> Option<N> {
    let text = fields.text(name);
    if text.is_empty() {
        return None;
    }
    let read = text.parse().ok();
    if read.is_none() {
        fields.fault(name, expected);
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statements::Axis;

    fn fields(address: &str) -> Fields {
        Fields::parse(address.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }

    fn march() -> Month {
        Month::parse("2024-03").unwrap()
    }

    #[test]
    fn a_filter_of_aids_is_read_back_from_its_address() {
        let code = |code: &str| Some(code.to_string());
        let whole = AidFilter {
            months: Some((march(), march().plus(2))),
            dispositif: code("CEJ"),
            nature: code("allocation mensuelle"),
            funder: code("ETAT & co"),
            convention: code("sans"),
            site: code("Béthune"),
            envelope_year: Some(2023),
            person: code("B00026"),
            irregular_only: true,
            lot: Some(7),
            state: AidState::Cancelled,
            ..AidFilter::all(DateKind::Payment)
        };
        let unpaid = AidFilter { state: AidState::Unpaid, ..AidFilter::all(DateKind::Decision) };
        for filter in [whole, unpaid, AidFilter::all(DateKind::Right)] {
            let mut read = fields(&aids(2024, &filter));
            assert_eq!(aid_filter(&mut read), filter);
            assert!(read.faults.is_empty());
        }
        assert_eq!(
            aids(2024, &AidFilter { lot: Some(3), ..AidFilter::all(DateKind::Right) }),
            "/aides?exercice=2024&selon=droit&lot=3"
        );
    }

    #[test]
    fn a_filter_of_the_general_book_is_read_back_from_its_address() {
        let codes = |codes: &[&str]| codes.iter().map(|code| code.to_string()).collect::<Vec<_>>();
        let line = |statement| GeneralAccounts::Line(statement, "personnel".into());
        for accounts in [
            GeneralAccounts::Prefixes(codes(&[""])),
            GeneralAccounts::Prefixes(codes(&["64", "65"])),
            GeneralAccounts::Exactly(codes(&["512000", "C&A"])),
            line(GeneralStatement::Income("rapport".into())),
            line(GeneralStatement::BalanceSheet),
            line(GeneralStatement::Grants),
            GeneralAccounts::Subsidies,
        ] {
            let plain = GeneralFilter::of(Some(2023), accounts);
            let narrow = GeneralFilter {
                months: Some((march(), march())),
                journal: Some("BQ".into()),
                funder: Some(String::new()),
                convention: Some("CEJ-2024".into()),
                ..plain.clone()
            };
            for filter in [plain, narrow] {
                let mut read = fields(&general_lines(2024, &filter));
                assert_eq!(general_filter(&mut read), filter);
                assert!(read.faults.is_empty());
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_where_it_is() {
        let mut read = fields("/aides?selon=hier&etat=ici&du=mars&enveloppe=x&lot=1.5");
        assert_eq!(aid_filter(&mut read), AidFilter::all(DateKind::Right));
        let faulty: Vec<&str> = read.faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(faulty, ["selon", "etat", "du", "enveloppe", "lot"]);
        let mut read = fields("/etats/lignes?exercice=x&etat=autre&au=99/2024");
        general_filter(&mut read);
        let faulty: Vec<&str> = read.faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(faulty, ["exercice", "etat", "au"]);
    }

    #[test]
    fn each_row_leads_somewhere() {
        let year = FiscalYear::calendar(2024).unwrap();
        let statement = Some(GeneralStatement::Income("rapport".into()));
        let figures = Figures { statement, ..Figures::of(year) };
        for (drill, leads_to) in [
            (Drill::Aid(7, "A/1".into()), "/aides/A%2F1?exercice=2024&aide=7"),
            (
                Drill::Unpaid(vec![(Axis::Dispositif, "FAJ".into()), (Axis::Funder, "CD62".into())]),
                "/aides?exercice=2024&selon=droit&dispositif=FAJ&financeur=CD62&etat=non-versees",
            ),
            (Drill::Entry(2023, 12), "/ecritures/AIDES/2023/12?exercice=2024"),
            (
                Drill::Envelope("FAJ".into(), 2024, "CD62".into()),
                "/aides?exercice=2024&selon=droit&dispositif=FAJ&financeur=CD62&enveloppe=2024",
            ),
            (Drill::Lot(4), "/imports/4?exercice=2024"),
            (Drill::Derogation(2), "/derogations/2?exercice=2024"),
            (Drill::Journal("BQ".into()), "/etats/journaux?exercice=2024&journal=BQ"),
            (Drill::GeneralEntry(0), "/etats/ecriture/2024/0?exercice=2024"),
            (
                Drill::Line("personnel".into()),
                "/etats/lignes?exercice=2024&etat=compte-de-resultat&modele=rapport&ligne=personnel",
            ),
            (Drill::Account("512000".into()), "/etats/lignes?exercice=2024&compte=512000"),
            (Drill::Prefix(String::new()), "/etats/lignes?exercice=2024"),
            (Drill::UnassignedGrants, "/etats/lignes?exercice=2024&etat=subventions&financeur=sans"),
        ] {
            assert_eq!(figures.address(&drill).as_deref(), Some(leads_to));
        }
        assert_eq!(Figures::of(year).address(&Drill::Line("personnel".into())), None);
    }
}

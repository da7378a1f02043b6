//! What somebody with the base's file can do by hand, one thing at a time: `verifier` sees it, and
//! names the first entry that is no longer what was sealed.

use crate::harness::{Books, PASSWORD, derogation, fec_options, on_both_engines, quiet, reference};
use denier::app::{
    self, AttestRequest, FecOptions, FileKind, HandRequest, ProposalRequest, RefusalRequest, SealVerdict,
};
use denier::calendar::Month;
use denier::funding::DateKind;
use denier::money::Amount;
use denier::store::{StoreError, Tx, Value};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::BTreeSet;

const PEOPLE: &str = "\
numero;nom;prenom;date_naissance;sexe;commune;code_insee;qpv;rqth;situation;iban
T1;UN;Anne;01/03/2003;F;Calais;62193;non;non;NEET;
T2;DEUX;Bob;01/03/2004;M;Calais;62193;non;non;NEET;
T3;TROIS;Cléo;01/03/2002;F;Calais;62193;non;non;NEET;
T4;QUATRE;Dan;01/03/1990;M;Calais;62193;non;non;NEET;
";

const ENVELOPES: &str = "\
dispositif;exercice;financeur;montant;date_notification;reference
CLAP;2024;REGION;700,00;15/01/2024;N1
CLAP;2024;CD;5000,00;15/01/2024;N2
FAJ;2024;CD;5000,00;16/01/2024;N3
";

/// Several people of one day, one of them irregular (C4); an aid with two funders (K1), one with a
/// payee (F1), one beyond its envelope (K2), one without a decision date (C5), one unpaid (C3).
const AIDS: &str = "\
reference;dispositif;numero_beneficiaire;nature;mois;date_demande;date_decision;date_paiement;montant;financeur;payeur;instance;creancier;convention;site
C1;CEJ;T1;allocation mensuelle;2024-03;;02/03/2024;10/04/2024;500,00;ETAT;ASP;;;;
C2;CEJ;T2;allocation mensuelle;2024-03;;02/03/2024;10/04/2024;300,00;ETAT;ASP;;;;
C3;CEJ;T3;allocation mensuelle;2024-03;;02/03/2024;;200,00;ETAT;ASP;;;;
C4;CEJ;T4;allocation mensuelle;2024-03;;02/03/2024;10/04/2024;500,00;ETAT;ASP;;;;
K1;CLAP;T3;projet;2024-05;20/04/2024;02/05/2024;20/05/2024;1000,00;REGION=600,00+CD=400,00;STRUCTURE;commission CLAP;;CONV-CLAP;CALAIS
F1;FAJ;T1;alimentation;2024-06;01/06/2024;03/06/2024;10/06/2024;150,00;;STRUCTURE;commission FAJ;Épicerie Müller;;
K2;CLAP;T2;projet;2024-07;;02/07/2024;20/07/2024;400,00;REGION;REGION;;;;
C5;CEJ;T1;allocation mensuelle;2024-04;;;10/05/2024;400,00;ETAT;ASP;;;;
";

/// A second file; it is cancelled.
const MORE_AIDS: &str = "\
reference;dispositif;numero_beneficiaire;nature;mois;date_demande;date_decision;date_paiement;montant;financeur;payeur;instance
D1;CEJ;T2;allocation mensuelle;2024-08;;02/08/2024;10/09/2024;250,00;ETAT;ASP;
D2;CEJ;T3;allocation mensuelle;2024-08;;02/08/2024;10/09/2024;350,00;ETAT;ASP;
";

/// Fills a base with one thing of each kind: lot 1 people, 2 envelopes, 3 and 4 aids, 5 the
/// cancellation of lot 4.
pub async fn fill(books: &Books) {
    books.people(&books.file("personnes.csv", PEOPLE)).await;
    books.envelopes(&books.file("enveloppes.csv", ENVELOPES)).await;
    let report = books.aids(&books.file("aides.csv", AIDS)).await;
    assert_eq!((report.acceptes, report.irreguliers, report.lot), (8, 2, Some(3)), "{report:#?}");
    let report = books.aids(&books.file("suite.csv", MORE_AIDS)).await;
    assert_eq!((report.acceptes, report.lot), (2, Some(4)), "{report:#?}");
    books.cancel(4).await.expect("a cancellation");
    books.assert_whole().await;
}

const FEC_HEADER: &str = "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise|CodeAnalytique\n";

/// A subsidy and a purchase, with a value in each column.
const FEC_2024: &str = "\
SU|Subventions|1|20240110|441000|Subventions à recevoir|ETAT|Préfecture|S1|20240109|Notification CEJ|1000,00|0,00|A|20240201|20240131|||SIEGE
SU|Subventions|1|20240110|741100|Subventions de l'État|||S1|20240109|Notification CEJ|0,00|1000,00|||20240131|1100,00|USD|SIEGE
AC|Achats|2|20240205|606300|Fournitures|||F1|20240205|Papier|120,00|0,00|||20240229|||
AC|Achats|2|20240205|401000|Fournisseurs|F001|Anne Martin|F1|20240205|Papier|0,00|120,00|||20240229|||
";

const FEC_2025: &str = "\
AC|Achats|1|20250105|606300|Fournitures|||F2|20250105|Encre|50,00|0,00||||||
AC|Achats|1|20250105|401000|Fournisseurs|F001|Anne Martin|F2|20250105|Encre|0,00|50,00||||||
BQ|Banque|2|20250106|512000|Banque|||D1|20250106|Don|10,00|0,00||||||
BQ|Banque|2|20250106|758000|Dons|||D1|20250106|Don|0,00|10,00||||||
";

/// Adds the general book: lot 6 the rules, 7 the sealed FEC of 2024, 8 the provisional one of 2025.
pub async fn fill_general(books: &Books) {
    fill(books).await;
    let rules = "ordre;compte;auxiliaire;financeur;convention;libelle\n\
                 1;7411;ETAT;ETAT;ETAT-CEJ;Contrat d'engagement jeune\n\
                 2;606;;CD;CD-FOUR;Fournitures\n";
    assert_eq!(books.assignments(&books.file("affectation.csv", rules)).await.lot, Some(6));
    let options = FecOptions { definitive: true, ..fec_options() };
    let path = books.file("FEC-2024.txt", format!("{FEC_HEADER}{FEC_2024}"));
    let report = books.try_fec(&path, &options).await.expect("an import of a FEC");
    assert_eq!((report.acceptes, report.lot), (4, Some(7)), "{report:#?}");
    let report = books.fec(&books.file("FEC-2025.txt", format!("{FEC_HEADER}{FEC_2025}"))).await;
    assert_eq!((report.acceptes, report.lot), (4, Some(8)), "{report:#?}");
    books.assert_whole().await;
}

/// Somebody too old for the CEJ, paid too much.
const ALLOWED: &str = "\
reference;dispositif;numero_beneficiaire;nature;mois;date_demande;date_decision;date_paiement;montant;financeur;payeur;instance
G1;CEJ;T4;allocation mensuelle;2024-09;;02/09/2024;10/10/2024;600,00;ETAT;ASP;
";

/// Adds derogations: n° 1 serves the aid G1, 2 is approved, 3 asked for, 4 refused.
pub async fn add_derogations(books: &Books) {
    books.approver("marc").await;
    books.approver("nadia").await;
    let request = |month, amount| derogation("CEJ", "T4", month, amount, &["plafond_majeur", "age"]);
    for (month, amount) in
        [("2024-09", "600,00"), ("2024-10", "650,00"), ("2024-11", "1,00"), ("2024-12", "1,00")]
    {
        books.ask(&request(month, amount)).await.expect("a derogation");
    }
    books.approve(1, "marc").await.expect("an approval");
    books.approve(2, "marc").await.expect("an approval");
    app::refuse_derogation(&books.store, books.clock, &books.actor, 4, "sans objet", None)
        .await
        .expect("a refusal");
    let report = books.aids(&books.file("derogation.csv", ALLOWED)).await;
    assert_eq!((report.acceptes, report.irreguliers), (1, 0), "{report:#?}");
    books.assert_whole().await;
}

/// Adds the life of an aid granted by hand, AID-2024-000001: paid twice, a part undue, recovered and written
/// off; a proposal that is granted, one that is rejected; a refusal.
pub async fn add_life(books: &Books) {
    books.approver("paul").await;
    // The year of today may be open already.
    let _ = app::open_year(&books.store, books.clock, &books.actor, 2025).await;
    let granted = crate::life::request("FAJ T2 alimentation 2024-05 2024-05-02 200,00");
    let granted = app::grant_aid(&books.store, books.clock, &books.actor, &granted).await.expect("a grant");
    let aid = granted.reference.expect("a reference");
    assert!(crate::life::pay(books, &aid, "2024-05-10", Some("100,00")).await.versee);
    assert!(crate::life::pay(books, &aid, "2024-05-20", Some("50,00")).await.versee);
    assert!(crate::life::undue(books, &aid, "2024-06-01", Some("60,00")).await.enregistre);
    assert!(crate::life::recover(books, 1, "2024-06-02", Some("40,00"), false).await.enregistre);
    assert!(crate::life::recover(books, 1, "2024-06-03", None, true).await.enregistre);
    for (rank, cents) in [(1, 10_000), (2, 10_100)] {
        let request = ProposalRequest {
            beneficiary: "T3".into(),
            dispositif: "CEJ".into(),
            nature: None,
            month: Month::parse("2025-01").expect("a month"),
            amount: Amount::from_centimes(cents),
            reason: "plus de ressources".into(),
            asked: None,
        };
        let report = app::propose_aid(&books.store, books.clock, &books.actor, &request).await;
        assert_eq!(report.expect("a proposal").numero, rank);
    }
    let granted = app::accept_proposal(&books.store, books.clock, 1, ("paul", PASSWORD), None).await;
    assert!(granted.expect("a grant").accordee);
    app::reject_proposal(&books.store, books.clock, &books.actor, 2, "doublon", None)
        .await
        .expect("a rejection");
    let refusal = RefusalRequest {
        beneficiary: "T2".into(),
        dispositif: "FAJ".into(),
        nature: Some("alimentation".into()),
        month: Month::parse("2024-05").expect("a month"),
        amount: Amount::from_centimes(90_000),
        committee: false,
        refused_on: denier::calendar::Date::parse("2024-05-02"),
        reason: Some("dossier incomplet".into()),
        asked: None,
        dry_run: false,
    };
    app::refuse_aid(&books.store, books.clock, &books.actor, &refusal).await.expect("a refusal");
    books.assert_whole().await;
}

/// Tables whose rows are never changed, with a column of theirs.
macro_rules! per_definitive_table {
    ($each:ident) => {
        [
            $each!("fiscal_year", "code"),
            $each!("audit_log", "id"),
            $each!("view_log", "what"),
            $each!("request_key", "key"),
            $each!("account", "code"),
            $each!("source", "code"),
            $each!("dispositif", "code"),
            $each!("funder", "code"),
            $each!("payer", "code"),
            $each!("nature", "code"),
            $each!("committee", "code"),
            $each!("convention", "code"),
            $each!("site", "code"),
            $each!("rule_text", "body"),
            $each!("rule_publication", "path"),
            $each!("axes", "envelope_year"),
            $each!("terms", "mode"),
            $each!("lot", "file"),
            $each!("beneficiary", "pseudonym"),
            $each!("decision", "decided_on"),
            $each!("aid", "amount"),
            $each!("aid_share", "amount"),
            $each!("aid_finding", "code"),
            $each!("payment", "amount"),
            $each!("aid_cancellation", "lot_id"),
            $each!("envelope_notice", "amount"),
            $each!("envelope_notice_cancellation", "lot_id"),
            $each!("entry", "seal"),
            $each!("line", "amount"),
            $each!("general_account", "label"),
            $each!("general_journal", "label"),
            $each!("general_auxiliary", "code"),
            $each!("fec_version", "year"),
            $each!("general_line", "amount"),
            $each!("general_assignment", "rule"),
            $each!("assignment_rule", "label"),
            $each!("assignment_by_hand", "amount"),
            $each!("attestation", "number"),
            $each!("attestation_file", "digest"),
            $each!("declarable", "code"),
            $each!("giver", "code"),
            $each!("declaration", "value"),
            $each!("derogation", "amount"),
            $each!("derogation_rule", "rule"),
            $each!("derogation_decision", "decided_by"),
            $each!("derogation_use", "derogation_id"),
            $each!("hand_grant", "number"),
            $each!("hand_payment", "rank"),
            $each!("undue", "amount"),
            $each!("recovery", "amount"),
            $each!("proposal", "amount"),
            $each!("proposal_decision", "decided_by"),
            $each!("refusal", "amount"),
            $each!("refusal_rule", "code"),
        ]
    };
}

/// The other tables that a test alters.
macro_rules! per_living_table {
    ($each:ident) => {
        [
            $each!("payee", "label"),
            $each!("identity", "number"),
            $each!("living_reference", "record_id"),
            $each!("unpaid_aid", "aid_id"),
            $each!("balance", "amount"),
            $each!("aid_amount", "amount"),
            $each!("aid_count", "number"),
            $each!("envelope", "consumed"),
            $each!("general_balance", "debit"),
        ]
    };
}

/// A transaction that no reference from one table to another stops, once the base is disarmed.
async fn by_hand(books: &Books) -> Tx {
    if books.on_postgres() {
        return books.store.write().await.expect("a transaction");
    }
    let options = SqliteConnectOptions::new().filename(&books.location).foreign_keys(false);
    let pool = SqlitePool::connect_with(options).await.expect("a connection");
    Tx::Sqlite(pool.begin().await.expect("a transaction"))
}

/// Disarms every trigger of the base, as whoever owns it can.
async fn disarm(tx: &mut Tx) {
    macro_rules! sqlite {
        ($table:literal, $column:literal) => {
            [
                concat!("drop trigger if exists ", $table, "_no_update"),
                concat!("drop trigger if exists ", $table, "_no_delete"),
            ]
        };
    }
    macro_rules! postgres {
        ($table:literal, $column:literal) => {
            concat!("alter table ", $table, " disable trigger all")
        };
    }
    if matches!(tx, Tx::Sqlite(_)) {
        for sql in per_definitive_table!(sqlite).as_flattened() {
            tx.exec(sql, &[]).await.expect("a statement");
        }
        for sql in [
            "drop trigger if exists fec_version_no_second",
            "drop trigger if exists derogation_use_no_second",
            "drop trigger if exists hand_payment_within_grant",
            "drop trigger if exists undue_within_paid",
            "drop trigger if exists recovery_within_undue",
        ] {
            tx.exec(sql, &[]).await.expect("a statement");
        }
    } else {
        for sql in per_definitive_table!(postgres).iter().chain(&per_living_table!(postgres)) {
            tx.exec(sql, &[]).await.expect("a statement");
        }
    }
}

/// Changes a base by hand; each statement must touch a row.
pub async fn alter(books: &Books, statements: &[&'static str]) {
    let mut tx = by_hand(books).await;
    disarm(&mut tx).await;
    touch(&mut tx, statements).await;
    tx.commit().await.expect("a commit");
}

async fn touch(tx: &mut Tx, statements: &[&'static str]) {
    for sql in statements {
        let touched = tx.exec(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        assert!(touched > 0, "nothing touched: {sql}");
    }
}

/// Keeps a copy of every table that a test alters, and arms nothing any more.
async fn keep(books: &Books) {
    macro_rules! copy {
        ($table:literal, $column:literal) => {
            concat!("create table kept_", $table, " as select * from ", $table)
        };
    }
    let mut tx = by_hand(books).await;
    disarm(&mut tx).await;
    for sql in per_definitive_table!(copy).iter().chain(&per_living_table!(copy)) {
        tx.exec(sql, &[]).await.expect("a statement");
    }
    tx.commit().await.expect("a commit");
}

/// Puts every table back as it was kept.
async fn put_back(tx: &mut Tx) {
    macro_rules! restore {
        ($table:literal, $column:literal) => {
            [concat!("delete from ", $table), concat!("insert into ", $table, " select * from kept_", $table)]
        };
    }
    for sql in per_definitive_table!(restore).iter().chain(&per_living_table!(restore)).flatten() {
        tx.exec(sql, &[]).await.expect("a statement");
    }
}

/// Which entry must be named: the one whose sequence this query gave before the change, or none.
type First = Option<&'static str>;

async fn name_of(books: &Books, sequence: i64) -> String {
    let mut tx = books.store.read().await.expect("a transaction");
    let entries = match tx.sealed_entries().await {
        Err(StoreError::Unreadable { entry, .. }) if entry == sequence => {
            return format!("n° {sequence} de la chaîne");
        }
        entries => entries.expect("the entries"),
    };
    let entry = entries.iter().find(|entry| entry.sequence == sequence).expect("an entry");
    format!("{} {}-{} du {}", entry.book, entry.number.0, entry.number.1, entry.date.to_french())
}

/// What the seal of the entry at this place of the chain says, as its page shows it.
pub async fn seal_of(books: &Books, sequence: i64) -> SealVerdict {
    let mut tx = books.store.read().await.expect("a transaction");
    let sql = "select book, year, number from entry where id = $1";
    let row = tx.one(sql, &[sequence.into()]).await.expect("a statement").expect("an entry");
    let key = (row.text(0).unwrap(), row.int(1).unwrap(), row.int(2).unwrap());
    drop(tx);
    app::seal_of(&books.store, &key).await.expect("a verdict")
}

/// What is changed: its name, the entry that must be named, the statements.
type Change = (&'static str, First, &'static [&'static str]);

/// Makes each change by itself, on each engine: it must be seen. All that is missed is told together.
fn seen(changes: &[Change]) {
    seen_after(async |books| fill(books).await, changes);
}

fn seen_after(fill: impl AsyncFn(&Books), changes: &[Change]) {
    on_both_engines(async |books| {
        fill(books).await;
        keep(books).await;
        let mut missed = Vec::new();
        for (what, first, statements) in changes {
            let mut tx = by_hand(books).await;
            put_back(&mut tx).await;
            let sequence = match first {
                Some(sql) => {
                    let row = tx.one(sql, &[]).await.expect("a statement").expect("a row");
                    Some(row.int(0).unwrap_or_else(|error| panic!("{sql}: {error}")))
                }
                None => None,
            };
            touch(&mut tx, statements).await;
            tx.commit().await.expect("a commit");
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let expected = match sequence {
                Some(sequence) => Some(name_of(books, sequence).await),
                None => None,
            };
            if let Some(sequence) = sequence
                && seal_of(books, sequence).await.is_intact()
            {
                missed.push(format!("{what}: the page of the entry says nothing"));
            }
            let said = !report.integre && !report.alterations.is_empty() && report.exit_code() == 4;
            if !said || report.premiere_ecriture_rompue != expected {
                missed.push(format!("{what}: {expected:?} expected, {report:#?}"));
            }
        }
        assert!(missed.is_empty(), "{} missed in {}:\n{}", missed.len(), books.location, missed.join("\n"));
        let mut tx = by_hand(books).await;
        put_back(&mut tx).await;
        tx.commit().await.expect("a commit");
        books.assert_whole().await;
    });
}

/// The first entry about an aid.
macro_rules! aid {
    ($reference:literal) => {
        Some(concat!(
            "select min(l.entry_id) from line l join aid a on a.id = l.aid_id where a.reference = '",
            $reference,
            "'"
        ))
    };
}

/// The first entry about an aid whose terms, lot, decision… answer to a condition.
macro_rules! first_where {
    ($condition:literal) => {
        Some(concat!(
            "select min(l.entry_id) from line l join aid a on a.id = l.aid_id join terms t on t.id = a.terms_id \
             join decision d on d.id = a.decision_id where ",
            $condition
        ))
    };
}

/// The first entry with axes that answer to a condition.
macro_rules! axes_where {
    ($condition:literal) => {
        Some(concat!("select min(l.entry_id) from line l join axes x on x.id = l.axes_id where ", $condition))
    };
}

#[test]
fn a_changed_line_is_seen() {
    const GRANT: First = aid!("C1");
    const PAYMENT: First = Some(
        "select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5')",
    );
    seen(&[
        (
            "amounts of a grant",
            GRANT,
            &[
                "update line set amount = amount * 2 where entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'C1'))",
            ],
        ),
        (
            "amounts of a payment",
            PAYMENT,
            &[
                "update line set amount = amount / 2 where entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5'))",
            ],
        ),
        (
            "amounts of a notice",
            Some("select cast(1 as bigint)"),
            &[
                "update line set amount = amount + case when amount > 0 then 100 else -100 end where entry_id = 1",
            ],
        ),
        (
            "one amount",
            GRANT,
            &[
                "update line set amount = amount + 1 where rank = 1 and entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'C1'))",
            ],
        ),
        (
            "account",
            GRANT,
            &[
                "update line set account_id = (select id from account where code = 'A4') where aid_id = (select id from aid where reference = 'C1') and account_id = (select id from account where code = 'A3')",
            ],
        ),
        (
            "an account of nowhere",
            Some("select cast(1 as bigint)"),
            &["update line set account_id = 99 where entry_id = 1 and rank = 1"],
        ),
        (
            "axes",
            GRANT,
            &[
                "update line set axes_id = (select axes_id from line where entry_id = 1 and rank = 1) where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "axes of nowhere",
            Some("select cast(1 as bigint)"),
            &["update line set axes_id = 99 where entry_id = 1"],
        ),
        (
            "the aid of a line",
            GRANT,
            &[
                "update line set aid_id = (select id from aid where reference = 'C2') where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "no aid any more",
            GRANT,
            &["update line set aid_id = null where aid_id = (select id from aid where reference = 'C1')"],
        ),
        (
            "ranks",
            aid!("C1"),
            &[
                "update line set rank = rank + 100 where entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'C1')) and rank in (2, 3)",
                "update line set rank = 105 - rank where rank > 100",
            ],
        ),
        (
            "a deleted line",
            GRANT,
            &["delete from line where aid_id = (select id from aid where reference = 'C1') and amount > 0"],
        ),
        (
            "the last line",
            Some("select max(id) from entry"),
            &[
                "delete from line where entry_id = (select max(id) from entry) and rank = (select max(rank) from line where entry_id = (select max(id) from entry))",
            ],
        ),
        (
            "all lines of an entry",
            PAYMENT,
            &[
                "delete from line where entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5'))",
            ],
        ),
        (
            "two more lines",
            Some("select cast(1 as bigint)"),
            &[
                "insert into line select entry_id, rank + 2, account_id, axes_id, aid_id, amount from line where entry_id = 1",
            ],
        ),
    ]);
}

#[test]
fn a_changed_aid_is_seen() {
    seen(&[
        ("amount", aid!("C1"), &["update aid set amount = amount + 100 where reference = 'C1'"]),
        ("month", aid!("C1"), &["update aid set month = 202402 where reference = 'C1'"]),
        (
            "reference",
            aid!("C2"),
            &[
                "update aid set reference = 'C9' where reference = 'C2'",
                "update living_reference set reference = 'C9' where reference = 'C2'",
            ],
        ),
        ("line of the file", aid!("K2"), &["update aid set line = line + 1 where reference = 'K2'"]),
        ("request", aid!("F1"), &["update aid set requested_on = 20240602 where reference = 'F1'"]),
        ("no request any more", aid!("F1"), &["update aid set requested_on = null where reference = 'F1'"]),
        ("a request", aid!("C1"), &["update aid set requested_on = 20240301 where reference = 'C1'"]),
        (
            "person",
            aid!("C3"),
            &[
                "update aid set beneficiary_id = (select beneficiary_id from aid where reference = 'C1') where reference = 'C3'",
            ],
        ),
        ("lot", aid!("C3"), &["update aid set lot_id = 4 where reference = 'C3'"]),
        (
            "lot, under the same file",
            aid!("C3"),
            &[
                "update lot set file = 'aides.csv' where id = 4",
                "update aid set lot_id = 4 where reference = 'C3'",
            ],
        ),
        (
            "terms",
            aid!("C1"),
            &[
                "update aid set terms_id = (select terms_id from aid where reference = 'F1') where reference = 'C1'",
            ],
        ),
        (
            "decision",
            aid!("C5"),
            &[
                "update aid set decision_id = (select decision_id from aid where reference = 'C1') where reference = 'C5'",
            ],
        ),
        (
            "person of the decision",
            None,
            &[
                "update decision set beneficiary_id = (select beneficiary_id from aid where reference = 'C2') where id = (select decision_id from aid where reference = 'C5')",
            ],
        ),
        (
            "dispositif of the decision",
            None,
            &[
                "update decision set dispositif_id = (select id from dispositif where code = 'FDF') where decided_on = 20240603",
            ],
        ),
        (
            "date of the decision",
            aid!("F1"),
            &["update decision set decided_on = 20240604 where decided_on = 20240603"],
        ),
        (
            "a decision without a date",
            aid!("F1"),
            &["update decision set undated = 1 where decided_on = 20240603"],
        ),
        (
            "a decision with a date",
            first_where!("d.undated = 1"),
            &["update decision set undated = 0 where undated = 1"],
        ),
        (
            "pseudonym",
            aid!("C1"),
            &[
                "update beneficiary set pseudonym = 'P0000000000000000' where id = (select beneficiary_id from aid where reference = 'C1')",
            ],
        ),
        (
            "amount of a cancelled aid",
            aid!("D1"),
            &["update aid set amount = amount - 100 where reference = 'D1'"],
        ),
        (
            "a finding's code",
            aid!("C4"),
            &[
                "update aid_finding set code = 'age_minimum' where aid_id = (select id from aid where reference = 'C4')",
            ],
        ),
        (
            "a finding's rule",
            aid!("C4"),
            &[
                "update aid_finding set rule = 'autre' where aid_id = (select id from aid where reference = 'C4')",
            ],
        ),
        (
            "a finding's words",
            aid!("C4"),
            &[
                "update aid_finding set message = message || '.' where aid_id = (select id from aid where reference = 'C4')",
            ],
        ),
        (
            "a deleted finding",
            aid!("C4"),
            &["delete from aid_finding where aid_id = (select id from aid where reference = 'C4')"],
        ),
        (
            "one more finding",
            aid!("C1"),
            &[
                "insert into aid_finding (aid_id, rank, code, message, advice) select id, 1, 'age_minimum', '', '' from aid where reference = 'C1'",
            ],
        ),
    ]);
}

#[test]
fn changed_terms_are_seen() {
    seen(&[
        (
            "funder",
            axes_where!("x.funder_id = (select id from funder where code = 'ETAT')"),
            &["update funder set code = 'ETAT2' where code = 'ETAT'"],
        ),
        (
            "dispositif",
            axes_where!("x.dispositif_id = (select id from dispositif where code = 'FAJ')"),
            &["update dispositif set code = 'FAJ2' where code = 'FAJ'"],
        ),
        ("nature", aid!("K1"), &["update nature set code = 'permis' where code = 'projet'"]),
        ("site", aid!("K1"), &["update site set code = 'MARCK' where code = 'CALAIS'"]),
        ("convention", aid!("K1"), &["update convention set code = 'CONV' where code = 'CONV-CLAP'"]),
        ("payer", aid!("C1"), &["update payer set code = 'CAF2' where code = 'ASP'"]),
        (
            "committee",
            aid!("F1"),
            &["update committee set code = 'commission' where code = 'commission FAJ'"],
        ),
        ("account", Some("select cast(1 as bigint)"), &["update account set code = 'A11' where code = 'A1'"]),
        (
            "source",
            Some("select cast(1 as bigint)"),
            &["update source set code = 'imilo/enveloppes' where code = 'denier/enveloppes'"],
        ),
        // What is found before the chain is read: no entry is named.
        ("payee", None, &["update payee set code = 'Muller', label = 'Muller' where id > 0"]),
        ("code of a payee", None, &["update payee set code = 'Muller' where id > 0"]),
        ("label of a payee", None, &["update payee set label = 'Muller' where id > 0"]),
        (
            "a forged payee",
            None,
            &["update payee set code = 'Muller', label = 'Muller', salt = null where id > 0"],
        ),
        (
            "a name where a payee is erased",
            None,
            &["update payee set code = 'effacé n° ' || id, label = 'Muller', salt = null where id > 0"],
        ),
        (
            "a payee erased under another number",
            None,
            &["update payee set code = 'effacé n° 99', label = '', salt = null where id > 0"],
        ),
        (
            "salt of a payee",
            None,
            &["update payee set salt = (select root from entry where id = 1) where id > 0"],
        ),
        ("no salt any more", None, &["update payee set salt = null where id > 0"]),
        (
            "digest of a payee",
            None,
            &["update payee set digest = (select root from entry where id = 1) where id > 0"],
        ),
        (
            "digest of an erased payee",
            aid!("F1"),
            &[
                "update payee set code = 'effacé n° ' || id, label = '', salt = null, digest = (select root from entry where id = 1) where id > 0",
            ],
        ),
        (
            "mode",
            aid!("C1"),
            &[
                "update terms set mode = 'decider' where id = (select terms_id from aid where reference = 'C1')",
            ],
        ),
        (
            "payer of terms",
            aid!("C1"),
            &[
                "update terms set payer_id = (select id from payer where code = 'CAF') where id = (select terms_id from aid where reference = 'C1')",
            ],
        ),
        (
            "dispositif of terms",
            None,
            &[
                "update terms set dispositif_id = (select id from dispositif where code = 'FDF') where id = (select terms_id from aid where reference = 'F1')",
            ],
        ),
        (
            "dispositif of terms and of the decision",
            None,
            &[
                "update terms set dispositif_id = (select id from dispositif where code = 'FDF') where id = (select terms_id from aid where reference = 'F1')",
                "update decision set dispositif_id = (select id from dispositif where code = 'FDF') where id = (select decision_id from aid where reference = 'F1')",
            ],
        ),
        (
            "axes of terms",
            None,
            &[
                "update terms set axes_id = (select min(id) from axes where funder_id = (select id from funder where code = 'CD')) where id = (select terms_id from aid where reference = 'K2')",
            ],
        ),
        (
            "axes of terms where there are shares",
            None,
            &[
                "update terms set axes_id = (select axes_id from aid_share where rank = 2) where id = (select terms_id from aid where reference = 'K1')",
            ],
        ),
        ("payee of terms", aid!("F1"), &["update terms set payee_id = 0 where payee_id > 0"]),
        (
            "rules of terms",
            aid!("C1"),
            &[
                "update terms set rules_id = (select id from rule_publication where path = 'dispositifs/faj.toml') where id = (select terms_id from aid where reference = 'C1')",
            ],
        ),
        (
            "text of a rule",
            aid!("F1"),
            &[
                "update rule_text set body = replace(body, '400,00', '900,00') where digest = (select digest from rule_publication where path = 'dispositifs/faj.toml')",
            ],
        ),
        (
            "text of a rule and its digest",
            aid!("F1"),
            &[
                "insert into rule_text (digest, body) values ('2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae', 'foo')",
                "update rule_publication set digest = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' where path = 'dispositifs/faj.toml'",
            ],
        ),
        (
            "text of a rule under which nothing was judged",
            None,
            &[
                "update rule_text set body = body || ' ' where digest = (select digest from rule_publication where path = 'dispositifs/gj.toml')",
            ],
        ),
        (
            "year of an envelope",
            axes_where!("x.envelope_year = 2024"),
            &["update axes set envelope_year = 2023 where envelope_year = 2024"],
        ),
        ("convention of axes", aid!("K1"), &["update axes set convention_id = 0 where convention_id > 0"]),
        ("site of axes", aid!("K1"), &["update axes set site_id = 0 where site_id > 0"]),
        (
            "funder of axes",
            axes_where!("x.dispositif_id = (select id from dispositif where code = 'FAJ')"),
            &[
                "update axes set funder_id = (select id from funder where code = 'VILLE') where dispositif_id = (select id from dispositif where code = 'FAJ')",
            ],
        ),
        (
            "dispositif of axes",
            axes_where!("x.dispositif_id = (select id from dispositif where code = 'FAJ')"),
            &[
                "update axes set dispositif_id = (select id from dispositif where code = 'FDF') where dispositif_id = (select id from dispositif where code = 'FAJ')",
            ],
        ),
    ]);
}

#[test]
fn a_changed_lot_is_seen() {
    const AIDS_OF_LOT_3: First = Some("select min(id) from entry where lot_id = 3");
    const CANCELLATION: First = Some("select min(id) from entry where lot_id = 5");
    seen(&[
        ("file of aids", first_where!("a.lot_id = 3"), &["update lot set file = 'autres.csv' where id = 3"]),
        (
            "file of envelopes",
            Some("select cast(1 as bigint)"),
            &["update lot set file = 'autres.csv' where id = 2"],
        ),
        ("author", AIDS_OF_LOT_3, &["update lot set user_name = 'paul' where id = 3"]),
        ("a reason where there is none", None, &["update lot set reason = 'doublon' where id = 3"]),
        ("instant", AIDS_OF_LOT_3, &["update lot set at = '2025-02-14T12:00:00Z' where id = 3"]),
        ("kind", AIDS_OF_LOT_3, &["update lot set kind = 'enveloppes' where id = 3"]),
        ("kind of a cancellation", CANCELLATION, &["update lot set kind = 'aides' where id = 5"]),
        (
            "digest of the file",
            AIDS_OF_LOT_3,
            &["update lot set file_digest = (select root from entry where id = 1) where id = 3"],
        ),
        (
            "digest of the file of envelopes",
            Some("select cast(1 as bigint)"),
            &["update lot set file_digest = (select root from entry where id = 1) where id = 2"],
        ),
        ("no digest any more", AIDS_OF_LOT_3, &["update lot set file_digest = null where id = 3"]),
        (
            "a digest where there is no file",
            CANCELLATION,
            &["update lot set file_digest = (select root from entry where id = 1) where id = 5"],
        ),
        (
            "read and accepted",
            AIDS_OF_LOT_3,
            &["update lot set records = records + 1, accepted = accepted + 1 where id = 3"],
        ),
        ("irregular", AIDS_OF_LOT_3, &["update lot set irregular = irregular - 1 where id = 3"]),
        (
            "read and known",
            AIDS_OF_LOT_3,
            &["update lot set records = records + 1, known = known + 1 where id = 3"],
        ),
        (
            "refused, not known",
            AIDS_OF_LOT_3,
            &[
                "update lot set records = records + 1, refused = refused + 1 where id = 3",
                "update lot set accepted = accepted - 1, known = known + 1 where id = 3",
            ],
        ),
        (
            "refused envelopes",
            Some("select cast(1 as bigint)"),
            &["update lot set records = records + 1, refused = refused + 1 where id = 2"],
        ),
        ("the lot cancelled", CANCELLATION, &["update lot set cancels_id = 3 where id = 5"]),
        ("no lot cancelled any more", CANCELLATION, &["update lot set cancels_id = null where id = 5"]),
        ("a lot cancelled", AIDS_OF_LOT_3, &["update lot set cancels_id = 2 where id = 3"]),
        (
            "number",
            Some("select cast(1 as bigint)"),
            &[
                "update lot set id = 9 where id = 2",
                "update entry set lot_id = 9 where lot_id = 2",
                "update envelope_notice set lot_id = 9 where lot_id = 2",
            ],
        ),
        // What is found before the chain is read: no entry is named.
        ("reason", None, &["update lot set reason = 'doublon' where id = 5"]),
        (
            "salt of a reason",
            None,
            &["update lot set reason_salt = (select root from entry where id = 1) where id = 5"],
        ),
        (
            "digest of a reason",
            None,
            &["update lot set reason_digest = (select root from entry where id = 1) where id = 5"],
        ),
        ("no digest of a reason", None, &["update lot set reason_digest = null where id = 5"]),
        ("a forged reason", None, &["update lot set reason = 'doublon', reason_salt = null where id = 5"]),
        ("a reason without its salt", None, &["update lot set reason_salt = null where id = 5"]),
        (
            "digest of an erased reason",
            CANCELLATION,
            &[
                "update lot set reason = null, reason_salt = null, reason_digest = (select root from entry where id = 1) where id = 5",
            ],
        ),
        (
            "no reason any more",
            CANCELLATION,
            &["update lot set reason = null, reason_salt = null, reason_digest = null where id = 5"],
        ),
        (
            "digest of a reason where there is none",
            AIDS_OF_LOT_3,
            &["update lot set reason_digest = (select root from entry where id = 1) where id = 3"],
        ),
        (
            "lot of an entry",
            CANCELLATION,
            &["update entry set lot_id = 3 where id = (select min(id) from entry where lot_id = 5)"],
        ),
        (
            "lot of an entry, another of the same author and instant",
            Some("select min(id) from entry where lot_id = 4"),
            &["update entry set lot_id = 3 where lot_id = 4"],
        ),
        (
            "reference of a notice",
            Some("select cast(1 as bigint)"),
            &[
                "update envelope_notice set reference = 'N9' where reference = 'N1'",
                "update living_reference set reference = 'N9' where reference = 'N1'",
            ],
        ),
        (
            "line of a notice",
            Some("select cast(2 as bigint)"),
            &["update envelope_notice set line = 9 where reference = 'N2'"],
        ),
        (
            "lot of a notice",
            Some("select cast(3 as bigint)"),
            &["update envelope_notice set lot_id = 3 where reference = 'N3'"],
        ),
        (
            "date of a notice",
            None,
            &["update envelope_notice set notified_on = notified_on + 1 where reference = 'N1'"],
        ),
        (
            "axes of a notice",
            None,
            &[
                "update envelope_notice set axes_id = (select axes_id from envelope_notice where reference = 'N3') where reference = 'N2'",
            ],
        ),
        (
            "axes of two notices",
            None,
            &[
                "update envelope_notice set axes_id = (select sum(axes_id) from envelope_notice where reference in ('N2', 'N3')) - axes_id where reference in ('N2', 'N3')",
            ],
        ),
        (
            "a deleted notice",
            Some("select cast(1 as bigint)"),
            &["delete from envelope_notice where reference = 'N1'"],
        ),
    ]);
}

#[test]
fn a_changed_entry_is_seen() {
    const FIFTH: First = Some("select cast(5 as bigint)");
    const REVERSAL: First = Some("select min(id) from entry where reverses is not null");
    seen(&[
        ("date", FIFTH, &["update entry set dated = dated + 1 where id = 5"]),
        ("date, in another year", FIFTH, &["update entry set dated = dated + 10000 where id = 5"]),
        (
            "year, date and number",
            FIFTH,
            &["update entry set dated = dated + 10000, year = year + 1, number = 1 where id = 5"],
        ),
        (
            "event",
            Some("select min(id) from entry where event = 'octroi'"),
            &[
                "update entry set event = 'octroi_evaluatif' where id = (select min(id) from entry where event = 'octroi')",
            ],
        ),
        (
            "number",
            Some("select max(id) from entry"),
            &["update entry set number = number + 1 where id = (select max(id) from entry)"],
        ),
        ("count of lines", FIFTH, &["update entry set line_count = line_count + 1 where id = 5"]),
        ("root", FIFTH, &["update entry set root = seal where id = 5"]),
        ("seal", FIFTH, &["update entry set seal = root where id = 5"]),
        ("the first seal", Some("select cast(1 as bigint)"), &["update entry set seal = root where id = 1"]),
        (
            "the last seal",
            Some("select max(id) from entry"),
            &["update entry set seal = root where id = (select max(id) from entry)"],
        ),
        ("book", FIFTH, &["update entry set book = 'AUTRE' where id = 5"]),
        (
            "what it reverses",
            REVERSAL,
            &[
                "update entry set reverses = 1 where id = (select min(id) from entry where reverses is not null)",
            ],
        ),
        (
            "no reversal any more",
            REVERSAL,
            &[
                "update entry set reverses = null where id = (select min(id) from entry where reverses is not null)",
            ],
        ),
        ("a reversal", FIFTH, &["update entry set reverses = 1 where id = 5"]),
    ]);
}

#[test]
fn a_changed_chain_is_seen() {
    seen(&[
        (
            "the last entry deleted",
            None,
            &[
                "delete from line where entry_id = (select max(id) from entry)",
                "delete from entry where id = (select max(id) from entry)",
            ],
        ),
        (
            "the last entry deleted, not its lines",
            None,
            &["delete from entry where id = (select max(id) from entry)"],
        ),
        (
            "an entry deleted",
            Some("select cast(6 as bigint)"),
            &["delete from line where entry_id = 5", "delete from entry where id = 5"],
        ),
        (
            "an entry deleted, the others numbered again",
            Some("select cast(6 as bigint)"),
            &[
                "delete from line where entry_id = 5",
                "delete from entry where id = 5",
                "update entry set number = number + 1000 where id > 5",
                "update entry set number = number - 1001 where number > 1000",
            ],
        ),
        (
            "the first entry deleted",
            Some("select cast(2 as bigint)"),
            &[
                "delete from line where entry_id = 1",
                "delete from envelope_notice where entry_id = 1",
                "delete from entry where id = 1",
            ],
        ),
        (
            "an entry added at the end",
            Some("select max(id) + 1 from entry"),
            &[
                "insert into line select (select max(id) + 1 from entry), rank, account_id, axes_id, aid_id, amount from line where entry_id = 5",
                "insert into entry select (select max(id) + 1 from entry), book, year, (select max(number) + 1 from entry), dated, event, lot_id, reverses, line_count, root, seal from entry where id = 5",
            ],
        ),
        (
            "an entry inserted",
            Some("select cast(6 as bigint)"),
            &[
                "update line set entry_id = entry_id + 1000 where entry_id > 5",
                "update entry set reverses = reverses + 1000 where reverses > 5",
                "update entry set id = id + 1000, number = number + 1000 where id > 5",
                "insert into line select 6, rank, account_id, axes_id, aid_id, amount from line where entry_id = 5",
                "insert into entry select 6, book, year, 6, dated, event, lot_id, reverses, line_count, root, seal from entry where id = 5",
                "update line set entry_id = entry_id - 999 where entry_id > 1000",
                "update entry set reverses = reverses - 999 where reverses > 1000",
                "update entry set id = id - 999, number = number - 999 where id > 1000",
            ],
        ),
        (
            "two entries swapped",
            Some("select cast(1 as bigint)"),
            &[
                "update line set entry_id = entry_id + 1000 where entry_id in (1, 2)",
                "update envelope_notice set entry_id = entry_id + 1000 where entry_id in (1, 2)",
                "update entry set id = id + 1000, number = number + 1000 where id in (1, 2)",
                "update line set entry_id = 1003 - entry_id where entry_id > 1000",
                "update envelope_notice set entry_id = 1003 - entry_id where entry_id > 1000",
                "update entry set id = 1003 - id, number = 1003 - number where id > 1000",
            ],
        ),
    ]);
}

#[test]
fn the_entry_of_an_unreadable_value_is_named() {
    const PAYMENT: First = Some(
        "select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5')",
    );
    seen(&[
        ("a month", aid!("F1"), &["update aid set month = 202413 where reference = 'F1'"]),
        ("a request", aid!("F1"), &["update aid set requested_on = 20240631 where reference = 'F1'"]),
        (
            "a decision",
            aid!("F1"),
            &["update decision set decided_on = 20240631 where decided_on = 20240603"],
        ),
        (
            "a month, and an entry broken before",
            aid!("C1"),
            &[
                "update line set amount = amount * 2 where entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'C1'))",
                "update aid set month = 202413 where reference = 'F1'",
            ],
        ),
        (
            "a month, and the entry just before it broken",
            Some(
                "select min(l.entry_id) - 1 from line l join aid a on a.id = l.aid_id where a.reference = 'F1'",
            ),
            &[
                "update line set amount = amount * 2 where entry_id = (select min(l.entry_id) - 1 from line l join aid a on a.id = l.aid_id where a.reference = 'F1')",
                "update aid set month = 202413 where reference = 'F1'",
            ],
        ),
        (
            "a month, and an entry broken after",
            aid!("F1"),
            &[
                "update entry set seal = root where id = (select max(id) from entry)",
                "update aid set month = 202413 where reference = 'F1'",
            ],
        ),
        (
            "a first line about no aid",
            PAYMENT,
            &[
                "update line set aid_id = 9999 where rank = 1 and entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5'))",
            ],
        ),
        (
            "a last line about no aid",
            PAYMENT,
            &[
                "update line set aid_id = 9999 where rank = 2 and entry_id = (select min(entry_id) from line where aid_id = (select id from aid where reference = 'F1') and account_id = (select id from account where code = 'A5'))",
            ],
        ),
        ("a date", Some("select cast(5 as bigint)"), &["update entry set dated = 20240230 where id = 5"]),
        (
            "the last date",
            Some("select max(id) from entry"),
            &["update entry set dated = 20240230 where id = (select max(id) from entry)"],
        ),
        (
            "date of a notice",
            None,
            &["update envelope_notice set notified_on = 20240230 where reference = 'N1'"],
        ),
        (
            "date of a payment",
            None,
            &[
                "update payment set paid_on = 20240230 where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "a key that is nowhere in axes",
            axes_where!("x.dispositif_id = (select id from dispositif where code = 'FAJ')"),
            &[
                "update axes set funder_id = 99 where dispositif_id = (select id from dispositif where code = 'FAJ')",
            ],
        ),
        (
            "a key that is nowhere in the axes of aids",
            aid!("K1"),
            &["update axes set site_id = 99 where site_id > 0"],
        ),
    ]);
}

#[test]
fn a_text_forged_with_its_digest_breaks_its_entries() {
    on_both_engines(async |books| {
        fill(books).await;
        let salt = [7; 16];
        let digest = denier::ledger::seal::salted(&salt, "Muller");
        let forged: [Value; 2] = [salt.as_slice().into(), digest.as_slice().into()];
        keep(books).await;
        for (first, sql) in [
            (
                aid!("F1"),
                "update payee set code = 'Muller', label = 'Muller', salt = $1, digest = $2 where id > 0",
            ),
            (
                Some("select min(id) from entry where lot_id = 5"),
                "update lot set reason = 'Muller', reason_salt = $1, reason_digest = $2 where id = 5",
            ),
        ] {
            let mut tx = by_hand(books).await;
            put_back(&mut tx).await;
            let sequence = tx.one(first.expect("a query"), &[]).await.expect("a statement").expect("a row");
            assert_eq!(tx.exec(sql, &forged).await.expect("a statement"), 1, "{sql}");
            tx.commit().await.expect("a commit");
            let report = app::verify(&books.store, &quiet).await.expect("a verification");
            let expected = name_of(books, sequence.int(0).expect("a sequence")).await;
            assert_eq!(report.premiere_ecriture_rompue, Some(expected), "{sql}: {report:#?}");
        }
    });
}

#[test]
fn a_changed_derogation_is_seen() {
    const ALLOWED: First = aid!("G1");
    seen_after(
        async |books| {
            fill(books).await;
            add_derogations(books).await;
        },
        &[
            ("amount", ALLOWED, &["update derogation set amount = amount + 1 where id = 1"]),
            ("a smaller amount", ALLOWED, &["update derogation set amount = amount - 1 where id = 1"]),
            ("who asked", ALLOWED, &["update derogation set asked_by = 'zoé' where id = 1"]),
            (
                "the day it was asked",
                ALLOWED,
                &["update derogation set asked_on = asked_on - 1 where id = 1"],
            ),
            (
                "who approved",
                ALLOWED,
                &["update derogation_decision set decided_by = 'nadia' where derogation_id = 1"],
            ),
            (
                "the day it was approved",
                ALLOWED,
                &["update derogation_decision set decided_on = decided_on + 1 where derogation_id = 1"],
            ),
            ("a rule more", ALLOWED, &["insert into derogation_rule values (1, 'situation')"]),
            (
                "a rule less",
                ALLOWED,
                &["delete from derogation_rule where derogation_id = 1 and rule = 'age'"],
            ),
            (
                "the reason and its digest",
                ALLOWED,
                &[
                    "update derogation set reason = null, reason_salt = null, reason_digest = (select reason_digest from derogation where id = 2) where id = 1",
                ],
            ),
            ("no use any more", ALLOWED, &["delete from derogation_use"]),
            ("another derogation", ALLOWED, &["update derogation_use set derogation_id = 2"]),
            ("a derogation of nowhere", ALLOWED, &["update derogation_use set derogation_id = 99"]),
            ("no decision any more", ALLOWED, &["delete from derogation_decision where derogation_id = 1"]),
            (
                "the words of what was lifted",
                ALLOWED,
                &[
                    "update aid_finding set message = 'autre' where code = 'accorde_par_derogation' and rank = 1",
                ],
            ),
            (
                "an irregular aid made regular",
                aid!("C4"),
                &[
                    "update aid_finding set code = 'accorde_par_derogation' where aid_id = (select id from aid where reference = 'C4')",
                ],
            ),
            (
                "an irregular aid made regular by a derogation",
                aid!("C4"),
                &["insert into derogation_use select id, 2 from aid where reference = 'C4'"],
            ),
            ("the reason", None, &["update derogation set reason = 'autre' where id = 1"]),
            (
                "the reason of one that serves nothing",
                None,
                &["update derogation set reason = 'autre' where id = 3"],
            ),
            ("a reason without salt", None, &["update derogation set reason_salt = null where id = 2"]),
            (
                "the reason of a refusal",
                None,
                &["update derogation_decision set reason = 'autre' where derogation_id = 4"],
            ),
            ("person", None, &["update derogation set beneficiary_id = beneficiary_id - 1 where id = 1"]),
            ("month", None, &["update derogation set month = month + 1 where id = 1"]),
            (
                "dispositif",
                None,
                &[
                    "update derogation set dispositif_id = (select id from dispositif where code = 'FAJ') where id = 1",
                ],
            ),
            ("a month that is none", None, &["update derogation set month = 202413 where id = 3"]),
            (
                "approved no more",
                None,
                &["update derogation_decision set approved = 0 where derogation_id = 1"],
            ),
            (
                "approved by who asked",
                None,
                &[
                    "update derogation_decision set asked_by = 'zoé', decided_by = 'claire' where derogation_id = 2",
                ],
            ),
            (
                "a decision of nothing",
                None,
                &["update derogation_decision set derogation_id = 99 where derogation_id = 4"],
            ),
            ("no rule any more", None, &["delete from derogation_rule where derogation_id = 3"]),
            ("a rule of nothing", None, &["insert into derogation_rule values (99, 'age')"]),
        ],
    );
}

#[test]
fn a_derogation_approved_by_who_asked_is_seen() {
    on_both_engines(async |books| {
        fill(books).await;
        add_derogations(books).await;
        // Whoever owns the base can take its constraint away.
        let mut tx = by_hand(books).await;
        disarm(&mut tx).await;
        let constraint = if books.on_postgres() {
            "alter table derogation_decision drop constraint second_person"
        } else {
            "pragma ignore_check_constraints = on"
        };
        tx.exec(constraint, &[]).await.expect("a statement");
        touch(&mut tx, &["update derogation_decision set decided_by = 'claire' where derogation_id = 2"])
            .await;
        tx.commit().await.expect("a commit");
        let report = app::verify(&books.store, &quiet).await.expect("a verification");
        assert_eq!(report.alterations, ["1 dérogations approuvées par la personne qui les a demandées"]);
    });
}

#[test]
fn erased_reasons_of_derogations_break_nothing() {
    on_both_engines(async |books| {
        fill(books).await;
        add_derogations(books).await;
        alter(
            books,
            &[
                "update derogation set reason = null, reason_salt = null",
                "update derogation_decision set reason = null, reason_salt = null where derogation_id = 4",
                "delete from identity where number = 'T4'",
            ],
        )
        .await;
        books.assert_whole().await;
        let table = app::derogation_statement(&books.store, None).await.expect("a statement");
        let first = crate::harness::lines(&table)[0].clone();
        assert!(
            first.starts_with("1 effacé CEJ 2024-09 600.00 age, plafond_majeur effacé claire"),
            "{first}"
        );
    });
}

#[test]
fn a_changed_life_is_seen() {
    const PAID: First =
        Some("select min(e.id) from entry e join hand_payment h on h.lot_id = e.lot_id and h.rank = 2");
    const UNDUE: First = Some("select min(e.id) from entry e join undue u on u.lot_id = e.lot_id");
    const BACK: First =
        Some("select min(e.id) from entry e join recovery r on r.lot_id = e.lot_id and r.id = 1");
    const PROPOSED: First =
        Some("select min(e.id) from entry e join proposal_decision d on d.lot_id = e.lot_id");
    seen_after(
        async |books| {
            fill(books).await;
            add_life(books).await;
        },
        &[
            ("the rank of a payment", PAID, &["update hand_payment set rank = 5 where rank = 2"]),
            ("a payment of no lot", PAID, &["delete from hand_payment where rank = 2"]),
            ("the number of an undue", UNDUE, &["update undue set id = 9"]),
            ("no undue any more", UNDUE, &["delete from undue"]),
            ("the undue of a recovery", BACK, &["update recovery set undue_id = 9 where id = 1"]),
            ("no recovery any more", BACK, &["delete from recovery where id = 1"]),
            ("who proposed", PROPOSED, &["update proposal set proposed_by = 'zoé' where id = 1"]),
            (
                "the day it was proposed",
                PROPOSED,
                &["update proposal set proposed_on = 20250214 where id = 1"],
            ),
            ("no decision any more", PROPOSED, &["delete from proposal_decision where proposal_id = 1"]),
            (
                "the reason of a proposal and its digest",
                PROPOSED,
                &[
                    "update proposal set reason = null, reason_salt = null, reason_digest = (select reason_digest from proposal where id = 2) where id = 1",
                ],
            ),
            ("another rank of payment", None, &["update payment set amount = amount + 1 where rank = 2"]),
            ("an undue of another amount", None, &["update undue set amount = amount - 1"]),
            ("an undue of another day", None, &["update undue set found_on = found_on + 1"]),
            (
                "an undue of another aid",
                None,
                &["update undue set aid_id = (select id from aid where reference = 'F1')"],
            ),
            ("a recovery of another amount", None, &["update recovery set amount = amount - 1 where id = 1"]),
            (
                "a recovery of another day",
                None,
                &["update recovery set recovered_on = recovered_on + 1 where id = 1"],
            ),
            (
                "a recovery that goes elsewhere",
                None,
                &["update recovery set how = 'rendu_au_financeur' where id = 1"],
            ),
            ("a loss that is none", None, &["update recovery set how = 'reabonde' where id = 2"]),
            ("another number of an aid", None, &["update hand_grant set number = 7 where year = 2024"]),
            ("no number any more", None, &["delete from hand_grant where year = 2024"]),
            ("a proposal of another amount", None, &["update proposal set amount = amount + 1 where id = 1"]),
            (
                "a proposal of somebody else",
                None,
                &["update proposal set beneficiary_id = beneficiary_id - 1 where id = 1"],
            ),
            ("the reason of a proposal", None, &["update proposal set reason = 'autre' where id = 2"]),
            (
                "the reason of a rejection",
                None,
                &["update proposal_decision set reason = 'autre' where proposal_id = 2"],
            ),
            ("the reason of a refusal", None, &["update refusal set reason = 'autre'"]),
            ("the number of a refusal", None, &["update refusal set number = 2"]),
        ],
    );
}

#[test]
fn erased_reasons_of_the_life_of_an_aid_break_nothing() {
    on_both_engines(async |books| {
        fill(books).await;
        add_life(books).await;
        alter(
            books,
            &[
                "update proposal set reason = null, reason_salt = null",
                "update proposal_decision set reason = null, reason_salt = null where proposal_id = 2",
                "update refusal set reason = null, reason_salt = null",
                "update lot set reason = null, reason_salt = null where kind in ('indu', 'recouvrement')",
                "delete from identity",
            ],
        )
        .await;
        books.assert_whole().await;
        let undues =
            crate::harness::lines(&app::undue_statement(&books.store, None).await.expect("a statement"));
        assert_eq!(undues[0], "1 2024-06-01 AID-2024-000001 60.00 40.00 20.00 0.00 effacé -");
        let refusals =
            crate::harness::lines(&app::refusal_statement(&books.store, None).await.expect("a statement"));
        assert!(refusals[0].starts_with("REF-2024-000001 2024-05-02 effacé FAJ"), "{refusals:?}");
        let letter = app::refusal_letter(&books.store, "REF-2024-000001").await;
        assert!(letter.is_err(), "nobody to write to");
    });
}

#[test]
fn changed_payments_shares_and_references_are_seen() {
    seen(&[
        (
            "a deleted payment",
            None,
            &["delete from payment where aid_id = (select id from aid where reference = 'C1')"],
        ),
        (
            "date of a payment",
            None,
            &[
                "update payment set paid_on = paid_on + 1 where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "a greater payment",
            None,
            &[
                "update payment set amount = amount + 1 where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "a smaller payment",
            None,
            &[
                "update payment set amount = amount - 1 where aid_id = (select id from aid where reference = 'C1')",
            ],
        ),
        (
            "an extra payment",
            None,
            &["insert into payment select id, 2, 20240410, 1 from aid where reference = 'C1'"],
        ),
        (
            "a payment in two, of two days",
            None,
            &[
                "update payment set amount = amount - 1 where aid_id = (select id from aid where reference = 'C1')",
                "insert into payment select id, 2, 20240411, 1 from aid where reference = 'C1'",
            ],
        ),
        (
            "a deleted payment of a cancelled aid",
            None,
            &["delete from payment where aid_id = (select id from aid where reference = 'D1')"],
        ),
        (
            "date of a payment of a cancelled aid",
            None,
            &[
                "update payment set paid_on = paid_on + 1 where aid_id = (select id from aid where reference = 'D1')",
            ],
        ),
        (
            "amount of a payment of a cancelled aid",
            None,
            &[
                "update payment set amount = amount - 1 where aid_id = (select id from aid where reference = 'D1')",
            ],
        ),
        (
            "an extra payment of a cancelled aid",
            None,
            &["insert into payment select id, 2, 20240910, 1 from aid where reference = 'D1'"],
        ),
        (
            "payments of two cancelled aids exchanged",
            None,
            &["update payment set amount = 60000 - amount where paid_on = 20240910"],
        ),
        (
            "a payment that was not",
            None,
            &["insert into payment select id, 1, 20240410, amount from aid where reference = 'C3'"],
        ),
        ("an unpaid aid that nobody names any more", None, &["delete from unpaid_aid"]),
        (
            "a paid aid among those that are not",
            None,
            &["insert into unpaid_aid select id from aid where reference = 'C1'"],
        ),
        (
            "a cancelled aid among the unpaid ones",
            None,
            &["insert into unpaid_aid select id from aid where reference = 'D1'"],
        ),
        ("an unpaid aid of nobody", None, &["update unpaid_aid set aid_id = 999"]),
        ("shares", None, &["update aid_share set amount = 100000 - amount"]),
        ("a deleted share", None, &["delete from aid_share where rank = 2"]),
        (
            "a redundant single share",
            None,
            &[
                "insert into aid_share select a.id, 1, t.axes_id, a.amount from aid a join terms t on t.id = a.terms_id where a.reference = 'C1'",
            ],
        ),
        (
            "one share, of the whole amount",
            None,
            &["delete from aid_share where rank = 2", "update aid_share set amount = 100000"],
        ),
        (
            "shares that are not those of the lines",
            None,
            &["update aid_share set amount = amount + case when rank = 1 then -1 else 1 end"],
        ),
        (
            "order of the shares",
            None,
            &["update aid_share set rank = rank + 10", "update aid_share set rank = 13 - rank"],
        ),
        ("funder of a share", None, &["update aid_share set axes_id = (select max(axes_id) from aid_share)"]),
        (
            "a cancellation undone",
            None,
            &["delete from aid_cancellation where aid_id = (select id from aid where reference = 'D1')"],
        ),
        (
            "a cancellation",
            None,
            &["insert into aid_cancellation select id, 5 from aid where reference = 'C1'"],
        ),
        (
            "an envelope cancelled",
            None,
            &[
                "insert into envelope_notice_cancellation select id, 5 from envelope_notice where reference = 'N3'",
            ],
        ),
        ("a reference freed", None, &["delete from living_reference where reference = 'C1'"]),
        (
            "a reference of another",
            None,
            &["update living_reference set record_id = record_id + 1 where reference = 'C1'"],
        ),
        ("a reference of a notice freed", None, &["delete from living_reference where reference = 'N1'"]),
        (
            "source of a reference",
            None,
            &["update living_reference set source_id = source_id - 1 where reference = 'C1'"],
        ),
        (
            "source of a reference of a notice",
            None,
            &["update living_reference set source_id = source_id + 1 where reference = 'N1'"],
        ),
        (
            "a reference of a cancelled aid",
            None,
            &[
                "insert into living_reference select l.source_id, a.reference, a.id, 0 from aid a join lot l on l.id = a.lot_id where a.reference = 'D1'",
            ],
        ),
        (
            "a reference of a cancelled notice",
            None,
            &[
                "insert into envelope_notice_cancellation select id, 5 from envelope_notice where reference = 'N3'",
                "update envelope set notified = 0, consumed = 0, overrun = 0 where dispositif_id = (select id from dispositif where code = 'FAJ')",
            ],
        ),
        ("a reference of nothing", None, &["insert into living_reference values (1, 'Z1', 1, 0)"]),
        (
            "amount of a notice",
            None,
            &["update envelope_notice set amount = amount + 100 where reference = 'N1'"],
        ),
    ]);
}

#[test]
fn changed_totals_are_seen() {
    seen(&[
        ("balance", None, &["update balance set amount = amount + 1 where account_id = 3"]),
        ("a deleted balance", None, &["delete from balance where account_id = 5"]),
        (
            "a balance of nothing",
            None,
            &[
                "insert into balance select account_id, 202501, axes_id, 100 from balance where account_id = 3 and month = 202403",
            ],
        ),
        (
            "amount of aids",
            None,
            &["update aid_amount set amount = amount + 1 where kind = 1 and month = 202403"],
        ),
        (
            "amount of aids, by payment",
            None,
            &["update aid_amount set amount = amount - 1 where kind = 3 and month = 202404"],
        ),
        ("a deleted amount", None, &["delete from aid_amount where kind = 2"]),
        (
            "count of aids",
            None,
            &["update aid_count set number = number + 1 where kind = 1 and period = 202403"],
        ),
        (
            "count of people",
            None,
            &[
                "update aid_count set people = people + 1 where kind = 1 and period = 2024 and dispositif_id = 0",
            ],
        ),
        ("a deleted count", None, &["delete from aid_count where kind = 3 and period = 2024"]),
        ("notified", None, &["update envelope set notified = notified + 100 where consumed < notified"]),
        ("consumed", None, &["update envelope set consumed = consumed - 100 where consumed > 0"]),
        ("overrun", None, &["update envelope set overrun = overrun + 100 where overrun > 0"]),
        ("a deleted envelope", None, &["delete from envelope where consumed > 0"]),
        (
            "an envelope of nothing",
            None,
            &[
                "insert into envelope select dispositif_id, funder_id, 2023, 100, 0, 0 from envelope where overrun > 0",
            ],
        ),
    ]);
}

/// The entry that seals the FEC: the last one.
const FEC: First = Some("select max(id) from entry");

#[test]
fn a_changed_line_of_a_sealed_fec_is_seen() {
    seen_after(
        async |books| fill_general(books).await,
        &[
            ("line", FEC, &["update general_line set line = line + 1 where lot_id = 7 and rank = 1"]),
            ("kind", FEC, &["update general_line set kind = 1 where lot_id = 7 and rank = 1"]),
            (
                "journal",
                FEC,
                &["update general_line set journal_id = journal_id + 1 where lot_id = 7 and rank = 1"],
            ),
            ("number", FEC, &["update general_line set number = '9' where lot_id = 7 and rank = 1"]),
            ("date", FEC, &["update general_line set dated = dated + 1 where lot_id = 7 and rank = 1"]),
            (
                "a date that is none",
                FEC,
                &["update general_line set dated = 20240231 where lot_id = 7 and rank = 1"],
            ),
            (
                "account",
                FEC,
                &[
                    "update general_line set account_id = (select account_id from general_line where lot_id = 7 and rank = 3) where lot_id = 7 and rank = 1",
                ],
            ),
            (
                "an account of nowhere",
                FEC,
                &["update general_line set account_id = 99 where lot_id = 7 and rank = 1"],
            ),
            ("auxiliary", FEC, &["update general_line set auxiliary_id = 0 where lot_id = 7 and rank = 1"]),
            ("piece", FEC, &["update general_line set piece = 'S2' where lot_id = 7 and rank = 1"]),
            (
                "date of the piece",
                FEC,
                &["update general_line set piece_on = piece_on + 1 where lot_id = 7 and rank = 1"],
            ),
            (
                "no date of the piece",
                FEC,
                &["update general_line set piece_on = null where lot_id = 7 and rank = 1"],
            ),
            (
                "label",
                FEC,
                &["update general_line set label = 'Notification PACEA' where lot_id = 7 and rank = 1"],
            ),
            ("letter", FEC, &["update general_line set letter = 'B' where lot_id = 7 and rank = 1"]),
            (
                "date of the letter",
                FEC,
                &["update general_line set lettered_on = lettered_on + 1 where lot_id = 7 and rank = 1"],
            ),
            (
                "date of validation",
                FEC,
                &["update general_line set validated_on = 20240130 where lot_id = 7 and rank = 1"],
            ),
            (
                "amount in a currency",
                FEC,
                &["update general_line set currency_amount = '1100,00' where lot_id = 7 and rank = 1"],
            ),
            ("currency", FEC, &["update general_line set currency = 'USD' where lot_id = 7 and rank = 1"]),
            (
                "analytic code",
                FEC,
                &["update general_line set analytic = 'ANNEXE' where lot_id = 7 and rank = 1"],
            ),
            ("salt", FEC, &["update general_line set salt = identity where lot_id = 7 and rank = 1"]),
            ("no salt", FEC, &["update general_line set salt = null where lot_id = 7 and rank = 1"]),
            (
                "one amount",
                FEC,
                &["update general_line set amount = amount + 1 where lot_id = 7 and rank = 1"],
            ),
            (
                "an amount beyond all",
                FEC,
                &["update general_line set amount = 9223372036854775807 where lot_id = 7 and rank = 1"],
            ),
            ("amounts", FEC, &["update general_line set amount = amount * 2 where lot_id = 7 and rank < 3"]),
            ("entry", FEC, &["update general_line set entry = 7 where lot_id = 7 and rank > 2"]),
            (
                "ranks",
                FEC,
                &[
                    "update general_line set rank = rank + 100 where lot_id = 7 and rank < 3",
                    "update general_line set rank = 103 - rank where lot_id = 7 and rank > 100",
                ],
            ),
            ("a deleted line", FEC, &["delete from general_line where lot_id = 7 and rank = 4"]),
            ("no line left", FEC, &["delete from general_line where lot_id = 7"]),
            (
                "more lines",
                FEC,
                &[
                    "insert into general_line select lot_id, rank + 4, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, label, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, salt, texts from general_line where lot_id = 7",
                ],
            ),
        ],
    );
}

#[test]
fn a_changed_assignment_or_label_of_a_sealed_fec_is_seen() {
    seen_after(
        async |books| fill_general(books).await,
        &[
            ("rule", FEC, &["update general_assignment set rule = 2 where lot_id = 7 and rank = 2"]),
            ("by hand", FEC, &["update general_assignment set rule = 0 where lot_id = 7 and rank = 2"]),
            (
                "funder",
                FEC,
                &[
                    "update general_assignment set funder_id = (select id from funder where code = 'CD') where lot_id = 7 and rank = 2",
                ],
            ),
            (
                "a funder of nowhere",
                FEC,
                &["update general_assignment set funder_id = 99 where lot_id = 7 and rank = 2"],
            ),
            (
                "convention",
                FEC,
                &[
                    "update general_assignment set convention_id = (select id from convention where code = 'CD-FOUR') where lot_id = 7 and rank = 2",
                ],
            ),
            ("another line", FEC, &["update general_assignment set rank = 1 where lot_id = 7 and rank = 2"]),
            ("a deleted assignment", FEC, &["delete from general_assignment where lot_id = 7 and rank = 2"]),
            (
                "an assignment more",
                FEC,
                &[
                    "insert into general_assignment select lot_id, 1, rule, funder_id, convention_id from general_assignment where lot_id = 7 and rank = 2",
                ],
            ),
            (
                "an assignment of no line",
                None,
                &[
                    "insert into general_assignment select lot_id, 99, rule, funder_id, convention_id from general_assignment where lot_id = 7 and rank = 2",
                ],
            ),
            (
                "code of an account",
                FEC,
                &["update general_account set code = '742100' where code = '741100'"],
            ),
            (
                "label of an account",
                FEC,
                &["update general_account set label = 'Subventions de la Région' where code = '741100'"],
            ),
            ("code of a journal", FEC, &["update general_journal set code = 'OD' where code = 'SU'"]),
            ("label of a journal", FEC, &["update general_journal set label = 'Divers' where code = 'SU'"]),
            (
                "code of an auxiliary",
                FEC,
                &["update general_auxiliary set code = 'REGION' where code = 'ETAT'"],
            ),
            (
                "label of an auxiliary",
                FEC,
                &["update general_auxiliary set label = 'Autre' where code = 'ETAT'"],
            ),
        ],
    );
}

#[test]
fn a_changed_version_of_a_fec_is_seen() {
    seen_after(
        async |books| fill_general(books).await,
        &[
            (
                "not sealed any more",
                FEC,
                &["update fec_version set definitive = 0, entry_id = null where lot_id = 7"],
            ),
            ("deleted", FEC, &["delete from fec_version where lot_id = 7"]),
            ("another entry", FEC, &["update fec_version set entry_id = 1 where lot_id = 7"]),
            ("another lot", FEC, &["update fec_version set lot_id = 6 where lot_id = 7"]),
            ("another year", None, &["update fec_version set year = 2025 where lot_id = 7"]),
            ("a year of nowhere", None, &["update fec_version set year = 2031 where lot_id = 7"]),
            ("first day", None, &["update fec_version set first_day = first_day + 1 where lot_id = 7"]),
            ("last day", None, &["update fec_version set last_day = last_day + 1 where lot_id = 7"]),
            ("number of entries", None, &["update fec_version set entry_count = 3 where lot_id = 7"]),
            ("number of lines", None, &["update fec_version set line_count = 5 where lot_id = 7"]),
            ("a line not validated", None, &["update fec_version set unvalidated_line = 2 where lot_id = 7"]),
            (
                "a FEC put over the sealed one",
                None,
                &[
                    "insert into fec_version select 6, year, 0, first_day, last_day, entry_key, entry_count, line_count, unvalidated_line, null from fec_version where lot_id = 7",
                    "insert into general_line select 6, rank, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, label, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, salt, texts from general_line where lot_id = 7",
                    "insert into general_balance select 6, account_id, kind, month, funder_id, convention_id, debit, credit, line_count from general_balance where lot_id = 7",
                    "insert into general_assignment select 6, rank, rule, funder_id, convention_id from general_assignment where lot_id = 7",
                ],
            ),
            (
                "a FEC sealed by the entry of an aid",
                None,
                &["update fec_version set definitive = 1, entry_id = 1 where lot_id = 8"],
            ),
            (
                "lines of no FEC",
                None,
                &[
                    "insert into general_line select 6, rank, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, label, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, salt, texts from general_line where lot_id = 7",
                ],
            ),
            (
                "root of the entry",
                FEC,
                &["update entry set root = seal where id = (select max(id) from entry)"],
            ),
            (
                "lines of a provisional FEC",
                None,
                &["update general_line set amount = amount * 2 where lot_id = 8"],
            ),
            (
                "a line of a provisional FEC",
                None,
                &["delete from general_line where lot_id = 8 and rank = 1"],
            ),
            ("assignment of a provisional FEC", None, &["delete from general_assignment where lot_id = 8"]),
        ],
    );
}

#[test]
fn a_changed_balance_of_a_fec_is_seen() {
    seen_after(
        async |books| fill_general(books).await,
        &[
            ("debit, sealed", None, &["update general_balance set debit = debit + 1 where lot_id = 7"]),
            ("credit, sealed", None, &["update general_balance set credit = credit + 1 where lot_id = 7"]),
            (
                "number of lines, sealed",
                None,
                &["update general_balance set line_count = line_count + 1 where lot_id = 7"],
            ),
            (
                "month, sealed",
                None,
                &["update general_balance set month = month + 1 where lot_id = 7 and debit > 0"],
            ),
            (
                "funder, sealed",
                None,
                &["update general_balance set funder_id = 0 where lot_id = 7 and funder_id > 0"],
            ),
            ("deleted, sealed", None, &["delete from general_balance where lot_id = 7 and debit > 0"]),
            (
                "one more, sealed",
                None,
                &[
                    "insert into general_balance select lot_id, account_id, kind, month + 1, funder_id, convention_id, debit, credit, line_count from general_balance where lot_id = 7",
                ],
            ),
            ("debit, provisional", None, &["update general_balance set debit = debit + 1 where lot_id = 8"]),
            (
                "credit, provisional",
                None,
                &["update general_balance set credit = credit + 1 where lot_id = 8"],
            ),
            (
                "number of lines, provisional",
                None,
                &["update general_balance set line_count = line_count + 1 where lot_id = 8"],
            ),
            (
                "month, provisional",
                None,
                &["update general_balance set month = month + 1 where lot_id = 8 and debit > 0"],
            ),
            (
                "funder, provisional",
                None,
                &["update general_balance set funder_id = 0 where lot_id = 8 and funder_id > 0"],
            ),
            ("deleted, provisional", None, &["delete from general_balance where lot_id = 8 and debit > 0"]),
            (
                "one more, provisional",
                None,
                &[
                    "insert into general_balance select lot_id, account_id, kind, month + 1, funder_id, convention_id, debit, credit, line_count from general_balance where lot_id = 8",
                ],
            ),
            (
                "of no FEC",
                None,
                &[
                    "insert into general_balance select 6, account_id, kind, month, funder_id, convention_id, debit, credit, line_count from general_balance where lot_id = 8",
                ],
            ),
        ],
    );
}

#[test]
fn what_no_entry_seals_of_a_fec_may_change() {
    on_both_engines(async |books| {
        fill_general(books).await;
        alter(
            books,
            &[
                "update general_line set identity = salt where lot_id = 7 and rank = 1",
                "update fec_version set entry_key = 'autre'",
                "update general_line set label = 'Autre' where lot_id = 8",
                "update assignment_rule set label = 'Autre'",
                "update convention set label = 'Autre' where code = 'ETAT-CEJ'",
            ],
        )
        .await;
        books.assert_whole().await;
    });
}

#[test]
fn what_is_not_sealed_may_change() {
    on_both_engines(async |books| {
        fill(books).await;
        let head = app::verify(&books.store, &quiet).await.expect("a verification").tete;
        books.open_year(2025).await;
        alter(
            books,
            &[
                "update funder set label = 'Région Hauts-de-France' where code = 'REGION'",
                "update dispositif set label = 'Contrat' where code = 'CEJ'",
                "update account set label = 'Payé' where code = 'A5'",
                "update lot set reason = null, reason_salt = null where id = 5",
                "update payee set code = 'effacé n° ' || id, label = '', salt = null where id > 0",
                "update aid_finding set article = '', column_name = '', room = 0, advice = ''",
                "update lot set records = records + 1, refused = refused + 1 where id = 1",
                "update lot set file = 'suite.csv' where id = 5",
                "update aid_cancellation set lot_id = 3",
                "update living_reference set fingerprint = 0",
                "delete from identity where number = 'T4'",
            ],
        )
        .await;
        books.assert_whole().await;
        alter(books, &["delete from identity"]).await;
        books.assert_whole().await;
        assert_eq!(app::verify(&books.store, &quiet).await.expect("a verification").tete, head);
    });
}

/// Runs a statement and gives it up; returns why it was refused.
async fn refused(books: &Books, sql: &'static str) -> String {
    let mut tx = books.store.write().await.expect("a transaction");
    match tx.exec(sql, &[]).await {
        Err(StoreError::Database(error)) => error.to_string(),
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn posted_rows_refuse_to_change() {
    macro_rules! changes {
        ($table:literal, $column:literal) => {
            (
                $table,
                concat!("update ", $table, " set ", $column, " = ", $column),
                concat!("delete from ", $table),
                concat!("truncate ", $table, " cascade"),
            )
        };
    }
    on_both_engines(async |books| {
        fill_general(books).await;
        let by_hand = HandRequest {
            year: Some(2025),
            line: 5,
            to: Some(("CD".into(), "CD-FOUR".into())),
            reason: "bon de commande".into(),
        };
        app::assign_by_hand(&books.store, books.clock, &books.actor, &by_hand).await.expect("an assignment");
        let request = AttestRequest {
            who: Some("T1".into()),
            year: Some(2024),
            months: None,
            basis: DateKind::Payment,
            dispositif: None,
            site: None,
        };
        app::attest(&books.store, books.clock, &books.actor, &request, &quiet, |_| Ok(()))
            .await
            .expect("an attestation");
        let elsewhere = "reference;numero_beneficiaire;dispositif;mois;montant;organisme\n\
                         X1;T1;PACEA;2024-05;100,00;France Travail\n";
        books.declarations(FileKind::OutsideAids, &books.file("ailleurs.csv", elsewhere)).await;
        add_derogations(books).await;
        add_life(books).await;
        app::cancel_aid(
            &books.store,
            books.clock,
            &books.actor,
            &reference("AID-2024-000001"),
            "essai",
            None,
        )
        .await
        .expect("a cancellation");
        books.cancel(3).await.expect("a cancellation");
        books.cancel(2).await.expect("a cancellation");
        let mut tx = books.store.write().await.expect("a transaction");
        let key: [Value; 2] = ["clé".into(), [0_u8; 32].as_slice().into()];
        tx.exec("insert into request_key (key, digest, answer, at) values ($1, $2, '', '')", &key)
            .await
            .unwrap();
        tx.commit().await.expect("a commit");
        let mut tried = BTreeSet::new();
        for (table, update, delete, truncate) in per_definitive_table!(changes) {
            let named = |why: &str| {
                (why.contains("ligne definitive") || why.contains("exercice scelle")) && why.contains(table)
            };
            let why = refused(books, update).await;
            assert!(named(&why), "{update}: {why}");
            tried.insert(format!("{table}_no_update"));
            // A person without any aid may go: others are held by their aids.
            let why = refused(books, delete).await;
            if table == "beneficiary" {
                assert!(why.to_lowercase().contains("foreign key"), "{delete}: {why}");
            } else {
                assert!(named(&why), "{delete}: {why}");
                tried.insert(format!("{table}_no_delete"));
            }
            if books.on_postgres() {
                let why = refused(books, truncate).await;
                assert!(why.contains("ligne definitive"), "{truncate}: {why}");
                tried.insert(format!("{table}_no_truncate"));
            }
        }
        let second = "insert into fec_version select 6, year, 0, first_day, last_day, entry_key, entry_count, line_count, unvalidated_line, null from fec_version where lot_id = 7";
        let why = refused(books, second).await;
        assert!(why.contains("exercice scelle : fec_version"), "{second}: {why}");
        tried.insert("fec_version_no_second".to_string());
        let second = "insert into derogation_use select id, 1 from aid where reference = 'C1'";
        let why = refused(books, second).await;
        assert!(why.contains("derogation deja utilisee : derogation_use"), "{second}: {why}");
        tried.insert("derogation_use_no_second".to_string());
        for (beyond, why, trigger) in [
            (
                "insert into undue select 9, aid_id, (select max(id) from lot), 9101, found_on from undue where id = 1",
                "indu au-dela du verse : undue",
                "undue_within_paid",
            ),
            (
                "insert into recovery select 9, undue_id, (select max(id) from lot), how, 1, recovered_on from recovery where id = 1",
                "recouvre au-dela de l'indu : recovery",
                "recovery_within_undue",
            ),
        ] {
            let said = refused(books, beyond).await;
            assert!(said.contains(why), "{beyond}: {said}");
            tried.insert(trigger.to_string());
        }
        let mut tx = books.store.write().await.expect("a transaction");
        tx.exec("insert into payment select aid_id, 3, paid_on, 5001 from payment where rank = 2", &[])
            .await
            .unwrap();
        let beyond = "insert into hand_payment select (select max(id) from lot), aid_id, 3 from hand_payment where rank = 2";
        let said = tx.exec(beyond, &[]).await.expect_err("beyond what is granted");
        assert!(format!("{said:?}").contains("verse au-dela de l'accorde : hand_payment"), "{said:?}");
        drop(tx);
        tried.insert("hand_payment_within_grant".to_string());
        let triggers = if books.on_postgres() {
            "select cast(t.tgname as text) from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = current_schema() and not t.tgisinternal"
        } else {
            "select name from sqlite_master where type = 'trigger'"
        };
        let mut tx = books.store.read().await.expect("a transaction");
        let all: BTreeSet<String> = tx
            .all(triggers, &[])
            .await
            .expect("a statement")
            .iter()
            .map(|row| row.text(0).unwrap())
            .collect();
        drop(tx);
        assert_eq!(tried, all, "every trigger was tried");
        // Replacing is changing.
        let replace = if books.on_postgres() {
            "insert into line select * from line where entry_id = 1 on conflict (entry_id, rank) do update set amount = 1"
        } else {
            "insert or replace into line select * from line where entry_id = 1"
        };
        let why = refused(books, replace).await;
        assert!(why.contains("ligne definitive"), "{why}");
        books.assert_whole().await;
    });
}

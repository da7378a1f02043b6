//! All that the base holds of a person, for that person: a paper, tables, one archive.

use super::clock::{Clock, local};
use super::declared_tables::ever_declared_table;
use super::derogation::state_of;
use super::erase::{Kept, kept_of};
use super::error::AppError;
use super::law::{data_notice_in_force, law_in_force};
use super::letterhead::Letterhead;
use super::personal_acts::{proposal_table, refusal_table, undone_tables};
use super::rights::Right;
use super::state::Names;
use super::users::Actor;
use super::view_log::{View, note_views_within, views_table};
use crate::calendar::Date;
use crate::documents::{Block, Run, paper_of_tables, render_pdf, render_text};
use crate::export::{render_csv, render_zip, table_as_json};
use crate::funding::Identity;
use crate::rules::{DataNotice, Sourced};
use crate::statements::{Cell, Column, Kind, Table};
use crate::store::{Store, Tx};
use rustc_hash::FxHashMap;

/// The files that hold what the base knows of a person.
#[derive(Clone, Debug)]
pub struct PersonalData {
    /// Their number.
    pub number: String,
    /// The day on which it was read.
    pub dated: Date,
    /// Each file: name and bytes. A paper to read, the same as JSON, and a CSV file for each table.
    pub files: Vec<(String, Vec<u8>)>,
}

impl PersonalData {
    /// Returns the files as one ZIP archive.
    ///
    /// # Errors
    /// When it is too large for the format.
    pub fn archive(&self) -> Result<Vec<u8>, AppError> {
        render_zip(&self.files, self.dated).map_err(|error| AppError::Machine(error.to_string()))
    }
}

/// Returns what is to be known of a request for one's own data, by the file in force: that it may be made
/// and when it is answered, then what the answer tells.
///
/// # Errors
/// When the base or the file fails.
pub async fn data_notice(store: &Store) -> Result<DataNotice, AppError> {
    data_notice_in_force(&mut store.read().await?).await
}

/// Returns all that the base holds of the person who has this number: who they are and were, their aids,
/// decisions, payments, what was found of them, undue, recovered or undone, what was proposed and refused,
/// declarations, derogations, attestations, and who looked at their file. The bank account is whole here: it is theirs. The request is noted before it is answered.
///
/// # Errors
/// When nobody has this number, the actor may not, or the base fails.
pub async fn personal_data(
    store: &Store,
    clock: Clock,
    actor: &Actor,
    number: &str,
) -> Result<PersonalData, AppError> {
    let mut tx = store.write().await?;
    let claimed = actor.may(&mut tx, Right::Record).await?;
    let stored = tx.identities(&[number.into()]).await?.pop().ok_or_else(|| {
        AppError::Refused(format!("aucun bénéficiaire n'a le numéro « {number} » (numero_inconnu)"))
    })?;
    let person = stored.beneficiary;
    let kept = kept_of(&mut tx, &[(person, number.to_string())]).await?.remove(&person);
    let kept = kept.ok_or_else(|| AppError::Machine(format!("personne {person} sans lot")))?;
    let pseudonym = tx.pseudonym(person).await?;
    let names = Names::load(&mut tx).await?;
    let mut tables = vec![("identite", identity_table(&stored.identity, &pseudonym))];
    tables.push(("identites-precedentes", before_table(&mut tx, person).await?));
    let (aids, references) = aid_tables(&mut tx, person, &names).await?;
    tables.extend(aids);
    tables.extend(undone_tables(&mut tx, person, &references).await?);
    tables.push(("propositions", proposal_table(&mut tx, person, &names).await?));
    tables.push(("refus", refusal_table(&mut tx, person, &names).await?));
    let in_force = law_in_force(&mut tx).await?;
    tables.push(("declarations", ever_declared_table(&mut tx, person, &in_force.declarables, &names).await?));
    tables.push(("derogations", derogation_table(&mut tx, person, &names).await?));
    tables.push(("attestations", attestation_table(&mut tx, person).await?));
    tables.push(("consultations", views_table(&mut tx, person).await?));
    let notice = data_notice_in_force(&mut tx).await?;
    note_views_within(&mut tx, clock, actor, &[person], View::Data).await?;
    tx.log(&clock.now(), &actor.name, claimed, "beneficiaire donnees", &pseudonym).await?;
    tx.commit().await?;
    let head = Letterhead::load(store, clock).await?;
    files_of(number, &tables, &kept, &head, &notice)
}

fn files_of(
    number: &str,
    tables: &[(&str, Table)],
    kept: &Kept,
    head: &Letterhead,
    notice: &DataNotice,
) -> Result<PersonalData, AppError> {
    let structure = head.lines.first().map_or("la structure", String::as_str);
    let title = format!("Données du dossier {number}");
    let mut words = vec![
        format!(
            "Ce document contient tout ce que la base de {structure} garde sur vous au {}. Les mêmes données sont dans donnees.json et dans les fichiers CSV qui l'accompagnent.",
            head.dated.in_words()
        ),
        format!(
            "Votre identité est gardée jusqu'au {} : {}. Ensuite, elle peut être effacée ; les montants restent dans les comptes sous un pseudonyme.",
            kept.until.in_words(),
            kept.why
        ),
    ];
    words.extend(notice.told.iter().map(Sourced::cited));
    let filled: Vec<Table> =
        tables.iter().map(|(_, table)| table).filter(|table| !table.rows.is_empty()).cloned().collect();
    let mut paper = paper_of_tables(&title, &filled, &head.lines, head.dated, &head.footer);
    paper.warning.clone_from(&head.warning);
    let said = words.iter().map(|words| Block::Paragraph(vec![Run::plain(words)]));
    paper.blocks.splice(0..0, said);
    let mut files = vec![match render_pdf(&paper) {
        Ok(bytes) => ("donnees.pdf".to_string(), bytes),
        // A name that the face lacks must not keep anybody from their data.
        Err(_) => {
            let text = filled.iter().map(render_text).collect::<Vec<_>>().join("\n");
            ("donnees.txt".to_string(), format!("{title}\n\n{}\n\n{text}", words.join("\n\n")).into_bytes())
        }
    }];
    let mut all = serde_json::Map::new();
    all.insert("structure".into(), structure.into());
    all.insert("au".into(), head.dated.to_string().into());
    all.insert("conserve_jusqu_au".into(), kept.until.to_string().into());
    all.insert("regle".into(), kept.why.as_str().into());
    for (key, table) in tables {
        all.insert(key.replace('-', "_"), table_as_json(table));
    }
    files.push(("donnees.json".into(), format!("{:#}\n", serde_json::Value::Object(all)).into_bytes()));
    let csv = |(key, table): &(&str, Table)| (format!("{key}.csv"), render_csv(table).into_bytes());
    files.extend(tables.iter().map(csv));
    Ok(PersonalData { number: number.to_string(), dated: head.dated, files })
}

/// The fields of an identity, by their French names, as the base holds them.
fn fields(who: &Identity) -> Vec<(&'static str, &'static str, Cell)> {
    let flag = |flag: Option<bool>| match flag {
        Some(true) => Cell::from("oui"),
        Some(false) => Cell::from("non"),
        None => Cell::Empty,
    };
    let text = |text: &str| Cell::from(text);
    vec![
        ("numero", "Numéro de dossier", text(&who.number)),
        ("nom", "Nom", text(&who.last_name)),
        ("prenom", "Prénom", text(&who.first_name)),
        ("date_naissance", "Date de naissance", who.born_on.into()),
        ("sexe", "Sexe", text(&who.sex)),
        ("commune", "Commune", text(&who.commune)),
        ("code_insee", "Code INSEE", text(&who.insee)),
        ("qpv", "Quartier prioritaire (QPV)", flag(who.qpv)),
        ("rqth", "Travailleur handicapé (RQTH)", flag(who.rqth)),
        ("situation", "Situation", text(&who.situation)),
        ("iban", "IBAN", text(&who.iban)),
        ("site", "Site", text(&who.site)),
    ]
}

/// One line per field: an identity is read from top to bottom.
fn identity_table(who: &Identity, pseudonym: &str) -> Table {
    let mut rows: Vec<Vec<Cell>> =
        fields(who).into_iter().map(|(_, label, value)| vec![Cell::Text(label.to_string()), value]).collect();
    rows.push(vec![Cell::from("Pseudonyme dans le carnet des aides"), Cell::from(pseudonym)]);
    let columns =
        vec![Column::new("champ", "Champ", Kind::Text), Column::new("valeur", "Valeur", Kind::Text)];
    Table::new("Identité", columns, rows)
}

async fn before_table(tx: &mut Tx, person: i64) -> Result<Table, AppError> {
    let mut columns = vec![Column::new("lot", "Remplacée par le lot", Kind::Count)];
    columns.extend(
        fields(&Identity::default()).iter().map(|(key, label, _)| Column::new(key, label, Kind::Text)),
    );
    let rows = tx.identities_before(person).await?.into_iter().map(|(lot, who)| {
        std::iter::once(Cell::Count(lot)).chain(fields(&who).into_iter().map(|(.., value)| value)).collect()
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    Ok(Table::new("Identités précédentes", columns, rows))
}

/// Tables, each with the name of its file.
type NamedTables = Vec<(&'static str, Table)>;

/// The aids, their shares, decisions, payments and findings; and the reference of each aid.
async fn aid_tables(
    tx: &mut Tx,
    person: i64,
    names: &Names,
) -> Result<(NamedTables, FxHashMap<i64, String>), AppError> {
    let payers = tx.dictionary("payer").await?;
    let committees = tx.dictionary("committee").await?;
    let payees = tx.dictionary("payee").await?;
    let terms: FxHashMap<u32, [u32; 7]> =
        tx.all_terms().await?.into_iter().map(|(key, keys, _)| (key, keys)).collect();
    let lots = tx.lots().await?;
    let zone = tx.info().await?.zone;
    let file_of = |lot: i64| {
        let lot = lots.iter().find(|known| known.id == lot);
        lot.map_or_else(String::new, |lot| format!("{}, {}", lot.file, local(&lot.at, &zone)))
    };
    let mut references: FxHashMap<i64, String> = FxHashMap::default();
    let mut rows = Vec::new();
    for aid in tx.aids_of_person(person).await? {
        let keys = terms.get(&aid.fact.terms).copied();
        let keys = keys.ok_or_else(|| AppError::Machine(format!("modalités {}", aid.fact.terms)))?;
        let axes = &names.axes[&aid.fact.axes];
        references.insert(aid.fact.aid, aid.reference.clone());
        rows.push(vec![
            Cell::Text(aid.reference),
            Cell::Text(aid.fact.month.to_string()),
            names.dispositifs.code(aid.fact.dispositif)?.into(),
            names.natures.code(aid.fact.nature)?.into(),
            aid.requested_on.into(),
            if aid.fact.undated { Cell::Empty } else { Cell::Day(aid.fact.decided_on) },
            aid.fact.paid_on.into(),
            Cell::Amount(aid.fact.amount),
            names.funders.code(axes.funder)?.into(),
            names.conventions.code(axes.convention)?.into(),
            payers.code(aid.payer)?.into(),
            committees.code(keys[3])?.into(),
            payees.code(keys[4])?.into(),
            if aid.cancelled { Cell::from("annulée") } else { Cell::Empty },
            Cell::Text(format!("lot {} ligne {} : {}", aid.origin.0, aid.origin.1, file_of(aid.origin.0))),
        ]);
    }
    let columns = vec![
        Column::new("reference", "Référence", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("nature", "Nature", Kind::Text),
        Column::new("demande", "Demande", Kind::Text),
        Column::new("decision", "Décision", Kind::Text),
        Column::new("paiement", "Paiement", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("convention", "Convention", Kind::Text),
        Column::new("payeur", "Payeur", Kind::Text),
        Column::new("instance", "Commission", Kind::Text),
        Column::new("creancier", "Créancier", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("origine", "Origine", Kind::Text),
    ];
    let mut tables = vec![("aides", Table::new("Aides", columns, rows))];
    let of = |aid: i64| Cell::Text(references.get(&aid).cloned().unwrap_or_default());

    let mut rows = Vec::new();
    for (aid, axes, amount) in tx.shares().await?.into_iter().filter(|(aid, ..)| references.contains_key(aid))
    {
        rows.push(vec![of(aid), names.funders.code(names.axes[&axes].funder)?.into(), Cell::Amount(amount)]);
    }
    let columns = vec![
        Column::new("aide", "Aide", Kind::Text),
        Column::new("financeur", "Financeur", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
    ];
    tables.push(("parts", Table::new("Parts des aides à plusieurs financeurs", columns, rows)));

    let mut rows = Vec::new();
    for (_, dispositif, day, undated) in tx.decisions_of_person(person).await? {
        let told = if undated { Cell::from("date absente du fichier") } else { Cell::Empty };
        rows.push(vec![names.dispositifs.code(dispositif)?.into(), Cell::Day(day), told]);
    }
    let columns = vec![
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("date", "Date", Kind::Text),
        Column::new("remarque", "Remarque", Kind::Text),
    ];
    tables.push(("decisions", Table::new("Décisions", columns, rows)));

    let payments = tx.payments_of_person(person).await?;
    let rows: Vec<Vec<Cell>> = payments
        .into_iter()
        .map(|(aid, day, amount)| vec![of(aid), Cell::Day(day), Cell::Amount(amount)])
        .collect();
    let columns = vec![
        Column::new("aide", "Aide", Kind::Text),
        Column::new("date", "Date", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
    ];
    tables.push(("versements", Table::new("Versements", columns, rows)));

    let findings = tx.findings_of_person(person).await?;
    let rows: Vec<Vec<Cell>> = findings
        .into_iter()
        .map(|(aid, code, message, article)| {
            vec![of(aid), Cell::Text(code), Cell::Text(message), article.as_deref().unwrap_or("").into()]
        })
        .collect();
    let columns = vec![
        Column::new("aide", "Aide", Kind::Text),
        Column::new("constat", "Constat", Kind::Text),
        Column::new("message", "Message", Kind::Text),
        Column::new("article", "Article", Kind::Text),
    ];
    tables.push(("constats", Table::new("Constats", columns, rows)));
    Ok((tables, references))
}

async fn derogation_table(tx: &mut Tx, person: i64, names: &Names) -> Result<Table, AppError> {
    let uses = tx.derogation_uses().await?;
    let mut rows = Vec::new();
    for row in tx.derogations().await?.iter().filter(|row| row.beneficiary == person) {
        let serves = uses.iter().any(|one| one.living && one.derogation == row.number);
        let decision = row.decision.as_ref();
        rows.push(vec![
            Cell::Count(row.number),
            names.dispositifs.code(row.dispositif)?.into(),
            Cell::Text(row.month.to_string()),
            Cell::Amount(row.amount),
            Cell::Text(row.rules.join(", ")),
            row.reason.as_deref().unwrap_or("effacé").into(),
            Cell::Text(row.asked_by.clone()),
            Cell::Day(row.asked_on),
            state_of(row, serves).into(),
            decision.map_or("", |decision| decision.by.as_str()).into(),
            decision.map(|decision| decision.on).into(),
            decision.and_then(|decision| decision.reason.as_deref()).unwrap_or("").into(),
        ]);
    }
    let columns = vec![
        Column::new("numero", "N°", Kind::Count),
        Column::new("dispositif", "Dispositif", Kind::Text),
        Column::new("mois", "Mois", Kind::Text),
        Column::new("montant", "Montant", Kind::Amount),
        Column::new("regles", "Règles", Kind::Text),
        Column::new("motif", "Motif", Kind::Text),
        Column::new("demandee_par", "Demandée par", Kind::Text),
        Column::new("demandee_le", "Demandée le", Kind::Text),
        Column::new("etat", "État", Kind::Text),
        Column::new("decidee_par", "Décidée par", Kind::Text),
        Column::new("decidee_le", "Décidée le", Kind::Text),
        Column::new("motif_refus", "Motif du refus", Kind::Text),
    ];
    Ok(Table::new("Dérogations", columns, rows))
}

async fn attestation_table(tx: &mut Tx, person: i64) -> Result<Table, AppError> {
    let issued = tx.attestations_of(&[person.into()]).await?;
    let rows: Vec<Vec<Cell>> = issued
        .iter()
        .map(|one| {
            vec![
                Cell::Text(one.number.clone()),
                Cell::Day(one.issued_on),
                Cell::Text(one.months.0.to_string()),
                Cell::Text(one.months.1.to_string()),
                Cell::Text(one.basis.code().to_string()),
                Cell::Text(one.user.clone()),
            ]
        })
        .collect();
    let columns = vec![
        Column::new("numero", "Numéro", Kind::Text),
        Column::new("delivree_le", "Délivrée le", Kind::Text),
        Column::new("du", "Du", Kind::Text),
        Column::new("au", "Au", Kind::Text),
        Column::new("selon", "Selon", Kind::Text),
        Column::new("par", "Par", Kind::Text),
    ];
    Ok(Table::new("Attestations", columns, rows))
}

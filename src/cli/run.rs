//! From arguments to use cases, and back to an exit code.

use super::args::{
    Beneficiaire, Cli, Command, Declarer, Etats, Format, ImportFile, Importer, Utilisateur, whole_months,
};
use super::import::{counted, report_json, report_text};
use super::output::{Bar, Output, help, message, password};
use crate::app::{
    self, Actor, AppError, Asked, Clock, Declaring, FileKind, FileRequest, GeneralAccounts, GeneralFilter,
    GeneralStatement, ImportReport, InitRequest, InputFile, Letterhead, Progress, VerifyReport,
};
use crate::ledger::seal::beginning;
use crate::money::Amount;
use crate::statements::{Axis, Cell, Column, Kind, Table};
use crate::store::Store;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    let command = super::french::with_version(super::french::in_french(Cli::command()));
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            help(&error.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            message(&format!("denier : {}", super::french::error_in_french(&error)));
            return ExitCode::from(2);
        }
    };
    // A command is one thread's work; a server answers several visitors at once.
    let mut builder = match cli.command {
        Command::Servir { .. } => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            message(&format!("denier : le système refuse de démarrer ({error})"));
            return ExitCode::from(3);
        }
    };
    let bar = Bar::new();
    let done = runtime.block_on(run(cli, &bar));
    bar.end();
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            message(&format!("denier : {}", chain(&error)));
            ExitCode::from(error.exit_code())
        }
    }
}

/// The error and its causes, each said once; the system's own English only where ours says nothing.
fn chain(error: &AppError) -> String {
    let mut text = error.to_string();
    if matches!(error, AppError::File { .. }) {
        return text;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(&format!("\n  cause : {said}"));
        }
        cause = error.source();
    }
    text
}

pub(super) struct Session<'a> {
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) actor: Actor,
    pub(super) output: Output,
    key: Option<String>,
    pub(super) progress: Progress<'a>,
}

impl Session<'_> {
    pub(super) async fn open(&self) -> Result<Store, AppError> {
        Ok(Store::open(&self.base).await?)
    }

    /// Writes tables of a base, which it closes.
    pub(super) async fn tables(&self, store: Store, tables: &[Table]) -> Result<u8, AppError> {
        let written = if self.output.format.is_document() {
            self.output.document(tables, &Letterhead::load(&store, self.clock).await?)
        } else {
            self.output.tables(tables)
        };
        store.close().await;
        written.map(|()| 0).map_err(AppError::Machine)
    }

    pub(super) fn write(&self, text: &str) -> Result<(), AppError> {
        self.output.write(text.as_bytes()).map_err(AppError::Machine)
    }

    /// A sentence on the terminal, an object in JSON.
    pub(super) fn said(&self, text: &str, json: &serde_json::Value) -> Result<u8, AppError> {
        match self.output.format {
            Format::Json => self.write(&format!("{json:#}\n"))?,
            _ => self.write(&format!("{text}\n"))?,
        }
        Ok(0)
    }

    /// The same on standard output, where `--sortie` names something else.
    pub(super) fn shown(&self, text: &str, json: &serde_json::Value) -> Result<u8, AppError> {
        let text = match self.output.format {
            Format::Json => format!("{json:#}\n"),
            _ => format!("{text}\n"),
        };
        self.output.show(text.as_bytes()).map(|()| 0).map_err(AppError::Machine)
    }

    pub(super) fn asked(&self, parts: &[&[u8]]) -> Option<Asked> {
        self.key.as_ref().map(|key| Asked::new(key, parts))
    }

    fn import_report(&self, report: &ImportReport) -> Result<u8, AppError> {
        let text = match self.output.format {
            Format::Json => report_json(report),
            Format::Csv => crate::export::render_csv(&report.findings()),
            _ => report_text(report),
        };
        self.write(&text)?;
        Ok(report.exit_code())
    }
}

async fn run(cli: Cli, bar: &Bar) -> Result<u8, AppError> {
    let name = cli.common.utilisateur.filter(|name| !name.trim().is_empty()).unwrap_or_else(system_user);
    let progress = |what: &str, done: u64, total: u64| bar.say(what, done, total);
    let session = Session {
        base: cli.common.base,
        clock: Clock { told: cli.common.date },
        actor: Actor { name },
        output: Output::new(cli.common.format, cli.common.sortie),
        key: cli.common.cle,
        progress: &progress,
    };
    let keyed = matches!(
        &cli.command,
        Command::Importer(_)
            | Command::Aide(_)
            | Command::Derogation(_)
            | Command::Beneficiaire(Beneficiaire::Declarer(_))
    );
    if session.key.is_some() && !keyed {
        return Err(AppError::Usage(
            "--cle vaut pour importer, aide, derogation et beneficiaire declarer".into(),
        ));
    }
    let format = session.output.format;
    if format.is_document() {
        let code = format.code();
        if !cli.command.shows_tables() {
            return Err(AppError::Usage(format!(
                "--format {code} vaut pour les commandes qui montrent un tableau : etats, aide evaluer, propositions, beneficiaire montrer, consultations, effacables, importer lister, journal-audit, regles montrer, historique, simuler, utilisateur lister"
            )));
        }
        if session.output.is_terminal() {
            return Err(AppError::Usage(format!(
                "--format {code} donne un fichier : ajoutez --sortie FICHIER.{code}"
            )));
        }
    }
    match cli.command {
        Command::Demo { dossier, exemple } => demo(&session, &dossier, &exemple, bar).await,
        Command::Init { nom, siren, exercice, debut, fin, comptabilite, fuseau } => {
            let (first, last) = whole_months(debut, fin).map_err(AppError::Usage)?;
            let year = InitRequest::year_of(exercice, first, last)?;
            let request = InitRequest { name: nom, siren, year, books: comptabilite, zone: fuseau };
            app::init(&session.base, session.clock, &session.actor, &request).await?.close().await;
            let text = format!(
                "Base créée : {}\nExercice {} ouvert, du {} au {}.",
                session.base,
                year.code,
                year.first.first_day().to_french(),
                year.last.last_day().to_french()
            );
            session.said(&text, &serde_json::json!({"base": session.base, "exercice": year.code}))
        }
        Command::Ouvrir { exercice } => {
            let store = session.open().await?;
            let year = app::open_year(&store, session.clock, &session.actor, exercice).await?;
            store.close().await;
            let text = format!(
                "Exercice {} ouvert, du {} au {}.",
                year.code,
                year.first.first_day().to_french(),
                year.last.last_day().to_french()
            );
            session.said(&text, &serde_json::json!({"exercice": year.code}))
        }
        Command::Importer(what) => import(&session, what).await,
        Command::Attester(what) => super::attest::attest(&session, what).await,
        Command::Affecter(what) => super::general::assign(&session, what).await,
        Command::Aide(what) => super::aid::aid(&session, what).await,
        Command::Derogation(what) => super::derogation::derogation(&session, what).await,
        Command::Beneficiaire(Beneficiaire::Montrer { numero }) => {
            let store = session.open().await?;
            let today = app::frame(&store, session.clock).await?.today;
            app::note_view(&store, session.clock, &session.actor, &numero, app::View::Account).await?;
            let tables = app::person_statement(&store, &session.actor, &numero, today).await?;
            session.tables(store, &tables).await
        }
        Command::Beneficiaire(Beneficiaire::Consultations { numero }) => {
            let store = session.open().await?;
            let table = app::views_of(&store, session.clock, &session.actor, &numero).await?;
            session.tables(store, &[table]).await
        }
        Command::Beneficiaire(Beneficiaire::Effacer { numero, motif, a_blanc }) => {
            super::privacy::erase(&session, &numero, &motif, a_blanc).await
        }
        Command::Beneficiaire(Beneficiaire::Donnees { numero }) => {
            super::privacy::data(&session, &numero).await
        }
        Command::Beneficiaire(Beneficiaire::Effacables) => {
            let store = session.open().await?;
            let today = app::frame(&store, session.clock).await?.today;
            let table = app::erasable(&store, today).await?;
            session.tables(store, &[table]).await
        }
        Command::JournalAudit(what) => super::audit::audit(&session, what).await,
        Command::Beneficiaire(Beneficiaire::Declarer(what)) => declare(&session, what).await,
        Command::Regles(what) => super::rules::rules(&session, what).await,
        Command::Etats(what) => statement(&session, what).await,
        Command::Utilisateur(what) => users(&session, what).await,
        Command::Servir { adresse, origine } => super::serve::servir(&session, &adresse, origine).await,
        Command::Sauvegarder { fichier } => super::backup::back_up(&session, &fichier).await,
        Command::Restaurer { fichier, essai } => {
            let purpose = if essai { app::Purpose::Trial } else { app::Purpose::Books };
            super::backup::restore(&session, &fichier, purpose).await
        }
        Command::Verifier { .. } => {
            let store = session.open().await?;
            let report = app::verify(&store, session.progress).await?;
            store.close().await;
            bar.end();
            verified(&session, &report)
        }
    }
}

fn system_user() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "systeme".into())
}

async fn import(session: &Session<'_>, what: Importer) -> Result<u8, AppError> {
    let (path, dry_run, request) = match what {
        Importer::Beneficiaires(file) => asks(FileKind::Beneficiaries, file),
        Importer::Enveloppes(file) => asks(FileKind::Envelopes, file),
        Importer::Parcours(file) => asks(FileKind::Parcours, file),
        Importer::Declarations(file) => asks(FileKind::Declarations, file),
        Importer::AidesAilleurs(file) => asks(FileKind::OutsideAids, file),
        Importer::Aides { file, mode } => {
            let (path, dry_run, request) = asks(FileKind::Aids, file);
            (path, dry_run, FileRequest { mode, ..request })
        }
        Importer::Affectation { fichier, profil, a_blanc } => {
            asks(FileKind::Assignments, ImportFile { fichier, profil, a_blanc, tout_ou_rien: true })
        }
        Importer::Fec { fichier, profil, a_blanc, definitif, exercice, ecart_arrondi } => {
            let file = ImportFile { fichier, profil, a_blanc, tout_ou_rien: true };
            let (path, dry_run, request) = asks(FileKind::Fec, file);
            let (definitive, year, rounding_account) = (definitif, exercice, ecart_arrondi);
            (path, dry_run, FileRequest { definitive, year, rounding_account, ..request })
        }
        Importer::Lister => {
            let store = session.open().await?;
            let table = app::list_lots(&store).await?;
            return session.tables(store, &[table]).await;
        }
        Importer::Annuler { lot, motif } => {
            let store = session.open().await?;
            let report = app::cancel_lot(
                &store,
                session.clock,
                &session.actor,
                lot,
                &motif,
                session.asked(&[b"importer annuler", &lot.to_be_bytes(), motif.as_bytes()]).as_ref(),
            )
            .await?;
            store.close().await;
            return cancelled(session, &report);
        }
    };
    let (store, input) = (session.open().await?, InputFile::open(&path)?);
    let asked = session.asked(&[format!("{request:?}|{dry_run}").as_bytes(), &input.sniff.digest]);
    let (clock, actor, asked) = (session.clock, &session.actor, asked.as_ref());
    let report =
        app::import_file(&store, clock, actor, &input, &request, dry_run, asked, session.progress).await?;
    store.close().await;
    session.import_report(&report)
}

/// The path of a file, whether importing it is only tried, and what is asked of the import.
fn asks(kind: FileKind, file: ImportFile) -> (String, bool, FileRequest) {
    let request = FileRequest {
        kind,
        profile: file.profil,
        mode: None,
        all_or_nothing: file.tout_ou_rien,
        definitive: false,
        year: None,
        rounding_account: None,
    };
    (file.fichier, file.a_blanc, request)
}

async fn declare(session: &Session<'_>, what: Declarer) -> Result<u8, AppError> {
    let store = session.open().await?;
    let asked = session.asked(&[b"beneficiaire declarer", format!("{what:?}").as_bytes()]);
    let declaring = Declaring {
        who: what.numero,
        declaration: what.declaration,
        dispositif: what.dispositif,
        month: what.mois,
        from: what.du,
        to: what.au,
        value: what.valeur,
    };
    let report = app::declare(&store, session.clock, &session.actor, &declaring, asked.as_ref()).await?;
    store.close().await;
    session.import_report(&report)
}

pub(super) fn cancelled(session: &Session<'_>, report: &app::CancelReport) -> Result<u8, AppError> {
    let amount = report.montant.as_deref().and_then(|text| Amount::parse(text).ok());
    let sum = amount.map_or_else(String::new, |amount| format!(", {}", amount.to_euros()));
    if let Some(in_force) = &report.en_vigueur {
        let text = format!(
            "Lot {} annulé par le lot {} : {} ; {in_force}.",
            report.annule.unwrap_or_default(),
            report.lot,
            counted(report.nombre, "ligne", "lignes"),
        );
        return session.said(&text, &serde_json::to_value(report).unwrap_or_default());
    }
    let what = report.annule.map_or_else(|| "Aide annulée".to_string(), |lot| format!("Lot {lot} annulé"));
    let text = format!(
        "{what} par le lot {} : {}{sum}, {}, {} des jours d'origine.\nLes références sont libres.",
        report.lot,
        counted(report.nombre, "enregistrement", "enregistrements"),
        counted(report.ecritures, "écriture contraire", "écritures contraires"),
        if report.ecritures == 1 { "datée" } else { "datées" },
    );
    session.said(&text, &serde_json::to_value(report).unwrap_or_default())
}

async fn statement(session: &Session<'_>, what: Etats) -> Result<u8, AppError> {
    let store = session.open().await?;
    let table = match what {
        Etats::CompteDeResultat { compared, modele } => {
            let statement = GeneralStatement::Income(modele);
            return super::general::statement(session, store, compared, statement).await;
        }
        Etats::Bilan { compared } => {
            return super::general::statement(session, store, compared, GeneralStatement::BalanceSheet).await;
        }
        Etats::Subventions { compared } => {
            return super::general::statement(session, store, compared, GeneralStatement::Grants).await;
        }
        Etats::Controles { exercice } => {
            let (table, gaps) = app::controls_of(&store, exercice).await?;
            session.tables(store, &[table]).await?;
            return Ok(u8::from(gaps > 0));
        }
        Etats::Affectation { exercice } => {
            let tables = app::assignments_of(&store, exercice).await?;
            return session.tables(store, &tables).await;
        }
        Etats::Balance { exercice } => app::trial_balance_of(&store, exercice).await?,
        Etats::GrandLivre { exercice, compte } => {
            let accounts = GeneralAccounts::Prefixes(vec![compte]);
            app::ledger(&store, &GeneralFilter::of(exercice, accounts)).await?
        }
        Etats::Journaux { exercice, code: Some(code) } => app::journal_table(&store, exercice, &code).await?,
        Etats::Journaux { exercice, code: None } => app::journals(&store, exercice).await?,
        Etats::Aides { exercice, par, selon } => {
            let axes = if par.is_empty() { vec![Axis::Dispositif] } else { par };
            if axes.len() > 2 || (axes.len() == 2 && axes[0] == axes[1]) {
                return Err(AppError::Usage(
                    "--par se donne une ou deux fois, avec deux axes différents".into(),
                ));
            }
            let statement = app::aid_statement(&store, exercice, selon, &axes).await?;
            // A cross table is for people, groups in rows are for programs.
            let format = session.output.format;
            match statement.crossed {
                Some(crossed) if format == Format::Text || format.is_document() => crossed,
                _ => statement.rows,
            }
        }
        Etats::Enveloppes { exercice } => app::envelope_statement(&store, exercice).await?,
        Etats::Journal { exercice } => app::journal(&store, exercice).await?,
        Etats::Irregularites => app::irregularities(&store, None).await?,
        Etats::Derogations { exercice } => app::derogation_statement(&store, exercice).await?,
        Etats::Indus { exercice } => app::undue_statement(&store, exercice).await?,
        Etats::Refus { exercice } => app::refusal_statement(&store, exercice).await?,
        Etats::Engagements { au } => {
            let day = match au {
                Some(day) => day,
                None => app::frame(&store, session.clock).await?.today,
            };
            app::outstanding(&store, day).await?
        }
    };
    session.tables(store, &[table]).await
}

async fn users(session: &Session<'_>, what: Utilisateur) -> Result<u8, AppError> {
    let store = session.open().await?;
    let asked = |name: &str| password(&format!("Mot de passe de {name} : ")).map_err(AppError::Machine);
    let said = match what {
        Utilisateur::Creer { nom, role, site } => {
            let password = asked(&nom)?;
            let request = app::UserRequest { name: nom, role, site: site.unwrap_or_default() };
            app::create_user(&store, session.clock, &session.actor, &request, &password).await?;
            session.said(
                &format!("Utilisateur « {} » créé, rôle {}.", request.name, role.code()),
                &serde_json::json!({"nom": request.name, "role": role.code()}),
            )
        }
        Utilisateur::Role { nom, role, site } => {
            let request = app::UserRequest { name: nom, role, site: site.unwrap_or_default() };
            app::set_role(&store, session.clock, &session.actor, &request).await?;
            session.said(
                &format!("« {} » a maintenant le rôle {}.", request.name, role.code()),
                &serde_json::json!({"nom": request.name, "role": role.code()}),
            )
        }
        Utilisateur::Fermer { nom } => {
            app::close_user(&store, session.clock, &session.actor, &nom).await?;
            session.said(&format!("Compte de « {nom} » fermé."), &serde_json::json!({"nom": nom}))
        }
        Utilisateur::MotDePasse { nom } => {
            app::set_password(&store, session.clock, &session.actor, &nom, &asked(&nom)?).await?;
            session.said(&format!("Mot de passe de « {nom} » changé."), &serde_json::json!({"nom": nom}))
        }
        Utilisateur::Lister => {
            let columns = vec![
                Column::new("nom", "Nom", Kind::Text),
                Column::new("role", "Rôle", Kind::Text),
                Column::new("site", "Site", Kind::Text),
                Column::new("mot_de_passe", "Mot de passe", Kind::Text),
                Column::new("ferme", "Fermé", Kind::Text),
            ];
            let yes = |is: bool| Cell::from(if is { "oui" } else { "non" });
            let rows = app::list_users(&store).await?.into_iter().map(|user| {
                let words = [user.name, user.role, user.site].map(Cell::Text);
                [words.to_vec(), vec![yes(user.has_password), yes(user.closed)]].concat()
            });
            return session.tables(store, &[Table::new("Utilisateurs", columns, rows)]).await;
        }
    };
    store.close().await;
    said
}

pub(super) fn verified_text(report: &VerifyReport) -> String {
    let mut text = format!(
        "{}, {}.",
        counted(report.ecritures, "écriture", "écritures"),
        counted(report.lignes, "ligne lue", "lignes lues")
    );
    if report.integre {
        text.push_str(&format!(
            "\nSceaux, soldes, enveloppes, plafonds et totaux de {} : conformes.",
            counted(report.aides, "aide", "aides")
        ));
    } else {
        text.push_str("\nLES LIVRES ONT ÉTÉ ALTÉRÉS :");
        report.alterations.iter().for_each(|what| text.push_str(&format!("\n  {what}")));
        text.push_str("\nRestaurez une copie d'avant l'altération ; n'imprimez rien de cette base.");
    }
    report.non_couvert.iter().for_each(|what| text.push_str(&format!("\n  non couvert : {what}")));
    report.alertes.iter().for_each(|what| text.push_str(&format!("\n  à regarder : {what}")));
    if report.integre {
        let head = beginning(&report.tete.1);
        let number = crate::money::group_thousands(report.tete.0.unsigned_abs());
        text.push_str(&format!("\nTête de la chaîne : n° {number}, {head}"));
    }
    text
}

fn verified(session: &Session<'_>, report: &VerifyReport) -> Result<u8, AppError> {
    session.said(&verified_text(report), &serde_json::to_value(report).unwrap_or_default())?;
    Ok(report.exit_code())
}

async fn demo(session: &Session<'_>, folder: &str, example: &str, bar: &Bar) -> Result<u8, AppError> {
    let report = app::run_demo(folder, example, session.clock, &session.actor, session.progress).await?;
    bar.end();
    let mut text = String::new();
    for (rank, import) in report.imports.iter().enumerate() {
        let mut import = import.clone();
        if rank + 1 < report.imports.len() {
            // Who funds what is shown once, for the last year.
            import.affectation.clear();
        }
        text.push_str(&report_text(&import));
    }
    for table in &report.tables {
        text.push_str(&format!("\n{}", crate::documents::render_text(table)));
    }
    if let Some(verdict) = &report.verdict {
        text.push_str(&format!("\n{}", super::verdict::text_of(verdict)));
    }
    if let [decided, recorded] = report.cases.as_slice() {
        text.push_str(&cases_text(decided, recorded));
    }
    text.push_str(&format!("\n{}\n", verified_text(&report.verified)));
    text.push_str(&format!(
        "\nDocuments écrits :\n  {}\n\nÀ essayer maintenant :\n  denier --base {base} servir\n  denier --base {base} beneficiaire montrer B00026\n  denier --base {base} aide evaluer --dispositif CEJ --beneficiaire B00026 --mois 2024-11\n  denier --base {base} attester B00026\n  denier --base {base} etats compte-de-resultat --modele rapport --detail etat\n  denier --base {base} etats aides --par nature --selon droit\n",
        report.documents.join("\n  "),
        base = report.base
    ));
    session.write(&text)?;
    Ok(report.verified.exit_code())
}

/// What a refusal and an irregularity look like, on one boundary case judged both ways.
fn cases_text(decided: &ImportReport, recorded: &ImportReport) -> String {
    let verdicts = |report: &ImportReport| {
        let irregular = match report.irreguliers {
            0 => String::new(),
            count => format!(" dont {}", counted(count, "irrégulière", "irrégulières")),
        };
        format!(
            "{}{irregular}, {}, {}",
            counted(report.acceptes, "acceptée", "acceptées"),
            counted(report.deja_importes, "déjà importée", "déjà importées"),
            counted(report.refuses, "refusée", "refusées")
        )
    };
    let mut text = format!(
        "\nCas limites, jugés à part : {}.\n  décider   : {}\n  constater : {}\n",
        counted(decided.lus, "ligne", "lignes"),
        verdicts(decided),
        verdicts(recorded)
    );
    for (report, what) in [(decided, "Un refus (décider)"), (recorded, "La même ligne, constatée")] {
        if let Some(finding) = report
            .constats
            .iter()
            .find(|finding| finding.code == "plafond_depasse" && finding.room.as_deref() == Some("252.29"))
        {
            let article = finding.article.as_deref().unwrap_or("");
            text.push_str(&format!(
                "  {what} : ligne {}, {} — {} [{article}]\n      conseil : {}\n",
                finding.line, finding.code, finding.message, finding.advice
            ));
        }
    }
    text
}

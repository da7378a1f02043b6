//! What importing a file would do, before it is done: every line counted, every finding on its line.

use super::findings::{self, Shown};
use super::import_new::{is_whole, pairs_of, place};
use crate::app::{FecReport, FileKind, FileRequest, ImportReport, Looked, Right, counted};
use crate::calendar::Date;
use crate::funding::Mode;
use crate::money::{Amount, group_thousands};
use crate::web::fields::Fields;
use crate::web::import_draft::{ImportDraft, Preview};
use crate::web::page::{Page, csrf};
use crate::web::problem::Problem;
use crate::web::view::{Field, form, hidden, pages};
use crate::web::visitor::Visitor;
use axum::response::Html;
use maud::{Markup, html};

/// Rules of who funds what that are shown.
const RULES: usize = 200;

/// Changes of a FEC that are shown line by line.
const CHANGES: usize = 20;

/// Lays out what importing a file would do.
pub(super) fn page(
    visitor: &Visitor,
    draft: &ImportDraft,
    preview: &Preview,
    key: &str,
    fields: &Fields,
) -> Result<Html<String>, Problem> {
    let request = &preview.request;
    let body = html! {
        p.what {
            strong { (draft.input.name) } " "
            span.badge.ok { (request.kind.label()) }
            @if let Ok(report) = &preview.report { " " span.note { (form_of(report)) } }
        }
        @match &preview.report {
            Err(problem) => {
                div.bad role="alert" { @for line in problem.message.lines() { p { (line) } } }
                (options(visitor, &draft.looked, Some(request), fields))
            }
            Ok(report) => {
                (balance(report))
                (verdict(visitor, preview, report))
                @if report.writes() { (import_form(visitor, draft, preview, report, key, fields)?) }
                (options(visitor, &draft.looked, Some(request), fields))
                (told(report))
                (findings_of(visitor, report))
            }
        }
        (first_rows(preview))
        form method="post" action=(visitor.link(&format!("{}/oublier", place(key)), &[])) {
            (csrf(visitor))
            p.actions { button { "Abandonner ce fichier" } }
        }
    };
    Ok(Page::new("Aperçu de l'import", body).under("Imports", visitor.link("/imports", &[])).show(visitor))
}

fn form_of(report: &ImportReport) -> &str {
    report.fec.as_ref().map_or(&report.encodage, |fec| &fec.forme)
}

/// What was read, and what becomes of it: nothing is lost.
fn balance(report: &ImportReport) -> Markup {
    let irregular = report.irreguliers;
    html! {
        p.sum {
            @match &report.fec {
                Some(fec) => {
                    (counted(report.lus, "ligne lue", "lignes lues")) " = "
                    (counted(fec.gardees, "gardée", "gardées")) " + " (counted(report.refuses, "refusée", "refusées"))
                    ", " (counted(report.deja_importes, "déjà importée", "déjà importées"))
                }
                None => {
                    (counted(report.lus, "ligne lue", "lignes lues")) " = "
                    (counted(report.acceptes, "acceptée", "acceptées"))
                    @if irregular > 0 { " (dont " (counted(irregular, "irrégulière", "irrégulières")) ")" }
                    " + " (counted(report.deja_importes, "déjà importée", "déjà importées"))
                    " + " (counted(report.refuses, "refusée", "refusées"))
                }
            }
        }
        p.note {
            @if report.colonnes_non_conservees.is_empty() { "Colonnes non conservées : aucune." }
            @else { "Colonnes non conservées : " (report.colonnes_non_conservees.join(", ")) "." }
            @if report.lignes_de_pied > 0 {
                " " (counted(report.lignes_de_pied, "ligne de totaux laissée de côté", "lignes de totaux laissées de côté")) "."
            }
            @if report.lignes_vides > 0 {
                " " (counted(report.lignes_vides, "ligne vide laissée de côté", "lignes vides laissées de côté")) "."
            }
        }
    }
}

/// What importing would do, in a sentence.
fn verdict(visitor: &Visitor, preview: &Preview, report: &ImportReport) -> Markup {
    let lot = preview.already.map(|lot| {
        let place = visitor.link(&format!("/imports/{lot}"), &[]);
        html! { a href=(place) { "lot " (lot) } }
    });
    html! {
        @if report.lus == 0 {
            p.warning { "Ce fichier ne contient aucune ligne : il n'y a rien à importer." }
        } @else if report.refuses == report.lus {
            div.bad role="alert" {
                p { strong { "Rien de ce fichier ne peut être importé." } }
                p {
                    @if is_whole(preview.request.kind) { "Il s'importe en entier ou pas du tout. " }
                    "Chaque ligne à corriger est nommée plus bas, avec ce qu'il faut faire ; corrigez-les là d'où vient le fichier, puis envoyez-le de nouveau."
                }
            }
        } @else if !report.writes() {
            div.good role="status" {
                p { strong { "Déjà importé : 0 nouvelle ligne sur " (group_thousands(report.lus)) "." } }
                p {
                    "Tout ce qui peut l'être est déjà dans la base" @if let Some(lot) = lot { " (" (lot) ")" }
                    ". L'importer de nouveau ne changerait rien."
                    @if report.refuses > 0 {
                        " " (counted(report.refuses, "ligne refusée reste", "lignes refusées restent")) " en dehors, nommées plus bas."
                    }
                }
            }
        } @else {
            p {
                @if let Some(lot) = lot { "Ce fichier a déjà été importé (" (lot) ") : seules les lignes nouvelles ou changées le seraient. " }
                @if report.refuses > 0 {
                    (counted(report.refuses, "ligne resterait", "lignes resteraient")) " en dehors : elles sont nommées plus bas. "
                }
                "Rien n'est encore écrit : «\u{a0}Importer\u{a0}» fera exactement ce qui est dit ici."
            }
        }
    }
}

/// What the user types to seal a year.
pub(super) fn confirmation(fec: Option<&FecReport>) -> String {
    format!("sceller {}", fec.map_or(0, |fec| fec.exercice))
}

fn import_form(
    visitor: &Visitor,
    draft: &ImportDraft,
    preview: &Preview,
    report: &ImportReport,
    key: &str,
    fields: &Fields,
) -> Result<Markup, Problem> {
    let typed = confirmation(report.fec.as_ref());
    let hint = format!("Écrivez «\u{a0}{typed}\u{a0}» : un exercice scellé ne se rouvre pas");
    Ok(form(
        visitor,
        &visitor.link(&place(key), &[]),
        fields,
        html! {
            @for (name, value) in pairs_of(&preview.request, &draft.looked) { (hidden(name, &value)) }
            @if preview.request.definitive {
                (Field::text("confirmation", "Confirmation").hint(&hint).required().show(fields))
            }
            p.actions {
                button.main { @if preview.request.definitive { "Importer et sceller" } @else { "Importer" } }
            }
        },
    )?)
}

/// What else can be asked: none of it is needed.
pub(super) fn options(
    visitor: &Visitor,
    looked: &Looked,
    request: Option<&FileRequest>,
    fields: &Fields,
) -> Markup {
    let kind = request.map(|request| request.kind);
    let is_default = request.is_some_and(|request| pairs_of(request, looked).is_empty());
    let genre = |kind: FileKind, profile: &str| format!("{}/{profile}", kind.code());
    let shown = Fields::of(request.map_or_else(Vec::new, |request| {
        let known = [
            ("genre", Some(genre(request.kind, &request.profile))),
            ("mode", request.mode.map(|mode| mode.code().to_string())),
            ("annee", request.year.map(|year| year.to_string())),
            ("arrondi", request.rounding_account.clone()),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
    }));
    let choices = looked.choices.iter();
    let genres = choices.map(|choice| {
        (genre(choice.kind, &choice.profile), format!("{} — {}", choice.kind.label(), choice.label))
    });
    let modes = [
        ("", "selon le payeur de chaque ligne"),
        (Mode::Record.code(), "payées par un autre : on constate"),
        (Mode::Decide.code(), "sur nos fonds : on décide"),
    ];
    let modes = modes.map(|(mode, words)| (mode.to_string(), words.to_string()));
    html! {
        details.options.noprint open[!is_default] {
            summary { "Options" }
            form.fields method="get" action=(visitor.path) {
                (hidden("exercice", &visitor.year.code.to_string()))
                (Field::choice("genre", "Ce fichier contient", genres.collect()).required().show(&shown))
                @if kind == Some(FileKind::Aids) {
                    (Field::choice("mode", "Ces aides sont", modes.to_vec()).required().show(&shown))
                }
                @if kind.is_some_and(|kind| !is_whole(kind)) {
                    (tick("tout_ou_rien", "Tout ou rien : une seule ligne refusée refuse le fichier",
                        request.is_some_and(|request| request.all_or_nothing)))
                }
                @if kind == Some(FileKind::Fec) {
                    (Field::text("annee", "Exercice").hint("à dire seulement si ce n'est pas celui des dates du fichier").show(fields_or(fields, &shown)))
                    (Field::text("arrondi", "Compte des écarts d'un centime").hint("comme 658000 : une écriture fausse d'un centime y est complétée").show(&shown))
                    @if visitor.may(Right::Approve) {
                        (tick("definitif", "Définitif : sceller l'exercice, pour toujours",
                            request.is_some_and(|request| request.definitive)))
                    }
                }
                p.actions { button { "Refaire l'aperçu" } }
            }
        }
    }
}

/// What was typed and is wrong is shown as it was typed.
fn fields_or<'a>(typed: &'a Fields, otherwise: &'a Fields) -> &'a Fields {
    if typed.faults.is_empty() { otherwise } else { typed }
}

fn tick(name: &str, words: &str, ticked: bool) -> Markup {
    html! {
        label.check { input type="checkbox" name=(name) value="oui" checked[ticked]; (words) }
    }
}

/// What the plan says besides its counts.
fn told(report: &ImportReport) -> Markup {
    let amount = report.montant.as_deref().and_then(|text| Amount::parse(text).ok());
    html! {
        @if let Some(fec) = report.fec.as_ref().filter(|fec| fec.exercice != 0) { (fec_told(fec)) }
        @if report.fec.is_none() && report.acceptes > 0 {
            dl.facts {
                @if let Some(amount) = amount { dt { "Montant" } dd { (amount.to_euros()) } }
                @if report.decisions > 0 { dt { "Décisions" } dd { (counted(report.decisions, "nouvelle", "nouvelles")) } }
                @if report.crees + report.modifies > 0 {
                    dt { "Nouvelles" } dd { (counted(report.crees, "ligne", "lignes")) }
                    dt { "Mises à jour" } dd { (counted(report.modifies, "ligne", "lignes")) }
                }
            }
        }
        @if !report.affectation.is_empty() { (assigned(report)) }
    }
}

fn fec_told(fec: &FecReport) -> Markup {
    html! {
        dl.facts {
            dt { "Exercice" }
            dd {
                (fec.exercice) ", " @if fec.definitif { "définitif" } @else { "provisoire" }
                @if fec.exercice_cree { " (il sera ouvert)" }
            }
            dt { "Écritures" } dd { (counted(fec.ecritures, "écriture", "écritures")) ", par " (fec.cle_ecriture) }
            dt { "Mouvements" } dd { (euros(&fec.mouvements)) " au débit comme au crédit" }
            @if fec.a_nouveaux > 0 { dt { "À-nouveaux" } dd { (counted(fec.a_nouveaux, "ligne", "lignes")) } }
            @if fec.mises_a_part > 0 {
                dt { "Clôture" } dd { (counted(fec.mises_a_part, "ligne mise à part", "lignes mises à part")) }
            }
            @if let Some(lot) = fec.remplace {
                dt { "Comparé au lot " (lot) }
                dd {
                    (counted(fec.nouvelles, "nouvelle", "nouvelles")) ", "
                    (counted(fec.modifiees, "modifiée", "modifiées")) ", "
                    (counted(fec.disparues, "disparue", "disparues")) ", "
                    (counted(fec.inchangees, "inchangée", "inchangées"))
                    @if fec.renumerotees > 0 { " (dont " (counted(fec.renumerotees, "renumérotée", "renumérotées")) ")" }
                }
            }
        }
        @let changes: Vec<_> = fec.changements.iter().chain(&fec.orphelines).collect();
        @if !changes.is_empty() {
            h2 { "Ce qui change" }
            div.scroll role="region" aria-label="Ce qui change" tabindex="0" {
                table {
                    caption { "Lignes nouvelles, modifiées ou disparues" }
                    thead { tr {
                        th scope="col" { "État" } th scope="col" { "Date" } th scope="col" { "Compte" }
                        th scope="col" { "Pièce" } th scope="col" { "Libellé" } th.n scope="col" { "Montant" } th scope="col" { "Avant" }
                    } }
                    tbody {
                        @for line in changes.iter().take(CHANGES) {
                            tr {
                                th scope="row" { (state(&line.etat)) } td { (day(&line.date)) } td { (line.compte) } td { (line.piece) }
                                td { (line.libelle) } td.n { (euros(&line.montant)) }
                                td { @if let Some(before) = &line.avant { (before) } }
                            }
                        }
                    }
                }
            }
            @if changes.len() > CHANGES { p.note { "Les " (CHANGES) " premières." } }
        }
    }
}

fn assigned(report: &ImportReport) -> Markup {
    html! {
        h2 { "Qui finance quoi" }
        div.scroll role="region" aria-label="Affectation des produits" tabindex="0" {
            table {
                caption { "Lignes de produits par financeur, selon les règles d'affectation" }
                thead { tr {
                    th.n scope="col" { "Exercice" } th.n scope="col" { "Règle" } th scope="col" { "Financeur" } th scope="col" { "Convention" }
                    th.n scope="col" { "Lignes" } th.n scope="col" { "Montant" }
                } }
                tbody {
                    @for rule in report.affectation.iter().take(RULES) {
                        tr {
                            td.n { (rule.exercice) }
                            td.n { @if let Some(rank) = rule.ordre { (rank) } }
                            th scope="row" {
                                (rule.financeur)
                                @if !rule.financeur.is_empty() && !rule.libelle.is_empty() { " — " }
                                (rule.libelle)
                            }
                            td { (rule.convention) }
                            td.n { (group_thousands(rule.lignes)) }
                            td.n { (euros(&rule.montant)) }
                        }
                    }
                }
            }
        }
    }
}

fn state(code: &str) -> &str {
    match code {
        "modifiee" => "modifiée",
        "disparue" => "disparue",
        "attendue" => "affectée à la main, sa ligne n'est plus là",
        _ => "nouvelle",
    }
}

fn day(text: &str) -> String {
    Date::parse(text).map_or_else(|| text.to_string(), Date::to_french)
}

fn euros(plain: &str) -> String {
    Amount::parse(plain).unwrap_or_default().to_euros()
}

/// Every finding on its line, by pages.
fn findings_of(visitor: &Visitor, report: &ImportReport) -> Markup {
    if report.constats.is_empty() {
        return html! { p.note { "Aucun constat." } };
    }
    let all = report.constats.len();
    let (range, links) = pages(visitor, all);
    html! {
        h2 { (counted(all as u64, "constat", "constats")) }
        (findings::codes(report.codes().into_iter().map(|(code, severity, number)| (code, severity, number as u64))))
        p.exports { a href=(visitor.here_with("format", "csv")) { "Tous les constats, en CSV" } }
        (findings::table("Constats, par ligne du fichier", report.constats[range].iter().map(|finding| Shown {
            line: finding.line.into(),
            column: finding.column.as_deref(),
            severity: &finding.severity,
            message: &finding.message,
            article: finding.article.as_deref(),
            advice: &finding.advice,
            code: &finding.code,
        })))
        (links)
    }
}

/// The first rows, as they are read.
fn first_rows(preview: &Preview) -> Markup {
    let first = &preview.first;
    html! {
        @if !first.rows.is_empty() {
            h2 { "Premières lignes" }
            div.scroll role="region" aria-label="Premières lignes du fichier" tabindex="0" {
                table {
                    caption { "Les colonnes conservées, telles qu'elles sont lues" }
                    thead { tr { th.n scope="col" { "Ligne" } @for column in &first.columns { th scope="col" { (column) } } } }
                    tbody {
                        @for (line, cells) in &first.rows {
                            tr { th.n scope="row" { (line) } @for cell in cells { td.whole { (cell) } } }
                        }
                    }
                }
            }
        }
    }
}

//! Importing in the browser: the file is sent, its import is previewed by the very plan, then done, once.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, example, on_both_engines, on_sqlite};
use crate::web::{Answer, Form, Site, Visitor};
use denier::app::{self, Role};

/// Sends a file; returns the answer to the preview's own address, and that address.
fn send(visitor: &mut Visitor, name: &str, content: impl AsRef<[u8]>) -> (Answer, String) {
    let form = visitor.get("/imports/nouveau").form("/imports/nouveau?exercice=2024");
    let place = visitor.upload(&form, "fichier", name, content.as_ref()).location().to_string();
    (look(visitor, &place), place)
}

/// Asks for a preview until it is made.
fn look(visitor: &mut Visitor, place: &str) -> Answer {
    let asked = visitor.get(place);
    if asked.status != 303 {
        return asked;
    }
    let work = asked.location().to_string();
    if !work.starts_with("/travaux/") {
        return visitor.get(&work);
    }
    let back = visitor.until_done(&work).location().to_string();
    visitor.get(&back)
}

/// Sends the form of a preview; returns where the work leads.
fn import(visitor: &mut Visitor, form: &Form) -> String {
    let work = visitor.submit(form).location().to_string();
    match work.starts_with("/travaux/") {
        true => visitor.until_done(&work).location().to_string(),
        false => work,
    }
}

async fn lots(books: &Books) -> usize {
    app::list_lots(&books.store).await.unwrap().rows.len()
}

#[test]
fn a_fec_becomes_an_income_statement_without_a_question() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let fec = std::fs::read(example("littoral-2024/FEC-2024.txt")).unwrap();
        // Chosen, read…
        let (preview, place) = send(&mut clerk, "FEC-2024.txt", &fec);
        let lines = fec.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() - 1;
        let said = format!("{lines} lignes lues = {lines} gardées + 0 refusée, 0 déjà importée");
        assert!(preview.says(&said), "{}", preview.words());
        assert!(preview.says("Colonnes non conservées : aucune."));
        assert!(preview.says("2024, provisoire") && preview.says("Rien n'est encore écrit"));
        assert_eq!(lots(books).await, 0, "a preview writes nothing");
        // … imported, and there is the statement.
        let form = preview.form(&place);
        let lot = import(&mut clerk, &form);
        assert_eq!(lot, "/imports/1?exercice=2024");
        let page = clerk.get(&lot);
        assert!(page.says("Import fait, lot 1"), "{}", page.words());
        assert!(page.text().contains("href=\"/etats/compte-de-resultat?exercice=2024\""));
        // The same form again, from another tab or by a double click: nothing more.
        assert_eq!(import(&mut clerk, &form), lot);
        assert_eq!(lots(books).await, 1);
        // The same file again.
        let (again, place) = send(&mut clerk, "FEC-2024.txt", &fec);
        assert!(again.says(&format!("Déjà importé : 0 nouvelle ligne sur {lines}.")), "{}", again.words());
        assert!(!again.text().contains(&format!("action=\"{place}\"")), "there is nothing to import");
        assert_eq!(lots(books).await, 1);
    });
}

#[test]
fn a_file_is_told_by_its_columns() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        for (file, kind) in [
            ("FEC-2023.txt", "FEC"),
            ("affectation.csv", "Règles d'affectation"),
            ("aides.csv", "Aides"),
            ("aides-ailleurs.csv", "Aides reçues ailleurs"),
            ("beneficiaires.csv", "Bénéficiaires"),
            ("declarations.csv", "Déclarations"),
            ("enveloppes.csv", "Enveloppes"),
            ("parcours.csv", "Parcours"),
        ] {
            let whole = std::fs::read(example(&format!("littoral-2024/{file}"))).unwrap();
            let first: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').take(4).collect();
            let (preview, _) = send(&mut clerk, file, first.concat());
            assert_eq!(preview.status, 200, "{file}");
            assert!(preview.says(&format!("{file} {kind} ")), "{file}: {}", preview.words());
        }
        let (asked, place) = send(&mut clerk, "notes.csv", "a;b\n1;2\n");
        assert!(asked.says("ses colonnes ne sont celles d'aucun fichier connu"), "{}", asked.words());
        let chosen = look(&mut clerk, &format!("{place}&genre=aides%2Fdenier"));
        assert!(chosen.says("Rien de ce fichier ne peut être importé."), "{}", chosen.words());
        assert!(chosen.says("entete_introuvable"), "{}", chosen.words());
        assert_eq!(lots(books).await, 0);
    });
}

#[test]
fn each_refused_line_is_named_and_can_be_sent_again() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let people = format!(
            "{PEOPLE_HEADER};NIR\nB1;BA;Lou;01/02/2004;F;Calais;62193;non;non;NEET;;104\n\
             B2;BE;Léa;31/02/2004;F;Calais;62193;non;non;NEET;;204\n"
        );
        let (preview, place) = send(&mut clerk, "gens.csv", &people);
        let said = "2 lignes lues = 1 acceptée + 0 déjà importée + 1 refusée";
        assert!(preview.says(said), "{}", preview.words());
        assert!(preview.says("Colonnes non conservées : NIR."));
        assert!(preview.says("date_illisible") && preview.says("Que faire :"), "{}", preview.words());
        assert!(!preview.text().contains("104"), "a column that is not kept is not shown");
        let csv = clerk.get(&format!("{place}&format=csv"));
        assert!(csv.text().contains("3;date_naissance;date_illisible;refus;"), "{}", csv.text());
        let lot = import(&mut clerk, &preview.form(&place));
        let page = clerk.get(&lot);
        assert!(page.says("Votre fichier est encore ici pour un jour"), "{}", page.words());
        // What was accepted is known; what was refused is still named.
        let left = look(&mut clerk, &place);
        assert!(left.says("0 acceptée + 1 déjà importée + 1 refusée"), "{}", left.words());
        // Once nothing of it is to be seen again, the file is let go.
        let form = left.form(&place.replace('?', "/oublier?"));
        assert_eq!(clerk.submit(&form).location(), "/imports?exercice=2024");
        assert_eq!(clerk.get(&place).status, 404);
    });
}

#[test]
fn nothing_is_imported_for_who_may_not_or_without_the_session() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let people = format!("{PEOPLE_HEADER}\nB1;BA;Lou;01/02/2004;F;Calais;62193;non;non;NEET;\n");
        let form = clerk.get("/imports/nouveau").form("/imports/nouveau?exercice=2024");
        let forged = clerk.upload(&form.clone().without("jeton"), "fichier", "a.csv", people.as_bytes());
        assert_eq!(forged.status, 403);
        let forged = clerk.upload(&form.clone().with("jeton", "x"), "fichier", "a.csv", people.as_bytes());
        assert_eq!(forged.status, 403);
        let empty = clerk.upload(&form, "fichier", "a.csv", b"");
        assert!(empty.says("celui-ci est absent, ou vide"), "{}", empty.words());
        let (preview, place) = send(&mut clerk, "a.csv", &people);
        let form = preview.form(&place);
        assert_eq!(clerk.submit(&form.clone().without("jeton")).status, 403);
        for role in [Role::Reader, Role::Adviser, Role::Auditor] {
            let mut other = site.visitor(role).await;
            assert_eq!(other.get("/imports/nouveau").status, 403, "{}", role.code());
            assert_eq!(other.submit(&form.clone().with("jeton", &other.csrf)).status, 403, "{}", role.code());
        }
        let mut other = site.visitor(Role::Approver).await;
        assert_eq!(other.get(&place).status, 404, "a file is for who sent it");
        assert_eq!(other.submit(&form.clone().with("jeton", &other.csrf)).status, 404);
        let before = lots(books).await;
        import(&mut clerk, &form);
        assert_eq!(lots(books).await, before + 1);
    });
}

#[test]
fn sealing_a_year_takes_the_right_and_the_words() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let fec = std::fs::read(example("littoral-2024/FEC-2024.txt")).unwrap();
        let mut clerk = site.visitor(Role::Clerk).await;
        let (preview, place) = send(&mut clerk, "FEC-2024.txt", &fec);
        assert!(!preview.text().contains("name=\"definitif\""));
        let form = preview.form(&place).with("definitif", "oui");
        assert_eq!(clerk.submit(&form).status, 403);
        let mut approver = site.visitor(Role::Approver).await;
        let (_, place) = send(&mut approver, "FEC-2024.txt", &fec);
        let place = format!("{place}&definitif=oui");
        let preview = look(&mut approver, &place);
        assert!(preview.says("2024, définitif"), "{}", preview.words());
        let action = place.replace("&definitif=oui", "");
        let form = preview.form(&action);
        assert_eq!(form.value("definitif"), "oui");
        for typed in ["", "oui", "sceller 2023"] {
            let refused = approver.submit(&form.clone().with("confirmation", typed));
            assert!(refused.says("Écrivez exactement «\u{a0}sceller 2024\u{a0}»"), "{}", refused.words());
        }
        assert_eq!(lots(books).await, 0);
        let lot = import(&mut approver, &form.with("confirmation", "sceller 2024"));
        let page = approver.get(&lot);
        assert!(page.says("exercice 2024, définitif") && page.says("il ne s'annule pas"), "{}", page.words());
        let undo = approver.get("/imports/1/annuler");
        assert!(undo.says("Cet import ne peut pas être annulé"), "{}", undo.words());
    });
}

#[test]
fn an_import_is_undone_with_a_reason_and_once() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        books.people(&example("littoral-2024/beneficiaires.csv")).await;
        let aid = |rank: u32, person: &str| {
            format!("R{rank};PACEA;{person};allocation;2024-03;;05/03/2024;12/03/2024;100,00;ETAT;ASP;\n")
        };
        let file = format!("{AID_HEADER}\n{}{}", aid(1, "B00026"), aid(2, "B00027"));
        let (preview, place) = send(&mut clerk, "deux.csv", &file);
        assert!(preview.says("200,00"), "{}", preview.words());
        let lot = import(&mut clerk, &preview.form(&place));
        let number = lot.split(['/', '?']).nth(2).unwrap().to_string();
        let page = clerk.get(&lot);
        assert!(page.says("2 aides en vigueur, 200,00"), "{}", page.words());
        let before = lots(books).await;
        let asked = format!("/imports/{number}/annuler?exercice=2024");
        let undo = clerk.get(&asked);
        assert!(undo.says("2 aides seraient annulées") && undo.says("pour 200,00"), "{}", undo.words());
        assert_eq!(lots(books).await, before, "looking at an undoing undoes nothing");
        let form = undo.form(&asked);
        let refused = clerk.submit(&form);
        assert!(refused.says("Dites pourquoi cet import est annulé"), "{}", refused.words());
        let form = form.with("motif", "fichier d'essai");
        assert_eq!(import(&mut clerk, &form), lot);
        assert_eq!(import(&mut clerk, &form), lot, "sent twice, done once");
        assert_eq!(lots(books).await, before + 1);
        let page = clerk.get(&lot);
        assert!(page.says("annulé par le lot") && !page.text().contains("/annuler"), "{}", page.words());
        let mut reader = site.visitor(Role::Reader).await;
        assert_eq!(reader.get(&asked).status, 403);
        assert!(reader.get("/imports").says("fichier d'essai"), "the journal says why");
    });
}

#[test]
fn a_work_that_found_the_base_busy_is_over_and_can_be_asked_again() {
    on_sqlite(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let people = format!("{PEOPLE_HEADER}\nB1;BA;Lou;01/02/2004;F;Calais;62193;non;non;NEET;\n");
        let (preview, place) = send(&mut clerk, "gens.csv", &people);
        let form = preview.form(&place);
        let busy = books.store.write().await.unwrap();
        let work = clerk.submit(&form).location().to_string();
        let failed = clerk.until_done(&work);
        assert_eq!((failed.status, failed.header("refresh")), (409, None), "{}", failed.words());
        assert!(
            failed.says("Import du fichier") && failed.says("demandez-le de nouveau"),
            "{}",
            failed.words()
        );
        drop(busy);
        assert_eq!(clerk.get(&work).status, 409, "it stays what it was");
        assert_eq!(import(&mut clerk, &form), "/imports/1?exercice=2024");
        assert_eq!(lots(books).await, 1);
    });
}

//! Looking after the base in the browser: users, years, verification, backups, logs, retention.

use crate::harness::{PASSWORD, PEOPLE_HEADER, example, on_both_engines};
use crate::web::{Answer, Site, Visitor};
use denier::app::{self, Role};
use denier::store::Store;

const USERS: &str = "/administration/utilisateurs?exercice=2024";
const BACKUPS: &str = "/administration/sauvegardes?exercice=2024";

/// Sends the form of a page; follows its work to the page where it leads.
fn work(visitor: &mut Visitor, page: &Answer, action: &str) -> Answer {
    let place = visitor.submit(&page.form(action)).location().to_string();
    let done = visitor.until_done(&place).location().to_string();
    visitor.get(&done)
}

#[test]
fn each_part_is_for_whoever_has_its_right() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let parts = [
            ("/administration/verification", "lecture controle saisie validation direction"),
            ("/administration/sauvegardes", "validation direction"),
            ("/administration/journal", "controle direction"),
            ("/administration/utilisateurs", "direction"),
            ("/administration/conservation", "direction"),
        ];
        for role in Role::ALL {
            let mut visitor = site.visitor(role).await;
            let home = visitor.get("/administration");
            assert_eq!(home.status, 200, "{}", role.code());
            for (part, roles) in parts {
                let may = roles.split(' ').any(|one| one == role.code());
                assert_eq!(
                    visitor.get(part).status,
                    if may { 200 } else { 403 },
                    "{part} for {}",
                    role.code()
                );
                assert_eq!(
                    home.text().contains(&format!("href=\"{part}?")),
                    may,
                    "{part} for {}",
                    role.code()
                );
            }
        }
    });
}

#[test]
fn an_account_is_created_changed_and_closed() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut director = site.visitor(Role::Director).await;
        let form = director.get(USERS).form(USERS).with("nom", "paul").with("role", "saisie");
        let form = form.with("mot_de_passe", "court").with("encore", "court");
        let refused = director.submit(&form);
        assert!(
            refused.says("12 caractères au moins") && !refused.text().contains("court\""),
            "{}",
            refused.words()
        );
        assert_eq!(refused.form(USERS).value("nom"), "paul", "what was typed is kept");
        let form = form.with("mot_de_passe", PASSWORD).with("encore", PASSWORD);
        assert_eq!(director.submit(&form).location(), USERS);
        let again = director.submit(&form);
        assert!(again.says("l'utilisateur « paul » existe déjà"), "{}", again.words());
        let adviser = form.clone().with("nom", "luc").with("role", "conseiller");
        assert!(director.submit(&adviser).says("donnez son site"));
        let mut paul = site.sign_in("paul", PASSWORD);
        assert!(
            director.get(USERS).says("paul saisie ouvert 1 session ouverte"),
            "{}",
            director.get(USERS).words()
        );
        let of = |what: &str| format!("/administration/utilisateurs/paul/{what}?exercice=2024");
        let here = "/administration/utilisateurs/paul?exercice=2024";
        let page = director.get(here);
        assert_eq!(page.form(&of("role")).value("role"), "saisie");
        assert_eq!(director.submit(&page.form(&of("role")).with("role", "lecture")).location(), here);
        assert_eq!(paul.get("/imports/nouveau").status, 403, "a role is read at each request");
        assert_eq!(director.submit(&page.form(&of("deconnecter"))).location(), here);
        assert_eq!(paul.get("/compte").status, 303);
        let other = "une autre longue phrase";
        let form = page.form(&of("mot-de-passe")).with("mot_de_passe", other).with("encore", other);
        assert_eq!(director.submit(&form).location(), here);
        let mut paul = site.sign_in("paul", other);
        let form = page.form(&of("fermer"));
        assert!(director.submit(&form).says("Écrivez exactement «\u{a0}paul\u{a0}»"));
        assert_eq!(director.submit(&form.clone().with("confirmation", "paul")).location(), USERS);
        assert_eq!(paul.get("/compte").status, 303);
        // The base keeps a director.
        let own = "/administration/utilisateurs/direction?exercice=2024";
        let form = director.get(own).form(&own.replace('?', "/fermer?")).with("confirmation", "direction");
        let closed = director.submit(&form);
        let users = app::list_users(&books.store).await.unwrap();
        let open = |user: &&app::UserLine| user.role == "direction" && !user.closed;
        assert!(users.iter().any(|user| open(&user)), "{}", closed.words());
        let mut clerk = site.visitor(Role::Clerk).await;
        assert_eq!(clerk.submit(&form.with("jeton", &clerk.csrf)).status, 403);
    });
}

#[test]
fn a_year_asked_for_twice_is_opened_once() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let form = clerk.get("/administration").form("/administration/exercices?exercice=2024");
        for _ in 0..2 {
            assert_eq!(clerk.submit(&form).location(), "/administration?exercice=2024");
        }
        let page = clerk.get("/administration");
        assert!(
            page.says("2025 , du 01/01/2025 au 31/12/2025") && !page.says("2026 , du"),
            "{}",
            page.words()
        );
        assert_eq!(clerk.submit(&form.without("jeton")).status, 403);
        let mut reader = site.visitor(Role::Reader).await;
        assert!(!reader.get("/administration").text().contains("/administration/exercices"));
    });
}

#[test]
fn the_books_are_verified_and_said_so() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
        let mut reader = site.visitor(Role::Reader).await;
        let place = "/administration/verification?exercice=2024";
        let page = reader.get(place);
        assert!(page.says("Aucune vérification depuis que ce serveur est ouvert."));
        let done = work(&mut reader, &page, place);
        assert!(done.says("Livres vérifiés : conformes.") && done.says("par lecture"), "{}", done.words());
        assert!(done.says("Tête de la chaîne n° "), "{}", done.words());
    });
}

#[test]
fn a_backup_is_fetched_by_the_direction_alone_and_restores() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
        let mut approver = site.visitor(Role::Approver).await;
        let page = approver.get(BACKUPS);
        let made = work(&mut approver, &page, BACKUPS);
        assert!(
            made.says("vérifiée, conforme") && made.says("La direction seule télécharge."),
            "{}",
            made.words()
        );
        let mut director = site.visitor(Role::Director).await;
        let page = director.get(BACKUPS);
        let text = page.text();
        let place =
            text.split("href=\"").find(|link| link.starts_with("/administration/sauvegardes/")).unwrap();
        let place = place.split('"').next().unwrap().to_string();
        assert_eq!(approver.get(&place).status, 403);
        let file = director.get(&place);
        assert_eq!(
            file.header("content-disposition"),
            Some("attachment; filename=\"sauvegarde-2025-02-15.denier\"")
        );
        let log = director.get("/administration/journal?action=sauvegarder").words();
        assert!(log.contains("direction sauvegarder telecharger SHA-256"), "{log}");
        let path = books.file("rendue.db", &file.body);
        let restored = Store::open(&path).await.expect("a base");
        let report = app::verify(&restored, &crate::harness::quiet).await.unwrap();
        assert!(report.integre && report.ecritures > 0);
        restored.close().await;
        let page = approver.get(BACKUPS);
        let tried = work(&mut approver, &page, &place.replace('?', "/essayer?"));
        assert!(tried.says("Essai de restauration réussi"), "{}", tried.words());
        let form = page.form(&place.replace('?', "/oublier?"));
        assert_eq!(approver.submit(&form).location(), BACKUPS);
        assert_eq!(director.get(&place).status, 404);
    });
}

#[test]
fn the_audit_log_is_filtered_and_exported() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
        let mut auditor = site.visitor(Role::Auditor).await;
        let all = auditor.get("/administration/journal");
        assert!(all.says("importer enveloppes") && all.says("utilisateur creer"), "{}", all.words());
        let some = auditor.get("/administration/journal?action=importer");
        assert!(some.says("importer enveloppes") && !some.says("utilisateur creer"), "{}", some.words());
        let csv = auditor.get("/administration/journal?action=importer&format=csv");
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(csv.text().lines().count(), 2, "{}", csv.text());
        let wrong = auditor.get("/administration/journal?du=hier");
        assert!(wrong.says("Écrivez un jour comme 31/12/2024"), "{}", wrong.words());
    });
}

#[test]
fn a_persons_data_views_and_erasure() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let people = format!("{PEOPLE_HEADER}\nB1;BA;Lou;01/02/2004;F;Calais;62193;non;non;NEET;\n");
        books.people(&books.file("gens.csv", people)).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let place = "/personnes/B1/donnees?exercice=2024";
        let form = clerk.get(place).form(place);
        let data = clerk.submit(&form);
        assert_eq!(data.header("content-type"), Some("application/zip"), "{}", data.words());
        assert!(data.body.starts_with(b"PK"));
        assert_eq!(clerk.submit(&form.clone().without("jeton")).status, 403);
        let mut reader = site.visitor(Role::Reader).await;
        assert_eq!(reader.submit(&form.with("jeton", &reader.csrf)).status, 403);
        let mut auditor = site.visitor(Role::Auditor).await;
        let views = auditor.get("/personnes/B1/consultations");
        assert!(views.says("saisie donnees"), "{}", views.words());
        assert_eq!(clerk.get("/personnes/B1/consultations").status, 403);
        // Nothing is erased before its time.
        let mut director = site.visitor(Role::Director).await;
        assert!(director.get("/administration/conservation").says("Aucune."));
        let asked = director.get("/administration/conservation/B1");
        assert!(asked.says("conservation_en_cours"), "{}", asked.words());
        let forced = [("motif", "essai"), ("confirmation", "B1")];
        let refused = director.post("/administration/conservation/B1", &forced);
        assert!(refused.says("conservation_en_cours"), "{}", refused.words());
        assert!(app::search_people(&books.store, &books.actor, "B1").await.unwrap().len() == 1);
    });
}

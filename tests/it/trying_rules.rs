//! Rules in the browser: read, tried, simulated, published by two people.

use crate::harness::{PASSWORD, on_both_engines};
use crate::web::{Site, Visitor};
use denier::app::{self, Role};

/// The shipped file of a dispositif.
fn shipped(name: &str) -> String {
    let path = format!("{}/ledger-rules/dispositifs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

async fn published(books: &crate::harness::Books) -> i64 {
    let mut tx = books.store.read().await.unwrap();
    tx.one("select count(*) from rule_publication", &[]).await.unwrap().unwrap().int(0).unwrap()
}

fn try_file(visitor: &mut Visitor, text: &str, what: &str) -> crate::web::Answer {
    let form = visitor.get("/regles/essai").form("/regles/essai?exercice=2024").with("faire", what);
    visitor.upload(&form, "fichiers", "cej.toml", text.as_bytes())
}

#[test]
fn a_dispositif_is_read_on_any_day_with_its_versions() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        let list = reader.get("/regles");
        assert!(list.says("Contrat d'engagement jeune") && list.says("31/12/2016"), "{}", list.words());
        let before = reader.get("/regles/CEJ?au=2024-03-31");
        let after = reader.get("/regles/CEJ?au=1%2F5%2F2024");
        assert!(
            before.says("Au 31\u{a0}mars 2024") && after.says("Au 1er\u{a0}mai 2024"),
            "{}",
            after.words()
        );
        assert!(
            before.says("Le 1er\u{a0}avril 2024") && !after.says("Le 1er\u{a0}avril 2024"),
            "what changes next"
        );
        assert!(after.says("552,29"));
        for said in ["Pour qui", "Combien", "Combien de temps", "Sanctions", "Argent", "Textes", "en vigueur"]
        {
            assert!(after.says(said), "{said}");
        }
        assert!(reader.get("/regles/CEJ?format=pdf").body.starts_with(b"%PDF-"));
        assert!(reader.get("/regles/CEJ?au=hier").says("Écrivez un jour"));
        assert!(reader.get("/regles/RIEN").says("RIEN"));
        let version = app::rule_history(&books.store, Some("cej")).await.unwrap().rows[0].cells[2].clone();
        let denier::statements::Cell::Text(version) = version else { panic!("a version") };
        let text = reader.get(&format!("/regles/textes/{version}?format=toml"));
        assert_eq!(text.body, shipped("cej").into_bytes());
        assert_eq!(reader.get("/regles/textes/00000000").status, 404);
        assert!(reader.get("/regles/historique").says("dispositifs/cej.toml"));
        let mut adviser = site.visitor(Role::Adviser).await;
        assert!(adviser.get("/regles/CEJ").status == 200 && adviser.get("/regles/essai").status == 403);
    });
}

#[test]
fn each_fault_of_a_file_is_told_and_nothing_is_kept() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        let before = published(books).await;
        let faulty = shipped("cej").replacen("certitude = \"confirmé\"", "certitude = \"confirme\"", 1);
        let page = try_file(&mut reader, &faulty, "verifier");
        assert!(page.says("1 faute"), "{}", page.words());
        assert!(
            page.says("vouliez-vous « confirmé »") && page.says("dispositifs/cej.toml:"),
            "{}",
            page.words()
        );
        assert!(page.text().contains("certitude = &quot;confirme&quot;"), "what was sent is still there");
        let page = try_file(&mut reader, &shipped("cej"), "verifier");
        assert!(page.says("Tout est conforme"), "{}", page.words());
        // What is on the page, with the line ends of a browser, is the same text.
        let form = page.form("/regles/essai?exercice=2024").with("faire", "verifier");
        let typed = form.value("texte").replace('\n', "\r\n");
        let again = reader.upload(&form.with("texte", &typed), "fichiers", "", b"");
        assert!(again.says("Tout est conforme"), "{}", again.words());
        assert!(try_file(&mut reader, "\u{0}", "verifier").says("faute"));
        let form = reader.get("/regles/essai").form("/regles/essai?exercice=2024");
        assert!(reader.upload(&form, "fichiers", "cej.toml", b"\xff").says("pas un texte en UTF-8"));
        assert!(reader.upload(&form, "fichiers", "", b"").says("Choisissez un fichier"));
        assert_eq!(reader.upload(&form.with("jeton", "x"), "fichiers", "cej.toml", b"x").status, 403);
        assert_eq!(published(books).await, before);
    });
}

#[test]
fn a_past_year_is_simulated_then_the_rules_published_by_two_people() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let site = Site::open(books).await;
        let mut approver = site.visitor(Role::Approver).await;
        let lower = shipped("cej").replace("valeur = \"552,29\"", "valeur = \"500,00\"");
        let faulty = try_file(&mut approver, &lower, "simuler");
        assert!(faulty.says("exemple"), "an example that the change contradicts is told: {}", faulty.words());

        // An age that no example contradicts.
        let text = format!("{}\n# relu le 15/02/2025\n", shipped("cej"));
        let job = try_file(&mut approver, &text, "simuler").location().to_string();
        let place = loop {
            let answer = approver.get(&job);
            match answer.status {
                303 => break answer.location().to_string(),
                200 | 429 => std::thread::yield_now(),
                status => panic!("{status} {}", answer.words()),
            }
        };
        let result = approver.get(&place);
        assert!(result.says("Simulation de cej.toml sur 2024"), "{}", result.words());
        assert!(approver.get(&format!("{place}?format=csv")).text().contains("Simulé"));

        let before = published(books).await;
        let page = try_file(&mut approver, &text, "publier");
        assert!(page.says("Aucune phrase de sa page d'aujourd'hui ne change."), "{}", page.words());
        assert!(page.says("ajouté") && page.says("# relu le 15/02/2025"));
        let form = page.form("/regles/publier");
        let own = form.clone().with("approbateur", Role::Approver.code()).with("mot_de_passe", PASSWORD);
        let refused = approver.submit(&own);
        assert!(refused.says("une autre que celle qui demande"), "{}", refused.words());
        let wrong =
            form.clone().with("approbateur", Role::Director.code()).with("mot_de_passe", "une phrase fausse");
        let refused = approver.submit(&wrong);
        assert!(
            refused.says("mot de passe refusé") && !refused.text().contains("une phrase fausse"),
            "{}",
            refused.words()
        );
        assert_eq!(published(books).await, before);
        let right = form.with("approbateur", Role::Director.code()).with("mot_de_passe", PASSWORD);
        assert_eq!(approver.submit(&right).location(), "/regles/historique");
        assert!(approver.get("/regles/historique").says("En vigueur : dispositifs/cej.toml."));
        assert_eq!(approver.submit(&right).location(), "/regles/historique");
        assert!(approver.get("/regles/historique").says("déjà en vigueur, mot pour mot"));
        assert_eq!(published(books).await, before + 1);
        let clerk = site.visitor(Role::Clerk).await.submit(&right);
        assert_eq!(clerk.status, 403);
        books.assert_whole().await;
    });
}

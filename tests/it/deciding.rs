//! Deciding in the browser: a person's file, the verdict on an aid, derogations.

use crate::harness::{AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, on_both_engines};
use crate::web::{Answer, Site};
use denier::app::{self, Role};
use denier::funding::{DateKind, Mode};
use denier::statements::Axis;

/// Two young people, one with an aid of the CEJ and an aid that a rule fails.
async fn fill(books: &Books) {
    let people = format!(
        "{PEOPLE_HEADER};site\n\
         S00001;MARTIN;Lou;01/02/2004;F;Calais;62193;non;non;NEET;FR7630006000011234567890189;CALAIS\n\
         S00002;MOREL;Sacha;03/04/2005;M;Boulogne;62160;non;non;NEET;;BOULOGNE\n"
    );
    books.people(&books.file("personnes.csv", people)).await;
    let aids = format!(
        "{AID_HEADER}\n\
         A1;CEJ;S00001;allocation mensuelle;2024-09;;05/09/2024;25/09/2024;120,50;;;\n\
         A2;CEJ;S00001;allocation mensuelle;2024-10;;05/09/2024;;900,00;;;\n"
    );
    books.aids_in(&books.file("aides.csv", aids), Mode::Record).await;
}

/// Asserts that a page says all of it.
fn says(answer: &Answer, all: &[&str]) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    for words in all {
        assert!(answer.says(words), "« {words} » in {}", answer.words());
    }
}

/// The number and state of each derogation.
async fn register(books: &Books) -> Vec<(i64, &'static str)> {
    let all = app::list_derogations(&books.store, None).await.unwrap();
    all.into_iter().map(|line| (line.number, line.state)).collect()
}

#[test]
fn a_person_is_on_one_page_and_no_name_in_its_address() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let found = clerk.post("/personnes", &[("qui", "martin")]);
        assert_eq!(found.location(), "/personnes/S00001?exercice=2024");
        let page = clerk.get("/personnes/S00001?exercice=2024");
        says(
            &page,
            &[
                "Dossier S00001",
                "MARTIN Lou",
                "FR76\u{a0}••••\u{a0}189",
                "1\u{202f}020,50\u{a0}€ 2 aides, 120,50\u{a0}€ versés",
                "10/2024 CEJ, allocation mensuelle 900,00 05/09/2024 pas encore ASP irrégulière",
                "09/2024 CEJ, allocation mensuelle 120,50 05/09/2024 25/09/2024 ASP",
                "Plafonds en décembre 2024",
                "Rien n'est déclaré.",
            ],
        );
        assert!(!page.text().contains("FR7630006"), "the account stays masked");
        assert_eq!(page.text().matches("<h1").count(), 1);
        let views = app::views_of(&books.store, books.clock, &books.actor, "S00001").await.unwrap();
        assert_eq!(views.rows.len(), 1, "the view is noted, once");
        // A conseiller sees the people of one site, and decides on a telephone.
        let mut adviser = site.visitor(Role::Adviser).await;
        assert_eq!(adviser.get("/").location(), "/decider");
        says(&adviser.get("/personnes/S00001"), &["MARTIN Lou"]);
        let page = adviser.get("/personnes/S00001").text();
        assert!(
            !page.contains("href=\"/aides") && !page.contains("Attester"),
            "nothing that leads to a refusal"
        );
        for path in ["/personnes/S00002", "/decider?numero=S00002", "/decider?numero=S00002&fragment=1"] {
            let refused = adviser.get(path);
            assert_eq!(refused.status, 422, "{path}");
            assert!(!refused.says("MOREL"), "{path}");
        }
    });
}

#[test]
fn the_verdict_is_on_one_screen() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut adviser = site.visitor(Role::Adviser).await;
        let found = adviser.post("/decider", &[("qui", "Martin"), ("dispositif", "CEJ"), ("montant", "150")]);
        assert_eq!(found.location(), "/decider?exercice=2024&numero=S00001&dispositif=CEJ&montant=150");
        let mut clerk = site.visitor(Role::Clerk).await;
        says(&clerk.post("/decider", &[("qui", "M")]), &["MARTIN Lou, S00001", "MOREL Sacha, S00002"]);
        assert_eq!(adviser.post("/decider", &[("qui", "M")]).status, 303, "only one in their site");
        says(&adviser.post("/decider", &[("qui", "Inconnu")]), &["Personne ne répond à cette recherche."]);
        let question = |amount: &str| {
            format!("/decider?numero=S00001&dispositif=CEJ&montant={amount}&le=20%2F11%2F2024")
        };
        says(
            &adviser.get(&question("150")),
            &[
                "MARTIN Lou S00001",
                "OUI, 150,00\u{a0}€ peuvent être accordés.",
                "CEJ, novembre 2024, décision du 20/11/2024",
                "Limite\u{a0}: Plafond mensuel du CEJ (majeur)",
                "Ce qui est respecté",
                "Déjà accordé pour 2024 1\u{202f}020,50\u{a0}€ , dont 120,50\u{a0}€ versés",
            ],
        );
        let refused = adviser.get(&question("700,00"));
        says(
            &refused,
            &["NON, 700,00\u{a0}€ ne peuvent pas être accordés.", "Au plus 552,29\u{a0}€", "Ce qui refuse"],
        );
        assert!(refused.text().contains("montant=552.29"), "the largest amount is a touch away");
        let fragment = adviser.get(&format!("{}&fragment=1", question("150")));
        says(&fragment, &["OUI, 150,00\u{a0}€ peuvent être accordés."]);
        assert!(fragment.text().starts_with("<section id=\"verdict\"") && !fragment.text().contains("<html"));
        // What cannot be read is said where it is, and nothing typed is lost.
        let faulty = adviser.get(&question("12,345"));
        says(&faulty, &["À corriger :"]);
        assert!(faulty.text().contains("value=\"12,345\"") && !faulty.says("OUI,"));
        says(
            &adviser.get("/decider?numero=S00001&dispositif=GJ&le=20%2F11%2F2024"),
            &["Aucune aide « GJ » ne se décide le 20/11/2024"],
        );
        // A month that is over is judged on its last day, as by the command, unless a day is told.
        let of_november = "/decider?numero=S00001&dispositif=CEJ&montant=150&mois=11%2F2024";
        says(&adviser.get(of_november), &["OUI,", "CEJ, novembre 2024, décision du 30/11/2024"]);
        says(&adviser.get(&format!("{of_november}&le=20%2F11%2F2024")), &["décision du 20/11/2024"]);
        says(&adviser.get("/decider?numero=S00001&dispositif=CEJ&montant=150"), &["décision du 15/02/2025"]);
        // A dispositif that lists natures asks which one.
        let natures = adviser.get("/decider?numero=S00001&dispositif=FAJEM&montant=150&le=20%2F11%2F2024");
        says(&natures, &["urgence transport"]);
        assert!(natures.text().contains("nature=urgence+transport"));
    });
}

#[test]
fn a_derogation_is_asked_by_one_and_approved_by_another() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let refused = "/decider?numero=S00001&dispositif=CEJ&montant=700&le=20%2F11%2F2024";
        let page = clerk.get(refused);
        let link = page.text();
        let link = link.split("href=\"").find(|link| link.starts_with("/derogations/nouvelle")).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let form = clerk.get(&link).form("/derogations/nouvelle");
        assert_eq!(
            (form.value("montant"), form.value("mois"), form.value("numero")),
            ("700.00", "11/2024", "S00001")
        );
        let empty = clerk.submit(&form);
        says(&empty, &["À corriger :", "Dites pourquoi"]);
        assert!(register(books).await.is_empty());
        let filled = form.with("motif", "rupture de logement");
        let asked = clerk.submit(&filled);
        assert_eq!(asked.location(), "/derogations/1?exercice=2024");
        assert_eq!(clerk.submit(&filled).location(), asked.location(), "sent twice, done once");
        assert_eq!(register(books).await, [(1, "demandée")]);
        assert_eq!(clerk.submit(&filled.clone().without("jeton")).status, 403);
        assert_eq!(clerk.get("/derogations/une").status, 404);
        says(&clerk.get("/derogations/1"), &["rupture de logement", "Vous l'avez demandée"]);
        assert_eq!(clerk.get("/derogations/1/approuver").status, 403, "the role *saisie* approves nothing");
        let mut reader = site.visitor(Role::Reader).await;
        assert_eq!(reader.get("/derogations/nouvelle").status, 403);
        says(&reader.get("/derogations"), &["À décider", "S00001", "700,00"]);

        let mut approver = site.visitor(Role::Approver).await;
        let form = approver.get("/derogations/1/approuver").form("/derogations/1/approuver");
        let wrong = approver.submit(&form.clone().with("mot_de_passe", "une autre phrase"));
        says(&wrong, &["À corriger :", "mot de passe refusé"]);
        assert!(wrong.text().contains("id=\"mot_de_passe-faute\""), "it is said of the password");
        assert_eq!(register(books).await, [(1, "demandée")]);
        let form = form.with("mot_de_passe", PASSWORD);
        assert_eq!(approver.submit(&form).location(), "/derogations/1?exercice=2024");
        assert_eq!(register(books).await, [(1, "approuvée")]);
        assert_eq!(approver.submit(&form).status, 303, "sent twice, done once");
        let again = approver.get("/derogations/1/approuver").form("/derogations/1/approuver");
        let again = approver.submit(&again.with("mot_de_passe", PASSWORD));
        says(&again, &["est déjà approuvée"]);
        assert!(!again.text().contains("id=\"mot_de_passe-faute\""), "the password was right");
        says(&approver.get("/derogations/1"), &["Approuvée par validation, le 15/02/2025"]);
        says(&clerk.get(refused), &["OUI, 700,00\u{a0}€ peuvent être accordés.", "la dérogation n° 1"]);

        // Whoever asks never approves, even with the role.
        let form =
            approver.get("/derogations/nouvelle?numero=S00001&dispositif=CEJ").form("/derogations/nouvelle");
        let form = form.with("mois", "12/2024").with("montant", "600").with("regle", "plafond_majeur");
        approver.submit(&form.with("motif", "encore")).location();
        let form = approver.get("/derogations/2/approuver").form("/derogations/2/approuver");
        says(
            &approver.submit(&form.with("mot_de_passe", PASSWORD)),
            &["la deuxième personne doit être une autre"],
        );
        let form = approver.get("/derogations/2/refuser").form("/derogations/2/refuser");
        says(&approver.submit(&form), &["Dites pourquoi"]);
        approver.submit(&form.with("motif", "plus besoin")).location();
        assert_eq!(register(books).await, [(1, "approuvée"), (2, "refusée")]);
    });
}

/// The living aids of a year: how many, and their amount.
async fn living(books: &Books) -> String {
    let lines = books.aid_lines(2024, DateKind::Right, &[Axis::Dispositif]).await;
    lines.last().cloned().unwrap_or_default()
}

/// What was paid of them in the year.
async fn living_paid(books: &Books) -> String {
    let lines = books.aid_lines(2024, DateKind::Payment, &[Axis::Dispositif]).await;
    lines.last().cloned().unwrap_or_default()
}

#[test]
fn an_aid_is_granted_paid_found_undue_and_recovered() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let query = "numero=S00002&dispositif=CEJ&nature=allocation+mensuelle&montant=150&le=20%2F11%2F2024";
        let verdict = clerk.get(&format!("/decider?{query}"));
        for step in ["/decider/accorder?", "/decider/proposer?", "/decider/refuser?"] {
            assert!(verdict.text().contains(&format!("href=\"{step}")), "{step}");
        }
        let page = clerk.get(&format!("/decider/accorder?{query}"));
        says(&page, &["MOREL Sacha", "150,00\u{a0}€", "CEJ, allocation mensuelle, novembre 2024"]);
        let form = page.form("/decider/accorder");
        assert_eq!(clerk.submit(&form.clone().without("jeton")).status, 403);
        assert_eq!(living(books).await, "Total 2 1 1020.50", "nothing without the session's secret");
        let granted = clerk.submit(&form);
        assert_eq!(granted.location(), "/personnes/S00002?exercice=2024");
        says(
            &clerk.get(granted.location()),
            &["Aide AID-2024-000001 accordée\u{a0}: 150,00\u{a0}€.", "pas encore"],
        );
        assert_eq!(clerk.submit(&form).location(), granted.location(), "sent twice, done once");
        assert_eq!(living(books).await, "Total 3 2 1170.50");
        let form = clerk
            .get(&format!("/decider/accorder?{}", query.replace("150", "500")))
            .form("/decider/accorder");
        let refused = clerk.submit(&form.with("creancier", "SNCF"));
        says(&refused, &["À corriger :", "552,29\u{a0}€", "Accorder une aide"]);
        assert!(refused.text().contains("value=\"SNCF\""), "what was typed stays");
        assert_eq!(living(books).await, "Total 3 2 1170.50");

        let pay = "/aides/AID-2024-000001/verser";
        let form = clerk.get(pay).form(pay).with("le", "25/11/2024");
        let refused = clerk.submit(&form.with("montant", "200"));
        says(&refused, &["À corriger :"]);
        let part = refused.form(pay).with("montant", "100");
        assert_eq!(clerk.submit(&part).location(), "/aides/AID-2024-000001?exercice=2024&aide=3");
        assert_eq!(clerk.submit(&part).status, 303, "sent twice, done once");
        let page = clerk.get("/personnes/S00002");
        says(&page, &["Versement de 100,00\u{a0}€ noté. Reste 50,00\u{a0}€.", "100,00\u{a0}€ seulement"]);
        let form = clerk.get(pay).form(pay).with("le", "26/11/2024");
        assert_eq!(clerk.submit(&form).status, 303, "the rest, unless an amount is typed");
        says(&clerk.get("/personnes/S00002"), &["Il ne reste rien.", "1 aide, 150,00\u{a0}€ versés"]);

        let undue = "/aides/AID-2024-000001/indu";
        let form = clerk.get(undue).form(undue).with("le", "10/12/2024").with("montant", "40");
        says(&clerk.submit(&form), &["Dites pourquoi"]);
        assert_eq!(clerk.submit(&form.with("motif", "absence")).status, 303);
        let recover = "/aides/AID-2024-000001/recouvrer";
        let form = clerk.get(recover).form(recover).with("le", "12/12/2024").with("montant", "15");
        assert_eq!(form.value("indu"), "1");
        assert_eq!(clerk.submit(&form).status, 303);
        let owed = app::list_undues(&books.store, None).await.unwrap();
        let sums: Vec<String> =
            owed.iter().map(|line| format!("{} {}", line.amount.to_plain(), line.left.to_plain())).collect();
        assert_eq!(sums, ["40.00 25.00"]);
        let cancel = "/aides/A1/annuler";
        let form = clerk.get(cancel).form(cancel).with("motif", "saisie en double");
        assert_eq!(clerk.submit(&form).status, 303);
        assert_eq!(living(books).await, "Total 2 2 1050.00");
        books.assert_whole().await;

        let mut reader = site.visitor(Role::Reader).await;
        for path in
            [pay, undue, recover, cancel, "/decider/accorder?numero=S00002", "/decider/refuser?numero=S00002"]
        {
            assert_eq!(reader.get(path).status, 403, "{path}");
            assert_eq!(reader.post(path, &[]).status, 403, "{path}");
        }
    });
}

#[test]
fn an_act_is_of_the_aid_of_its_page_and_of_no_other() {
    on_both_engines(async |books| {
        fill(books).await;
        books.open_year(2025).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        // The reference of one aid is the number of another person's.
        let line = |reference: &str, person: &str| {
            format!("{reference};CEJ;{person};allocation mensuelle;2024-11;;05/11/2024;;100,00;;;\n")
        };
        let file = |lines: &str| books.file("suite.csv", format!("{AID_HEADER}\n{lines}"));
        books.aids_in(&file(&(line("4", "S00001") + &line("B", "S00002"))), Mode::Record).await;
        let page = clerk.get("/aides?exercice=2024").text();
        for (reference, key) in [("4", 3), ("B", 4)] {
            assert!(page.contains(&format!("/aides/{reference}?exercice=2024&amp;aide={key}\"")), "{page}");
        }
        let acts = ["verser", "indu", "recouvrer", "annuler"];
        let address = |act: &str| format!("/aides/4/{act}");
        let form = |visitor: &mut crate::web::Visitor, act: &str| {
            let form = visitor.get(&format!("{}?aide=3", address(act))).form(&address(act));
            form.with("motif", "erreur").with("le", "06/12/2024")
        };
        let mut tab = clerk.clone();
        let pay = form(&mut tab, "verser");
        let cancel = form(&mut tab, "annuler");
        assert_eq!(cancel.value("aide"), "3");
        assert_eq!(clerk.submit(&form(&mut clerk.clone(), "annuler")).status, 303);
        let left = living(books).await;
        assert_eq!(left, "Total 3 2 1120.50", "B is left");
        // From the other tab: it is cancelled, and no other aid is its own.
        let refused = "Cette aide a été annulée le 15/02/2025";
        for sent in [&pay, &cancel] {
            let answer = tab.submit(sent);
            says(&answer, &[refused, "par saisie"]);
            assert!(!answer.text().contains(&format!("action=\"{}\"", sent.action)), "{}", answer.text());
        }
        assert_eq!(living(books).await, left);
        // The reference is that of another aid now.
        books.aids_in(&file(&line("4", "S00002")), Mode::Record).await;
        let left = living(books).await;
        assert_eq!(left, "Total 3 2 1220.50");
        for sent in [&pay, &cancel] {
            says(&tab.submit(sent), &[refused]);
        }
        assert_eq!(living(books).await, left);
        assert_eq!(living_paid(books).await, "Total 1 1 120.50", "nothing was paid");
        for act in acts {
            says(&clerk.get(&format!("{}?aide=3", address(act))), &[refused]);
            assert_eq!(clerk.post(&address(act), &[("motif", "x")]).status, 400, "{act}: which aid?");
            assert_eq!(clerk.post(&address(act), &[("motif", "x"), ("aide", "5 ou 6")]).status, 404);
            assert_eq!(clerk.post(&address(act), &[("motif", "x"), ("aide", "4")]).status, 404, "another's");
        }
        // The row of the cancelled aid leads to it, not to the one that bears its reference.
        let page = clerk.get("/personnes/S00001?exercice=2024");
        assert!(page.text().contains("/aides/4?exercice=2024&amp;aide=3\""), "{}", page.text());
        says(&clerk.get("/aides/4?aide=3"), &["Annulée le 15/02/2025", "S00001"]);
        says(&clerk.get("/aides/4"), &["S00002", "pas encore"]);
    });
}

#[test]
fn aids_of_one_reference_are_acted_on_apart() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let query = "numero=S00002&dispositif=CEJ&nature=allocation+mensuelle&montant=150&le=20%2F11%2F2024";
        let form = clerk.get(&format!("/decider/accorder?{query}")).form("/decider/accorder");
        assert_eq!(clerk.submit(&form).status, 303);
        let line =
            "AID-2024-000001;CEJ;S00001;allocation mensuelle;2024-11;;05/11/2024;06/11/2024;100,00;;;\n";
        books.aids_in(&books.file("suite.csv", format!("{AID_HEADER}\n{line}")), Mode::Record).await;
        let both = clerk.get("/aides/AID-2024-000001");
        assert_eq!(both.status, 422);
        assert!(both.says("2 aides portent la référence « AID-2024-000001 »"), "{}", both.words());
        let page = clerk.get("/aides/AID-2024-000001?aide=3");
        let link = page.text().split("href=\"").find(|link| link.contains("/verser?")).map(str::to_string);
        let link = link.and_then(|link| Some(link.split('"').next()?.replace("&amp;", "&"))).expect("a link");
        let pay = clerk.get(&link).form("/aides/AID-2024-000001/verser").with("le", "25/11/2024");
        assert_eq!(clerk.submit(&pay).location(), "/aides/AID-2024-000001?exercice=2024&aide=3");
        // What is owed of one is not owed of the other.
        let undue = "/aides/AID-2024-000001/indu";
        let form = clerk.get(&format!("{undue}?aide=3")).form(undue).with("motif", "absence");
        assert_eq!(clerk.submit(&form.with("le", "26/11/2024")).status, 303);
        let recover = |key: u32| format!("/aides/AID-2024-000001/recouvrer?aide={key}");
        says(&clerk.get(&recover(4)), &["Rien n'est dû sur cette aide."]);
        says(&clerk.get(&recover(3)), &["Quel indu ?", "reste 150,00\u{a0}€"]);
        let undues = clerk.get("/etats/indus?exercice=2024");
        assert!(undues.text().contains("/aides/AID-2024-000001?exercice=2024&amp;aide=3\""));
        books.assert_whole().await;
    });
}

#[test]
fn a_conseiller_proposes_and_another_accepts() {
    on_both_engines(async |books| {
        fill(books).await;
        books.open_year(2025).await;
        let site = Site::open(books).await;
        let mut adviser = site.visitor(Role::Adviser).await;
        let query = "numero=S00001&dispositif=CEJ&nature=allocation+mensuelle&montant=150&le=20%2F11%2F2024";
        assert!(!adviser.get(&format!("/decider?{query}")).text().contains("/decider/accorder"));
        let page = adviser.get(&format!("/decider/proposer?{query}"));
        let form = page.form("/decider/proposer");
        says(&adviser.submit(&form), &["Dites pourquoi"]);
        let form = form.with("motif", "un train demain");
        assert_eq!(adviser.submit(&form).location(), "/propositions/1?exercice=2025");
        assert_eq!(adviser.submit(&form).location(), "/propositions/1?exercice=2025");
        says(&adviser.get("/propositions/1"), &["Proposition n°\u{a0}1", "un train demain", "OUI,"]);
        assert_eq!(adviser.get("/propositions/1/accepter").status, 403);
        let mut approver = site.visitor(Role::Approver).await;
        let form = approver.get(&format!("/decider/proposer?{query}")).form("/decider/proposer");
        approver.submit(&form.with("motif", "la mienne")).location();
        assert!(!adviser.get("/propositions").says("N°\u{a0}2"), "a conseiller sees their own");
        assert_eq!(adviser.get("/propositions/2").status, 404);
        says(&approver.get("/propositions"), &["N°\u{a0}1", "N°\u{a0}2"]);

        let accept = |number: i64| format!("/propositions/{number}/accepter");
        let form = approver.get(&accept(1)).form(&accept(1));
        says(&approver.submit(&form.clone().with("mot_de_passe", "pas la bonne phrase")), &["À corriger :"]);
        assert_eq!(living(books).await, "Total 2 1 1020.50");
        let form = form.with("mot_de_passe", PASSWORD);
        assert_eq!(approver.submit(&form).location(), "/personnes/S00001?exercice=2025");
        assert_eq!(approver.submit(&form).location(), "/personnes/S00001?exercice=2025");
        assert_eq!(living(books).await, "Total 3 1 1170.50");
        let own = approver.get(&accept(2)).form(&accept(2)).with("mot_de_passe", PASSWORD);
        let own = approver.submit(&own);
        says(&own, &["la deuxième personne doit être une autre"]);
        assert!(!own.text().contains("id=\"mot_de_passe-faute\""), "the password is not at fault");
        let reject = approver.get("/propositions/2/rejeter").form("/propositions/2/rejeter");
        approver.submit(&reject.with("motif", "en double")).location();
        let all = app::proposals_seen(&books.store, &books.actor).await.unwrap();
        let states: Vec<&str> = all.iter().map(|line| line.state).collect();
        assert_eq!(states, ["accordée", "rejetée"]);
        books.assert_whole().await;
    });
}

#[test]
fn what_a_committee_decides_is_refused_as_it_was_judged_and_not_proposed() {
    on_both_engines(async |books| {
        fill(books).await;
        let notice = "dispositif;exercice;financeur;montant;date_notification;reference\nFDAJ;2024;CD;9000,00;02/01/2024;E1\n";
        books.envelopes(&books.file("e.csv", notice)).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        // A committee may give more than the usual 400,00.
        let query =
            "numero=S00001&dispositif=FDAJ&nature=alimentation&montant=620&mois=05%2F2024&le=02%2F05%2F2024";
        let alone = clerk.get(&format!("/decider?{query}"));
        says(&alone, &["NON, 620,00\u{a0}€ ne peuvent pas être accordés."]);
        assert!(alone.text().contains("/decider/proposer?"));
        let by_committee = format!("{query}&commission=oui");
        let page = clerk.get(&format!("/decider?{by_committee}"));
        says(&page, &["OUI, 620,00\u{a0}€ peuvent être accordés.", "ne se propose pas"]);
        assert!(!page.text().contains("/decider/proposer?"));
        let no = clerk.get(&format!("/decider/proposer?{by_committee}"));
        assert!(no.status == 422 && no.says("ne se propose pas"), "{}", no.words());
        let sent = clerk.get(&format!("/decider/proposer?{query}")).form("/decider/proposer");
        assert_eq!(clerk.submit(&sent.with("commission", "oui").with("motif", "x")).status, 422);
        assert!(app::proposals_seen(&books.store, &books.actor).await.unwrap().is_empty());

        // The rule that the committee waives is no ground.
        let page = clerk.get(&format!("/decider/refuser?{by_committee}"));
        says(&page, &["décision du 02/05/2024, par une commission"]);
        let form = page.form("/decider/refuser");
        says(&clerk.submit(&form), &["Aucune règle ne refuse cette aide"]);
        clerk.submit(&form.with("motif", "dossier incomplet")).location();
        let form = clerk.get(&format!("/decider/refuser?{query}")).form("/decider/refuser");
        clerk.submit(&form).location();
        let refusals = app::refusal_statement(&books.store, Some(2024)).await.unwrap();
        let said: Vec<String> = crate::harness::lines(&refusals);
        assert!(said[0].contains("620.00 - dossier incomplet"), "{said:?}");
        assert!(said[1].contains("620.00 plafond_aide -"), "{said:?}");
    });
}

#[test]
fn a_verdict_that_follows_what_is_typed_is_one_view() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let views = async || {
            let mut tx = books.store.read().await.unwrap();
            let rows = tx.all("select user_name, what from view_log order by id", &[]).await.unwrap();
            rows.iter()
                .map(|row| format!("{} {}", row.text(0).unwrap(), row.text(1).unwrap()))
                .collect::<Vec<_>>()
        };
        let question = |amount: &str| format!("/decider?numero=S00001&dispositif=CEJ&montant={amount}");
        let fragment = |amount: &str| format!("{}&fragment=1", question(amount));
        assert_eq!(clerk.get(&question("1")).status, 200);
        for amount in ["15", "150", "150,5"] {
            assert_eq!(clerk.get(&fragment(amount)).status, 200);
        }
        assert_eq!(views().await, ["saisie evaluer"]);
        // Each page that is opened is a view; so is an answer that no page was opened for.
        assert_eq!(clerk.get(&question("150")).status, 200);
        let mut approver = site.visitor(Role::Approver).await;
        assert_eq!(approver.get(&fragment("150")).status, 200);
        assert_eq!(approver.get(&fragment("160")).status, 200);
        assert_eq!(views().await, ["saisie evaluer", "saisie evaluer", "validation evaluer"]);
    });
}

#[test]
fn a_refusal_has_its_letter() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let query = "numero=S00002&dispositif=CEJ&nature=allocation+mensuelle&le=20%2F11%2F2024&montant=";
        let form = clerk.get(&format!("/decider/refuser?{query}150")).form("/decider/refuser");
        says(&clerk.submit(&form), &["Aucune règle ne refuse cette aide"]);
        let form = clerk.get(&format!("/decider/refuser?{query}700")).form("/decider/refuser");
        assert_eq!(clerk.submit(&form).location(), "/refus?exercice=2024");
        assert_eq!(clerk.submit(&form).location(), "/refus?exercice=2024");
        let register = clerk.get("/refus?exercice=2024");
        says(&register, &["REF-2024-000001", "S00002", "700,00"]);
        assert!(!register.says("REF-2024-000002"), "sent twice, done once");
        let letter = clerk.get("/refus/REF-2024-000001.pdf");
        assert_eq!((letter.status, letter.header("content-type")), (200, Some("application/pdf")));
        assert!(letter.body.starts_with(b"%PDF"));
        assert_eq!(clerk.get("/refus/REF-2024-000009.pdf").status, 422);
    });
}

//! What a page shows of a person is noted first, or not shown; and no name is ever in an address.

use crate::harness::{Books, PEOPLE_HEADER, on_both_engines};
use crate::web::{Answer, Site, Visitor};
use denier::app::{self, ProposalRequest, RefusalRequest, Role};
use denier::calendar::{Date, Month};
use denier::money::Amount;

/// Somebody with a refusal, a proposal that was rejected and one that waits.
async fn fill(books: &Books) {
    let people = format!(
        "{PEOPLE_HEADER};site\n\
         S00001;MARTIN;Lou;01/02/2004;F;Calais;62193;non;non;NEET;;CALAIS\n\
         S00002;MOREL;Sacha;03/04/2005;M;Boulogne;62160;non;non;NEET;;BOULOGNE\n"
    );
    books.people(&books.file("personnes.csv", people)).await;
    books.open_year(2025).await;
    let envelopes = "dispositif;exercice;financeur;montant;date_notification;reference\n\
                     FAJ;2025;CD;5000,00;02/01/2025;E1\n";
    books.envelopes(&books.file("e.csv", envelopes)).await;
    let (month, amount) = (Month::parse("2025-02").unwrap(), Amount::parse("100,00").unwrap());
    for _ in 0..2 {
        let request = ProposalRequest {
            beneficiary: "S00001".into(),
            dispositif: "FAJ".into(),
            nature: Some("alimentation".into()),
            month,
            amount,
            reason: "plus de ressources".into(),
            asked: None,
        };
        app::propose_aid(&books.store, books.clock, &books.actor, &request).await.unwrap();
    }
    app::reject_proposal(&books.store, books.clock, &books.actor, 1, "en double", None).await.unwrap();
    let request = RefusalRequest {
        beneficiary: "S00001".into(),
        dispositif: "FAJ".into(),
        nature: Some("alimentation".into()),
        month,
        amount,
        refused_on: Date::parse("2025-02-15"),
        committee: false,
        reason: Some("une autre aide".into()),
        asked: None,
        dry_run: false,
    };
    app::refuse_aid(&books.store, books.clock, &books.actor, &request).await.unwrap();
}

/// What was shown of S00001, oldest first.
async fn shown(books: &Books) -> Vec<String> {
    let mut tx = books.store.read().await.unwrap();
    let person = tx.people_by_number(&["S00001".into()]).await.unwrap()[0].1.id;
    tx.views_of(person)
        .await
        .unwrap()
        .into_iter()
        .map(|view| format!("{} {}", view.user, view.what))
        .collect()
}

const AID: &str =
    "numero=S00001&dispositif=FAJ&nature=alimentation&montant=100&mois=02%2F2025&le=15%2F02%2F2025";

#[test]
fn each_page_that_shows_a_person_is_noted() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut expected = Vec::new();
        for (role, path, what) in [
            (Role::Reader, "/personnes/S00001".to_string(), "montrer"),
            (Role::Adviser, format!("/decider?{AID}"), "evaluer"),
            (Role::Clerk, format!("/decider/accorder?{AID}"), "evaluer"),
            (Role::Adviser, format!("/decider/proposer?{AID}"), "evaluer"),
            (Role::Clerk, format!("/decider/refuser?{AID}"), "evaluer"),
            (Role::Reader, "/refus/REF-2025-000001.pdf".into(), "refus"),
            (Role::Approver, "/propositions/1".into(), "proposition"),
            (Role::Approver, "/propositions/2".into(), "proposition"),
            (Role::Approver, "/propositions/2/accepter".into(), "proposition"),
            (Role::Approver, "/propositions/2/rejeter".into(), "proposition"),
            (Role::Reader, "/aides?personne=S00001".into(), "montrer"),
            (Role::Clerk, "/attestations/nouvelle?numero=S00001".into(), "attester"),
        ] {
            let answer = site.visitor(role).await.get(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.words());
            expected.push(format!("{} {what}", role.code()));
            assert_eq!(shown(books).await, expected, "{path}");
        }
        // What is sent and refused shows the person again.
        let mut clerk = site.visitor(Role::Clerk).await;
        let form = clerk.get(&format!("/decider/accorder?{AID}")).form("/decider/accorder");
        let refused = clerk.submit(&form.with("montant", "4000"));
        assert!(refused.says("À corriger") || refused.says("points à corriger"), "{}", refused.words());
        expected.extend(["saisie evaluer".to_string(), "saisie evaluer".to_string()]);
        assert_eq!(shown(books).await, expected);
    });
}

#[test]
fn what_cannot_be_noted_is_not_shown() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        // Somebody writes for long.
        let busy = books.store.write().await.unwrap();
        for path in [
            format!("/decider/accorder?{AID}"),
            "/refus/REF-2025-000001.pdf".into(),
            "/propositions/1".into(),
        ] {
            let answer = clerk.get(&path);
            assert_eq!(answer.status, 503, "{path}");
            assert!(!answer.says("MARTIN") && !answer.says("en double"), "{path}");
            assert_ne!(answer.header("content-type"), Some("application/pdf"), "{path}");
        }
        drop(busy);
        assert_eq!(shown(books).await, [""; 0]);
    });
}

/// Tells whether a page has a form without a secret, hence in an address, where words can be typed for whom.
fn asks_in_an_address(page: &Answer) -> bool {
    let text = page.text();
    text.split("<form").skip(1).any(|form| {
        let form = form.split("</form>").next().unwrap_or(form);
        let typed = |name: &str| form.contains(&format!("name=\"{name}\" type=\"text\""));
        form.contains("method=\"get\"") && ["numero", "personne", "qui", "nom"].into_iter().any(typed)
    })
}

#[test]
fn no_name_is_in_an_address() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let mut auditor = site.visitor(Role::Auditor).await;
        for path in [
            "/personnes/martin",
            "/personnes/martin/consultations",
            "/decider?numero=martin",
            "/decider?numero=martin&dispositif=FAJ&fragment=1",
            &format!("/decider/accorder?{}", AID.replace("S00001", "martin")),
            "/attestations/nouvelle?numero=martin",
            "/derogations/nouvelle?numero=martin&dispositif=FAJ",
            "/aides?personne=martin",
        ] {
            let answer = if path.ends_with("consultations") { auditor.get(path) } else { clerk.get(path) };
            assert!(matches!(answer.status, 200 | 422), "{path}: {}", answer.status);
            assert!(answer.says("aucun bénéficiaire n'a le numéro « martin »"), "{path}: {}", answer.words());
            assert!(!answer.text().contains("MARTIN") && !answer.text().contains("S00001"), "{path}");
        }
        assert_eq!(shown(books).await, [""; 0]);

        // Where somebody is asked for, it is sent; the answer goes to their number.
        for (page, search, also, place) in [
            ("/personnes", "/personnes", "", "/personnes/S00001?exercice=2025"),
            ("/decider", "/decider", "montant=150", "/decider?exercice=2025&numero=S00001&montant=150"),
            (
                "/attestations/nouvelle",
                "/attestations/nouvelle/personne?exercice=2025",
                "selon=droit",
                "/attestations/nouvelle?exercice=2025&numero=S00001&selon=droit",
            ),
            (
                "/derogations/nouvelle",
                "/derogations/nouvelle/personne?exercice=2025",
                "dispositif=CEJ",
                "/derogations/nouvelle?exercice=2025&numero=S00001&dispositif=CEJ",
            ),
            ("/aides?etat=annulees", "/aides?etat=annulees", "", "/aides?etat=annulees&personne=S00001"),
        ] {
            let shown = clerk.get(page);
            assert!(!asks_in_an_address(&shown), "{page}");
            let mut form = shown.form(search).with("qui", "martin");
            if let Some((key, value)) = also.split_once('=') {
                form = form.with(key, value);
            }
            assert_eq!(clerk.submit(&form).location(), place);
            let several = clerk.submit(&form.clone().with("qui", "m"));
            assert!(several.says("MARTIN Lou, S00001") && several.says("MOREL Sacha, S00002"), "{page}");
            assert!(several.text().contains(&place.replace('&', "&amp;")), "{page}: {}", several.text());
            assert!(clerk.submit(&form.clone().with("qui", "zzz")).says("Personne ne répond"), "{page}");
            assert!(
                clerk.submit(&form.clone().with("qui", "")).says("Écrivez un numéro ou un nom"),
                "{page}"
            );
            let followed = clerk.get(place);
            assert_eq!(followed.status, 200, "{place}");
            assert!(!asks_in_an_address(&followed), "{place}");
            assert_eq!(clerk.submit(&form.without("jeton")).status, 403, "{page}");
        }
    });
}

#[test]
fn a_conseiller_proposes_for_the_people_of_their_site_alone() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut adviser: Visitor = site.visitor(Role::Adviser).await;
        let other = format!("/decider/proposer?{}", AID.replace("S00001", "S00002"));
        let refused = adviser.get(&other);
        assert!(refused.status == 422 && !refused.says("MOREL"), "{}", refused.words());
    });
}

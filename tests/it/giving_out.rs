//! Attestations in the browser: issued, given out again, for everyone, verified by whoever receives one.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, on_both_engines};
use crate::web::{Answer, Site, Visitor};
use denier::app::{self, Role};

const ZIP: &[u8] = b"PK\x03\x04";

/// P1 and P3 have aids, of the ASP and of the structure.
async fn fill(books: &Books) {
    let people = format!(
        "{PEOPLE_HEADER}\n\
         P1;MARTIN;Lou;15/03/2003;M;Calais;62193;non;non;NEET;\n\
         P3;MOREL;Anne;15/03/2002;F;Calais;62193;non;non;NEET;\n"
    );
    books.people(&books.file("p.csv", people)).await;
    let aids = format!(
        "{AID_HEADER}\n\
         A1;CEJ;P1;allocation mensuelle;2024-04;;05/03/2024;10/05/2024;200,00;ETAT;ASP;\n\
         A4;CEJ;P3;allocation mensuelle;2024-06;;05/03/2024;10/07/2024;400,00;ETAT;ASP;\n"
    );
    let report = books.aids(&books.file("a.csv", aids)).await;
    assert_eq!(report.acceptes, 2, "{:?}", report.constats);
}

async fn registered(books: &Books) -> i64 {
    let mut tx = books.store.read().await.unwrap();
    tx.one("select count(*) from attestation", &[]).await.unwrap().unwrap().int(0).unwrap()
}

/// The form that issues comes after the one that asks, with the same address.
fn issuing(page: &Answer) -> crate::web::Form {
    let text = page.text();
    let second = text.rsplit("<form").next().unwrap();
    Answer { status: 200, headers: Vec::new(), body: format!("<form{second}").into_bytes() }
        .form("/attestations/nouvelle")
}

#[test]
fn an_attestation_is_issued_once_and_its_file_given_out_again() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let page = clerk.get("/attestations/nouvelle?numero=P1&exercice=2024");
        assert!(page.says("Lou MARTIN") && page.says("200,00"), "{}", page.words());
        assert!(page.says("Rien n'est encore délivré"));
        assert_eq!(registered(books).await, 0, "a preview issues nothing");
        let form = issuing(&page);
        let place = clerk.submit(&form).location().to_string();
        assert_eq!(place, "/attestations/AT-2025-000001.pdf");
        assert_eq!(clerk.submit(&form).location(), place, "sent twice, issued once");
        assert_eq!(registered(books).await, 1);
        let file = clerk.get(&place);
        assert_eq!(file.header("content-type"), Some("application/pdf"));
        assert!(file.header("content-disposition").unwrap().starts_with("inline"));
        let page = clerk.get("/attestations/AT-2025-000001");
        assert!(page.says("Attestation AT-2025-000001 imprimée à nouveau."), "said once the file is open");
        assert!(page.says("Lou MARTIN") && page.says("Total"), "the same words for who reads no PDF");
        assert!(
            clerk.get("/attestations/nouvelle?numero=P1&exercice=2024").says("Déjà délivrée le 15/02/2025")
        );

        // The book goes on: what was issued is still the same file, to the byte.
        let aids = format!(
            "{AID_HEADER}\nA5;CEJ;P1;allocation mensuelle;2024-07;;05/03/2024;10/08/2024;50,00;ETAT;ASP;\n"
        );
        books.aids(&books.file("a5.csv", aids)).await;
        assert_eq!(clerk.get(&place).body, file.body);
        let verdict = app::verify_attestation_file(&books.store, &file.body).await.unwrap();
        assert_eq!((verdict.verdict.as_str(), verdict.a_jour), ("authentique", Some(false)));
        assert!(issue_again(&mut clerk).ends_with("AT-2025-000002.pdf"), "other facts, another number");
        assert!(clerk.get("/attestations?numero=P1").says("AT-2025-000002"));
        assert!(!clerk.get("/attestations?numero=P3").says("AT-2025"));
        assert_eq!(
            clerk.post("/attestations", &[("qui", "martin")]).location(),
            "/attestations?exercice=2024&numero=P1"
        );

        // Who looked is noted.
        let director = denier::app::Actor { name: Role::Director.code().into() };
        let views = app::views_of(&books.store, books.clock, &director, "P1").await.unwrap();
        assert!(views.rows.len() >= 4, "{views:?}");

        // A renamed person's paper is no longer that one: it is not given out under the old number.
        let people = format!("{PEOPLE_HEADER}\nP1;DURAND;Lou;15/03/2003;M;Calais;62193;non;non;NEET;\n");
        books.people(&books.file("p1.csv", people)).await;
        assert_eq!(clerk.get(&place).status, 422);
        assert!(clerk.get("/attestations/AT-2025-000001").says("Elle ne peut plus être montrée"));
        books.assert_whole().await;
    });
}

fn issue_again(visitor: &mut Visitor) -> String {
    let page = visitor.get("/attestations/nouvelle?numero=P1&exercice=2024");
    visitor.submit(&issuing(&page)).location().to_string()
}

#[test]
fn what_cannot_be_attested_is_said_on_its_page() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        for (asked, said) in [
            ("numero=P9", "aucun bénéficiaire n'a le numéro « P9 »"),
            ("numero=P1&du=05%2F2024&au=03%2F2024", "la période finit avant de commencer"),
            ("numero=P1&du=05%2F2024", "Écrivez les deux mois, ou aucun"),
            ("numero=P1&du=mai&au=06%2F2024", "Écrivez un mois comme 03/2024"),
            ("numero=P1&du=05%2F2024&au=06%2F2031", "juin 2031 n'est pas encore là"),
        ] {
            let page = clerk.get(&format!("/attestations/nouvelle?{asked}"));
            assert!(page.status == 200 && page.says(said), "{asked}: {}", page.words());
            assert!(!page.says("Délivrer et imprimer"), "{asked}");
        }
        let mut reader = site.visitor(Role::Reader).await;
        assert_eq!(reader.get("/attestations/nouvelle?numero=P1").status, 403);
        assert_eq!(reader.post("/attestations/nouvelle", &[("numero", "P1")]).status, 403);
        assert_eq!(
            clerk.clone().with_csrf("").post("/attestations/nouvelle", &[("numero", "P1")]).status,
            403
        );
        assert_eq!(registered(books).await, 0);
    });
}

impl Visitor {
    fn with_csrf(mut self, secret: &str) -> Visitor {
        self.csrf = secret.to_string();
        self
    }
}

#[test]
fn whoever_receives_one_verifies_it_and_learns_nothing_else() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let place = issue_again(&mut clerk);
        let file = clerk.get(&place).body;
        let page = clerk.get("/attestations/AT-2025-000001").text();
        let at = page.rfind("avec le code ").unwrap() + "avec le code ".len();
        let code = &page[at..at + "AT-2025-000001-xxxx-xxxx-xxxx-xxxx".len()];

        let mut stranger = site.stranger();
        let found = stranger.post("/verifier", &[("code", &code.to_lowercase())]);
        for said in
            ["Authentique", "Mission locale d'essai", "15\u{a0}février 2025", "janvier 2024", "200,00"]
        {
            assert!(found.says(said), "{said}: {}", found.words());
        }
        for kept in ["Lou", "MARTIN", "P1", "claire", "saisie"] {
            assert!(!found.words().split(' ').any(|word| word.trim_matches('.') == kept), "{kept}");
        }
        // The same words for a wrong code, an unknown number, an altered file, any file.
        let wrong = code.replace("AT-2025-000001", "AT-2025-000009");
        let altered = format!("{}0000", &code[..code.len() - 4]);
        let said: Vec<String> = [wrong.as_str(), altered.as_str()]
            .iter()
            .map(|code| stranger.post("/verifier", &[("code", code)]).words().replace(code, ""))
            .collect();
        assert!(said[0].contains("Non reconnue") && said[0] == said[1], "{said:?}");
        assert!(stranger.post("/verifier", &[("code", "AT-2025")]).says("Recopiez le code entier"));

        let form = stranger.get("/verifier").form("/verifier/fichier");
        let mut sent = |bytes: &[u8]| stranger.upload(&form, "fichier", "a.pdf", bytes);
        assert!(sent(&file).says("Authentique"));
        let mut touched = file.clone();
        touched[100] ^= 1;
        for other in [touched.as_slice(), b"%PDF-1.7 AT-2025-000001"] {
            assert!(sent(other).says("Non reconnue"));
        }
        assert!(sent(b"").says("Choisissez le fichier"));
        let long = sent(&vec![b'x'; (10 << 20) + 1]);
        assert!(matches!(long.status, 400 | 413), "{}", long.status);
    });
}

#[test]
fn everyones_come_in_one_file_for_who_asked() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let page = clerk.get("/attestations/lot?exercice=2024");
        assert!(page.says("2 personnes"), "{}", page.words());
        assert!(clerk.get("/attestations/lot?du=04%2F2024&au=05%2F2024").says("1 personne"));
        assert!(clerk.get("/attestations/lot?exercice=2024&dispositif=PACEA").says("Personne n'a d'aide"));
        let period = [("du", "2024-01"), ("au", "2024-12"), ("selon", "paiement")];
        for (format, start, end) in [("zip", ZIP, "zip"), ("pdf", b"%PDF-".as_slice(), "pdf")] {
            let mut fields = period.to_vec();
            fields.push(("format", format));
            let job = clerk.post("/attestations/lot", &fields).location().to_string();
            let place = finished(&mut clerk, &job);
            let page = clerk.get(&place);
            assert!(page.says("2 attestations sont prêtes."), "{}", page.words());
            let file = clerk.get(&format!("{place}/fichier"));
            assert!(file.body.starts_with(start), "{format}");
            assert!(
                file.header("content-disposition").unwrap().ends_with(&format!("2024-01-2024-12.{end}\""))
            );
            assert_eq!(file.header("content-length"), Some(file.body.len().to_string().as_str()));
            let mut other = site.visitor(Role::Approver).await;
            assert_eq!(other.get(&format!("{place}/fichier")).status, 404, "nobody else's");
            assert_eq!(other.get(&place).status, 404);
        }
        assert_eq!(registered(books).await, 2, "the second time finds the first");
        assert_eq!(clerk.post("/attestations/lot", &period).status, 400, "no format");
    });
}

/// Waits for a job; returns where it leads.
fn finished(visitor: &mut Visitor, job: &str) -> String {
    loop {
        let answer = visitor.get(job);
        match answer.status {
            303 => return answer.location().to_string(),
            200 | 429 => std::thread::yield_now(),
            status => panic!("{status} {}", answer.words()),
        }
    }
}

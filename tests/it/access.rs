//! Who may come to which address, and what another site, a guess or a lost session gets: nothing.

use crate::harness::{Books, PASSWORD, lines, on_both_engines};
use crate::web::{Answer, FORM, Site, Visitor, encoded};
use denier::app::{self, Role, UserRequest};
use denier::web::{Access, listed};
use std::collections::BTreeSet;

const MATRIX: &str = include_str!("../cases/web/acces.csv");

/// A row of the table of accesses.
struct Row {
    method: &'static str,
    path: &'static str,
    /// Whether the public, then each role, may come.
    may: Vec<bool>,
}

fn rows() -> Vec<Row> {
    let mut lines = MATRIX.lines();
    let mut heading = lines.next().unwrap().split(';').skip(3);
    assert!(
        Role::ALL.iter().all(|role| heading.next() == Some(role.code())),
        "a column per role, in their order"
    );
    let read = |line: &'static str| {
        let cells: Vec<&str> = line.split(';').collect();
        let may = cells[2..].iter().map(|cell| match *cell {
            "oui" => true,
            "non" => false,
            other => panic!("{line}: « {other} »"),
        });
        let row = Row { method: cells[0], path: cells[1], may: may.collect() };
        assert_eq!(row.may.len(), 1 + Role::ALL.len(), "{line}");
        row
    };
    lines.map(read).collect()
}

/// Returns an address of a route: its parameters lead to nothing.
fn asked(path: &str) -> String {
    let named = |part: &str| if part.starts_with('{') { "inconnu".to_string() } else { part.to_string() };
    path.split('/').map(named).collect::<Vec<_>>().join("/")
}

/// Tells whether a visitor was turned away: to sign in first, or for good.
fn turned_away(answer: &Answer, path: &str, signed_in: bool) -> bool {
    if signed_in {
        return answer.status == 403;
    }
    let first = match path {
        "/" => "/connexion".to_string(),
        _ => format!("/connexion?{}", encoded([("vers", path)].into_iter())),
    };
    answer.status == 401 || answer.header("location") == Some(first.as_str())
}

#[test]
fn every_address_has_its_row_and_every_row_its_address() {
    let routes: BTreeSet<String> =
        listed().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let written: BTreeSet<String> = rows().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(written.len(), rows().len(), "each address once");
    let missing: Vec<_> = routes.difference(&written).collect();
    let gone: Vec<_> = written.difference(&routes).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "tests/cases/web/acces.csv lacks {missing:#?}, has {gone:#?}"
    );
}

#[test]
fn each_role_gets_what_its_row_says() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut visitors = vec![("public", site.stranger())];
        for role in Role::ALL {
            visitors.push((role.code(), site.visitor(role).await));
        }
        let mut rows = rows();
        // Whoever signed out may go nowhere: last.
        rows.sort_by_key(|row| row.path == "/deconnexion");
        let mut wrong = Vec::new();
        for row in &rows {
            let path = asked(row.path);
            // One role after the other: nobody asks too much in a second.
            for ((who, visitor), may) in visitors.iter_mut().zip(&row.may) {
                let answer = match row.method {
                    "GET" => visitor.get(&path),
                    // Each fails under their own name: nobody has to wait.
                    _ => visitor.post(&path, &[("nom", *who)]),
                };
                let mut admitted = !turned_away(&answer, &path, *who != "public");
                if row.method == "POST" && answer.status == 403 {
                    // The secret of a form with a file is read in such a form alone.
                    let secret = visitor.csrf.clone();
                    admitted = sent(visitor, &path, &secret, &[]) != [403, 403];
                }
                if admitted != *may || answer.status == 429 || answer.status >= 500 {
                    wrong.push(format!("{} {} {who}: {}", row.method, row.path, answer.status));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn a_conseiller_finds_the_people_of_their_site_alone() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut adviser = site.visitor(Role::Adviser).await;
        let mut reader = site.visitor(Role::Reader).await;
        for (asked, for_adviser) in
            [("S00001", true), ("martin", true), ("S00002", false), ("morel", false), ("mo", false)]
        {
            assert!(reader.post("/personnes", &[("qui", asked)]).location().starts_with("/personnes/S0000"));
            let answer = adviser.post("/personnes", &[("qui", asked)]);
            match for_adviser {
                true => assert!(answer.location().starts_with("/personnes/S00001?"), "{}", answer.location()),
                false => assert!(answer.status == 200 && answer.says("Personne ne répond"), "{asked}"),
            }
        }
        // By the address itself.
        let of_people = listed().into_iter().filter(|(_, path, _)| path.starts_with("/personnes/{"));
        for (method, path, _) in of_people {
            let place = asked(path).replacen("essai", "S00002", 1);
            let answer = match method {
                "GET" => adviser.get(&place),
                _ => adviser.post(&place, &[]),
            };
            assert!((400..500).contains(&answer.status), "{method} {place}: {}", answer.status);
            assert!(!answer.says("MOREL") && !answer.says("Sacha"), "{method} {place}: {}", answer.words());
        }
    });
}

/// Sends to an address what a form of it would, by fields and with a file, with these headers.
fn sent(visitor: &mut Visitor, path: &str, secret: &str, headers: &[(&str, &str)]) -> Vec<u16> {
    let body = encoded([("jeton", secret)].into_iter());
    let part = format!("--b\r\ncontent-disposition: form-data; name=\"jeton\"\r\n\r\n{secret}\r\n--b--\r\n");
    let with_file = ("content-type", "multipart/form-data; boundary=b");
    let mut send = |kind, body: &str| loop {
        let answer = visitor.ask("POST", path, &[&[kind], headers].concat(), body.as_bytes());
        // Whoever asks too much in a second asks again.
        if answer.status != 429 {
            return answer.status;
        }
    };
    vec![send(FORM, &body), send(with_file, &part)]
}

#[test]
fn what_does_not_come_from_a_page_of_the_session_is_refused() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut director = site.visitor(Role::Director).await;
        let other = site.sign_in(Role::Director.code(), PASSWORD);
        assert_ne!(director.csrf, other.csrf, "a secret per session");
        let (own, others) = (director.csrf.clone(), other.csrf.clone());
        let ours = format!("http://{}", site.address);
        let elsewhere: [&[(&str, &str)]; 6] = [
            &[("origin", "https://exemple.fr")],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", ours.as_str()), ("sec-fetch-site", "cross-site")],
        ];
        let posts = || listed().into_iter().filter(|(method, ..)| *method == "POST");
        assert!(posts().count() >= 5);
        for (_, path, access) in posts() {
            // A number is read before the form is.
            let place = asked(path).replace("inconnu", "1");
            for headers in elsewhere {
                let answers = sent(&mut director, &place, &own, headers);
                assert_eq!(answers, [403, 403], "{path} {headers:?}");
            }
            if access == Access::Public {
                continue;
            }
            for secret in ["", "0", &others] {
                // A form of fields cannot be read as one with a file, nor the other way round.
                let answers = sent(&mut director, &place, secret, &[]);
                let refused =
                    answers.contains(&403) && answers.iter().all(|status| [400, 403, 415].contains(status));
                assert!(refused, "{path} with the secret « {secret} »: {answers:?}");
            }
        }
        assert_eq!(director.get("/compte").status, 200, "nobody signed the director out");
        // The browser's own words on a form of this site.
        let headers = [FORM, ("origin", ours.as_str()), ("sec-fetch-site", "same-origin")];
        let answer = director.ask("POST", "/deconnexion", &headers, format!("jeton={own}").as_bytes());
        assert_eq!(answer.location(), "/connexion");
    });
}

#[test]
fn another_name_than_this_machine_s_gets_no_answer() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut director = site.visitor(Role::Director).await;
        let port = site.address.port();
        for host in
            ["exemple.fr", "127.0.0.1.exemple.fr", "exemple.fr:80", "10.0.0.1", "", "localhost@exemple.fr"]
        {
            for (method, path, _) in listed() {
                let answer = director.ask(method, &asked(path), &[("host", host)], b"");
                assert_eq!(answer.status, 400, "{method} {path} as « {host} »");
            }
        }
        for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
            assert_eq!(director.ask("GET", "/compte", &[("host", &host)], b"").status, 200, "{host}");
        }
    });
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[test]
fn every_answer_tells_the_browser_what_to_trust() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let (mut reader, mut stranger) = (site.visitor(Role::Reader).await, site.stranger());
        let page = reader.get("/compte");
        let style = page.text().split('"').find(|piece| piece.ends_with("style.css")).unwrap().to_string();
        let long = "x".repeat(200_000);
        let answers = [
            ("a file", reader.get(&style), 200),
            ("a page", page, 200),
            ("a place to go", stranger.get("/"), 303),
            ("signing in", stranger.get("/connexion"), 200),
            (
                "signed in",
                stranger.post("/connexion", &[("nom", "lecture"), ("mot_de_passe", PASSWORD)]),
                303,
            ),
            ("nothing there", reader.get("/nulle-part"), 404),
            ("no such file", reader.get("/a/0/..%2F..%2FCargo.toml"), 404),
            ("a forged form", reader.ask("POST", "/compte", &[FORM], b"jeton=0"), 403),
            ("another name", reader.ask("GET", "/", &[("host", "exemple.fr")], b""), 400),
            ("another way", reader.get("/deconnexion"), 405),
            ("no year", reader.get("/compte?exercice=1789"), 400),
            ("too long", reader.post("/personnes", &[("qui", &long)]), 400),
            ("a state", stranger.get("/sante"), 200),
        ];
        for (what, answer, status) in &answers {
            assert_eq!(answer.status, *status, "{what}");
            for (name, value) in [
                ("content-security-policy", POLICY),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
            ] {
                let said: Vec<&str> =
                    answer.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
                assert_eq!(said, [value], "{what}: {name}");
            }
            let kept = if *what == "a file" { "public, max-age=31536000, immutable" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), Some(kept), "{what}");
            assert!(answer.header("access-control-allow-origin").is_none(), "{what}");
            // What would need more than the policy allows, and would not work.
            let page = answer.text();
            for inline in
                [" style=\"", "<style", "javascript:", " onclick=", "<iframe", "src=\"http", "href=\"http"]
            {
                assert!(!page.contains(inline), "{what}: {inline}");
            }
        }
    });
}

/// Returns the cookie that signing in gives.
fn cookie_of(answer: &Answer) -> (String, Vec<String>) {
    let cookies: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let mut parts = cookies[0].split("; ").map(str::to_string);
    let (name, _) = parts.next().unwrap().split_once('=').map(|(n, v)| (n.to_string(), v.len())).unwrap();
    let mut attributes: Vec<String> = parts.collect();
    attributes.sort();
    (name, attributes)
}

#[test]
fn the_session_is_in_a_cookie_that_no_script_and_no_other_site_has() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let fields = [("nom", "direction"), ("mot_de_passe", PASSWORD)];
        let mut fixed = site.stranger();
        fixed.cookies.insert("denier".into(), "0".repeat(64));
        let answer = fixed.post("/connexion", &fields);
        assert_eq!(
            cookie_of(&answer),
            ("denier".into(), vec!["HttpOnly".into(), "Path=/".into(), "SameSite=Lax".into()])
        );
        assert_ne!(fixed.cookies["denier"], "0".repeat(64), "a session is never one that was given before");
        assert_eq!(fixed.cookies["denier"].len(), 64, "32 random bytes");
        drop(site);

        // Behind a proxy that does TLS.
        let site = Site::serve(books, Some("https://denier.exemple.fr"));
        let mut visitor = site.stranger();
        let host = ("host", "denier.exemple.fr");
        let body = encoded(fields.into_iter());
        let come = |visitor: &mut Visitor, headers: &[(&str, &str)]| {
            visitor.ask("POST", "/connexion", &[&[FORM, host], headers].concat(), body.as_bytes())
        };
        assert_eq!(come(&mut visitor, &[("origin", "http://denier.exemple.fr")]).status, 403, "without TLS");
        let answer = come(&mut visitor, &[("origin", "https://denier.exemple.fr")]);
        let attributes = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"].map(str::to_string);
        assert_eq!(cookie_of(&answer), ("__Host-denier".into(), attributes.to_vec()));
        assert_eq!(visitor.ask("GET", "/compte", &[host], b"").status, 200);
        assert_eq!(visitor.get("/compte").status, 400, "by this machine's own name");
    });
}

#[test]
fn signing_in_leads_nowhere_else() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        for (towards, place) in [
            ("/compte?exercice=2024", "/compte?exercice=2024"),
            ("", "/"),
            ("https://exemple.fr", "/"),
            ("//exemple.fr", "/"),
            ("/\\exemple.fr", "/"),
            ("\\/exemple.fr", "/"),
            ("/%0d%0aset-cookie:x=y", "/%0d%0aset-cookie:x=y"),
            ("/\r\nset-cookie: x=y", "/"),
            ("/\t/exemple.fr", "/"),
            ("javascript:alert(1)", "/"),
            ("/connexion?vers=//exemple.fr", "/"),
        ] {
            let fields = [("nom", "direction"), ("mot_de_passe", PASSWORD), ("vers", towards)];
            let answer = site.stranger().post("/connexion", &fields);
            assert_eq!(answer.location(), place, "{towards:?}");
            cookie_of(&answer);
        }
    });
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let (mut reader, mut stranger) = (site.visitor(Role::Reader).await, site.stranger());
        let long = "x".repeat(64 << 10);
        for answer in
            [reader.post("/personnes", &[("qui", &long)]), stranger.post("/connexion", &[("nom", &long)])]
        {
            assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
            assert!(!answer.text().contains("xxxx"), "it is not sent back");
        }
        // A text that a field does not take is said beside it.
        let answer = reader.post("/personnes", &[("qui", &"é".repeat(2_001))]);
        assert!(
            answer.says("2\u{202f}000 caractères au plus") || answer.says("2000 caractères au plus"),
            "{}",
            answer.words()
        );
    });
}

#[test]
fn after_some_failures_one_waits_even_with_the_password() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        for role in [Role::Reader, Role::Clerk, Role::Approver] {
            books.user(role.code(), role).await;
        }
        let attempt = |name: &str, password: &str| {
            site.stranger().post("/connexion", &[("nom", name), ("mot_de_passe", password)])
        };
        // The wait is a matter of time: on a machine so slow that it is over at once, another name is tried.
        let waits = ["lecture", "saisie", "validation"].into_iter().any(|name| {
            let failures = (0..12).take_while(|_| attempt(name, "une autre phrase").status == 200).count();
            assert!((3..12).contains(&failures), "{name}: {failures} failures in a row");
            attempt(name, PASSWORD).status == 429
        });
        assert!(waits);
        assert_eq!(attempt("direction", PASSWORD).status, 303, "the others do not wait");
        // What is said does not tell whether the name exists.
        let (known, unknown) =
            (attempt("direction", "une autre phrase"), attempt("personne", "une autre phrase"));
        let said = |answer: &Answer| answer.words().replace("direction", "").replace("personne", "");
        assert_eq!((known.status, said(&known)), (unknown.status, said(&unknown)));
        assert!(known.says("nom ou mot de passe refusé") && known.header("set-cookie").is_none());
    });
}

#[test]
fn a_session_follows_its_account() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let director = app::Actor { name: Role::Director.code().into() };
        let mut clerk = site.visitor(Role::Clerk).await;
        assert!(clerk.get("/compte").says("Rôle saisie"));
        let request = UserRequest { name: "saisie".into(), role: Role::Reader, site: String::new() };
        app::set_role(&books.store, books.clock, &director, &request).await.unwrap();
        assert!(clerk.get("/compte").says("Rôle lecture"), "a role holds from the next request");
        app::close_user(&books.store, books.clock, &director, "saisie").await.unwrap();
        assert_eq!(clerk.get("/compte").location(), "/connexion?vers=%2Fcompte");
        assert_eq!(clerk.post("/compte", &[]).status, 401);
        let again = site.stranger().post("/connexion", &[("nom", "saisie"), ("mot_de_passe", PASSWORD)]);
        assert!(again.status == 200 && again.header("set-cookie").is_none());
    });
}

/// Returns whether a password opens a session.
fn opens(site: &Site<'_>, name: &str, password: &str) -> bool {
    site.stranger().post("/connexion", &[("nom", name), ("mot_de_passe", password)]).status == 303
}

#[test]
fn a_new_password_closes_the_other_sessions() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut here = site.visitor(Role::Reader).await;
        let mut there = site.sign_in("lecture", PASSWORD);
        let new = "une tout autre phrase";
        let form = here.get("/compte").form("/compte").with("nouveau", new).with("encore", new);
        for (wrong, said) in [
            (form.clone().with("actuel", "rien de tel"), "Ce n'est pas le mot de passe actuel"),
            (form.clone().with("actuel", PASSWORD).with("encore", "autre"), "ne sont pas les mêmes"),
            (
                form.clone().with("actuel", PASSWORD).with("nouveau", "court").with("encore", "court"),
                "trop court",
            ),
        ] {
            let answer = here.submit(&wrong);
            assert!(answer.status == 200 && answer.says(said), "{said}: {}", answer.words());
            assert!(
                !answer.text().contains(PASSWORD) && !answer.text().contains(new),
                "no password is sent back"
            );
        }
        assert_eq!(there.get("/compte").status, 200);
        assert_eq!(here.submit(&form.with("actuel", PASSWORD)).location(), "/compte");
        assert!(here.get("/compte").says("Mot de passe changé. Vos autres sessions sont fermées."));
        assert!(!here.get("/compte").says("Mot de passe changé"), "it is said once");
        assert_eq!(there.get("/compte").status, 303);
        assert!(!opens(&site, "lecture", PASSWORD) && opens(&site, "lecture", new));
    });
}

#[test]
fn a_base_is_installed_once_by_who_has_the_code() {
    on_both_engines(async |books| {
        let books: &Books = books;
        let site = Site::serve(books, None);
        let mut visitor = site.stranger();
        let code = site.set_up.as_ref().unwrap().split_once("code=").unwrap().1.to_string();
        assert_eq!(visitor.get("/").location(), "/installation");
        assert_eq!(visitor.get("/connexion").location(), "/installation");
        let fields =
            |code| [("code", code), ("nom", "claire"), ("mot_de_passe", PASSWORD), ("encore", PASSWORD)];
        for wrong in ["", "0", &code[1..]] {
            assert_eq!(visitor.get(&format!("/installation?code={wrong}")).status, 403, "« {wrong} »");
            assert_eq!(visitor.post("/installation", &fields(wrong)).status, 403, "« {wrong} »");
        }
        let page = visitor.get(&format!("/installation?code={code}"));
        let form = page
            .form("/installation")
            .with("nom", "claire")
            .with("mot_de_passe", "court")
            .with("encore", "court");
        assert!(visitor.submit(&form).says("mot de passe trop court"));
        assert!(!opens(&site, "claire", "court"));
        assert_eq!(visitor.post("/installation", &fields(&code)).location(), "/connexion");
        assert!(opens(&site, "claire", PASSWORD));
        // The code is worth nothing any more.
        let again =
            [("code", code.as_str()), ("nom", "intrus"), ("mot_de_passe", PASSWORD), ("encore", PASSWORD)];
        assert_eq!(visitor.post("/installation", &again).location(), "/connexion");
        assert!(!opens(&site, "intrus", PASSWORD));
        assert_eq!(app::list_users(&books.store).await.unwrap().len(), 1);
    });
}

#[test]
fn an_address_that_cannot_be_read_leads_to_our_own_words() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut director = site.visitor(Role::Director).await;
        let gets = listed().into_iter().filter(|(method, path, _)| *method == "GET" && path.contains('{'));
        let mut seen = 0;
        for (_, path, access) in gets.filter(|(.., access)| *access != Access::Public) {
            let answer = director.get(&asked(path));
            let said = answer.status == 200 || answer.says("Retour à l'accueil");
            assert!(said && answer.status < 500, "{path} {access:?}: {} {}", answer.status, answer.text());
            seen += 1;
        }
        assert!(seen > 15);
        assert!(director.get("/ecritures/AIDES/2024/une").says("Page introuvable"));
    });
}

/// How many lines of the audit log say an action, and the last one.
async fn noted(books: &Books, action: &str) -> (usize, String) {
    let director = app::Actor { name: Role::Director.code().into() };
    let filter = app::AuditFilter { action: Some(action.into()), ..app::AuditFilter::default() };
    let all = lines(&app::audit_log(&books.store, &director, &filter, None, 1000).await.unwrap().table);
    (all.len(), all.first().cloned().unwrap_or_default())
}

#[test]
fn a_crowd_of_unknown_names_fills_no_log_and_keeps_nobody_out() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        books.user("saisie", Role::Clerk).await;
        let attempt = |name: &str, password: &str| {
            site.stranger().post("/connexion", &[("nom", name), ("mot_de_passe", password)])
        };
        let expected = attempt("inconnu", "une phrase").words().replace("inconnu", "");
        for n in 0..60 {
            let name = format!("inconnu{n}");
            let answer = attempt(&name, "une phrase");
            assert_eq!((answer.status, answer.words().replace(&name, "")), (200, expected.clone()), "{n}");
        }
        let (lines, last) = noted(books, "connexion refusée").await;
        assert_eq!(lines, 20);
        assert!(last.ends_with("les suivants ne sont pas notés avant l'heure d'après"), "{last}");
        // Whoever has an account neither waits nor goes unnoticed.
        assert_eq!(attempt("saisie", "une autre phrase").status, 200);
        let (lines, last) = noted(books, "connexion refusée").await;
        assert!(lines == 21 && last.contains(" saisie "), "{last}");
        assert_eq!(attempt("saisie", PASSWORD).status, 303);
        assert_eq!(attempt("direction", PASSWORD).status, 303);
        // A name that nobody may have is not even counted.
        let long = "n".repeat(101);
        for _ in 0..20 {
            let answer = attempt(&long, PASSWORD);
            assert!(answer.status == 200 && answer.says("nom ou mot de passe refusé"), "{}", answer.status);
        }
        assert_eq!(noted(books, "connexion refusée").await.0, 21);
        let request = UserRequest { name: long, role: Role::Clerk, site: String::new() };
        let director = app::Actor { name: Role::Director.code().into() };
        let refused = app::create_user(&books.store, books.clock, &director, &request, PASSWORD).await;
        assert!(refused.expect_err("too long").to_string().contains("nom trop long"));
    });
}

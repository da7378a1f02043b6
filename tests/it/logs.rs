//! Who did what, who looked at whom: noted, paged, never changed, never left out.

use crate::cli::Shell;
use crate::harness::{Books, example, lines, on_both_engines, quiet};
use denier::app::{self, Actor, AuditFilter, Clock, Role, View, ViewLog};
use denier::calendar::Date;
use denier::store::Store;
use std::sync::Arc;

impl Books {
    async fn audit(&self, filter: &AuditFilter) -> Vec<String> {
        lines(&app::audit_log(&self.store, &self.actor, filter, None, 1_000).await.expect("the log").table)
    }

    async fn views(&self, who: &str) -> Vec<String> {
        let table = app::views_of(&self.store, self.clock, &self.actor, who).await.expect("the views");
        lines(&table)
    }
}

#[test]
fn the_audit_log_is_filtered_and_paged() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let inconnu = Actor { name: "inconnu".into() };
        let late = Clock { told: Date::parse("2025-03-31") };
        app::open_year(&books.store, late, &inconnu, 2025).await.expect("a year");
        let all = books.audit(&AuditFilter::default()).await;
        let actions: Vec<&str> = all.iter().map(|line| line.as_str()).collect();
        assert_eq!(actions.len(), 5, "{actions:#?}");
        assert_eq!(actions[0], "5 31/03/2025 14:00 inconnu nom déclaré ouvrir 2025");
        assert!(actions[4].starts_with("1 15/02/2025 13:00 claire - init "), "{actions:#?}");

        let wanted = |action: &str| AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
        assert_eq!(books.audit(&wanted("importer")).await.len(), 3);
        assert_eq!(books.audit(&wanted("importer aides")).await.len(), 1);
        assert_eq!(books.audit(&wanted("import")).await.len(), 0, "whole words");
        let user = AuditFilter { user: Some("inconnu".into()), ..AuditFilter::default() };
        assert_eq!(books.audit(&user).await.len(), 1);
        let on = |day: &str| Date::parse(day);
        for (from, to, count) in [
            (on("2025-02-15"), on("2025-02-15"), 4),
            (on("2025-02-16"), None, 1),
            (None, on("2025-02-14"), 0),
            (on("2025-03-31"), on("2025-03-31"), 1),
        ] {
            let filter = AuditFilter { from, to, ..AuditFilter::default() };
            assert_eq!(books.audit(&filter).await.len(), count, "{filter:?}");
        }

        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let page =
                app::audit_log(&books.store, &books.actor, &AuditFilter::default(), before, 2).await.unwrap();
            assert!(page.table.rows.len() <= 2);
            paged.extend(lines(&page.table));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(paged, all, "each line once");
        let page =
            app::audit_log(&books.store, &books.actor, &AuditFilter::default(), None, 5).await.unwrap();
        assert_eq!(page.next, None, "the last page is full");

        books.user("lise", Role::Approver).await;
        let lise = Actor { name: "lise".into() };
        let refused = app::audit_log(&books.store, &lise, &AuditFilter::default(), None, 9).await;
        assert_eq!(refused.expect_err("a right").exit_code(), 1);
    });
}

#[test]
fn a_day_begins_at_midnight_where_the_structure_is() {
    let shell = Shell::new();
    let count = |from: &str, to: &str| {
        let json = shell.json(&["journal-audit", "--du", from, "--au", to, "--action", "ouvrir"]);
        json.as_array().expect("lines").len()
    };
    assert_eq!(shell.code(&["ouvrir", "--exercice", "2025", "--date", "2025-07-01"]), 0);
    assert_eq!((count("2025-07-01", "2025-07-01"), count("2025-06-30", "2025-06-30")), (1, 0));
    let csv = shell.text(&["journal-audit", "--format", "csv"]);
    assert!(csv.contains("ouvrir;2025"), "{csv}");
    assert_eq!(shell.code(&["journal-audit", "--format", "xlsx", "--sortie", "j.xlsx"]), 0);
}

#[test]
fn commands_that_show_a_person_are_noted() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["importer", "beneficiaires", &example("littoral-2024/beneficiaires.csv")]), 0);
    shell.code(&["beneficiaire", "montrer", "B00026"]);
    shell.code(&["beneficiaire", "montrer", "B00027", "--utilisateur", "quelqu'un"]);
    shell.code(&["aide", "evaluer", "--dispositif", "CEJ", "--beneficiaire", "B00026", "--mois", "2024-11"]);
    shell.code(&["attester", "B00026", "--exercice", "2024", "--date", "2025-02-15"]);
    let aid = ["--beneficiaire", "B00026", "--dispositif", "FAJ", "--mois", "2024-11", "--montant", "100"];
    let refuse =
        [&["aide", "refuser"], &aid[..], &["--le", "2024-11-05", "--motif", "une autre aide"]].concat();
    assert_eq!(shell.code(&refuse), 0);
    shell.code(&["beneficiaire", "montrer", "NOBODY"]);
    let views = |number: &str| {
        let views = shell.json(&["beneficiaire", "consultations", number]);
        let word = |view: &serde_json::Value, key: &str| view[key].as_str().unwrap_or("").to_string();
        let all = views.as_array().expect("views").clone();
        all.iter()
            .map(|view| format!("{} {} {}", word(view, "par"), word(view, "preuve"), word(view, "quoi")))
            .collect::<Vec<_>>()
    };
    assert_eq!(views("B00026"), ["claire  montrer", "claire  evaluer", "claire  attester", "claire  refus"]);
    assert_eq!(views("B00027"), ["quelqu'un nom déclaré montrer"]);
    assert_eq!(views("B00027"), ["quelqu'un nom déclaré montrer", "claire  consultations"]);
}

#[test]
fn views_of_many_users_are_all_written_or_refused() {
    on_both_engines(async |books| {
        books.people(&example("littoral-2024/beneficiaires.csv")).await;
        let store = Arc::new(Store::open(&books.location).await.unwrap());
        let log = ViewLog::start(Arc::clone(&store), books.clock);
        let users = (0..20).map(|user| {
            let log = log.clone();
            async move {
                let actor = Actor { name: format!("lecteur {user}") };
                for _ in 0..10 {
                    log.note(&actor, "B00026", View::Account).await.expect("a view that is noted");
                }
            }
        });
        futures_util::future::join_all(users).await;
        assert_eq!(books.views("B00026").await.len(), 200);

        // Nothing is shown of whom is unknown, nor once the log cannot be written.
        log.note(&books.actor, "NOBODY", View::Account).await.expect_err("nobody");
        let mut tx = store.write().await.unwrap();
        let hide =
            if books.on_postgres() { "alter table view_log rename to hidden" } else { "drop table view_log" };
        tx.exec(hide, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = log.note(&books.actor, "B00026", View::Account).await.expect_err("it is not shown");
        assert_eq!(refused.exit_code(), 3);
        let said = refused.to_string();
        assert!(said.starts_with("la consultation n'a pas pu être notée, rien n'est donc montré"), "{said}");
    });
}

#[test]
fn a_view_is_never_changed_nor_deleted() {
    on_both_engines(async |books| {
        books.people(&example("littoral-2024/beneficiaires.csv")).await;
        app::note_view(&books.store, books.clock, &books.actor, "B00026", View::Account).await.unwrap();
        for sql in ["update view_log set user_name = 'x'", "delete from view_log"] {
            let mut tx = books.store.write().await.unwrap();
            tx.exec(sql, &[]).await.expect_err(sql);
        }
        assert_eq!(books.views("B00026").await, ["15/02/2025 13:00 claire - montrer"]);
        app::verify(&books.store, &quiet).await.unwrap();
    });
}

#[test]
fn a_server_may_wait_for_each_use_case_on_any_thread() {
    fn movable<F: Future + Send>(_: F) {}
    on_both_engines(async |books| {
        let (store, clock, actor) = (&books.store, books.clock, &books.actor);
        let log = ViewLog::start(Arc::new(Store::open(&books.location).await.unwrap()), clock);
        movable(log.note(actor, "B00026", View::Account));
        movable(app::note_view(store, clock, actor, "B00026", View::Account));
        movable(app::views_of(store, clock, actor, "B00026"));
        movable(app::audit_log(store, actor, &AuditFilter::default(), None, 9));
        movable(app::back_up(store, clock, actor, "x", &quiet));
        movable(app::restore("x", "y", app::Purpose::Trial, clock, actor, &quiet));
        movable(app::erase_person(store, clock, actor, "B00026", "x", true));
        movable(app::erasable(store, Date::parse("2025-02-15").unwrap()));
        movable(app::personal_data(store, clock, actor, "B00026"));
    });
}

//! A past decision keeps the version of the rules that judged it, and the base keeps its text for ever.

use crate::harness::{PEOPLE_HEADER, example, lines, on_both_engines, quiet};
use crate::tamper::alter;
use denier::app::{self, InitRequest, InputFile, Question, RulesFrom};
use denier::calendar::{Date, Month};
use denier::store::Store;

const SHIPPED: &str = include_str!("../../ledger-rules/dispositifs/clap.toml");
const LAYOUT: &str = include_str!("../../ledger-rules/etats/compte-de-resultat-rapport.toml");

#[test]
fn every_version_is_kept_with_what_it_judged() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let folder = books.path("nouveau").join("dispositifs");
        std::fs::create_dir_all(&folder).unwrap();
        let changed = SHIPPED.replace("1000,00", "1200,00").replace("1000,01", "1200,01");
        assert_ne!(changed, SHIPPED);
        std::fs::write(folder.join("clap.toml"), &changed).unwrap();
        let root = books.path("nouveau").to_string_lossy().into_owned();
        app::publish_rules(&books.store, books.clock, &books.actor, &root, None).await.unwrap();

        let table = app::rule_history(&books.store, Some("CLAP")).await.unwrap();
        let found = lines(&table);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with(" 10 -"), "the ten aids of the year: {}", found[0]);
        assert!(found[1].ends_with(" 0 en vigueur"), "{}", found[1]);
        let version = |line: &str| line.split(' ').find(|word| word.len() == 8).unwrap().to_string();
        let (old, new) = (version(&found[0]), version(&found[1]));
        assert_eq!(app::rule_text(&books.store, &old).await.unwrap().1, SHIPPED);
        assert_eq!(app::rule_text(&books.store, &new[..4]).await.unwrap().1, changed);

        let day = Date::parse("2024-05-01");
        let told = async |from| {
            let report = app::show_rules(from, books.clock, "CLAP", day).await.unwrap();
            format!("{}{}", report.to_json(), report.version)
        };
        let (before, now) =
            (told(RulesFrom::Version(&books.store, &old)).await, told(RulesFrom::Base(&books.store)).await);
        assert!(before.contains("1\u{202f}000,00") && before.contains(&old), "{before}");
        assert!(now.contains("1\u{202f}200,00") && !now.contains("1\u{202f}000,00"), "{now}");
        let other = app::show_rules(RulesFrom::Version(&books.store, &old), books.clock, "CEJ", day).await;
        assert_eq!(
            other.unwrap_err().to_string(),
            format!("la version {old} est celle de dispositifs/clap.toml, non de dispositifs/cej.toml")
        );

        let refused =
            async |version: &str| app::rule_text(&books.store, version).await.unwrap_err().to_string();
        assert!(refused("abc").await.contains("quatre caractères"), "too short");
        assert!(refused("00000000").await.contains("aucune version"), "unknown");
        let unknown = app::rule_history(&books.store, Some("XYZ")).await.unwrap_err().to_string();
        assert!(unknown.contains("XYZ"), "{unknown}");
    });
}

/// The rules read are kept in memory: by what is published in each base, and at once.
#[test]
fn what_is_published_holds_at_once_and_in_its_own_base() {
    on_both_engines(async |books| {
        books.fec(&example("littoral-2024/FEC-2024.txt")).await;
        let other = books.path("autre.db").to_string_lossy().into_owned();
        let request = InitRequest {
            name: "Une autre mission locale".into(),
            siren: None,
            year: InitRequest::year_of(2024, None, None).unwrap(),
            books: "importee".into(),
            zone: "Europe/Paris".into(),
        };
        let other = app::init(&other, books.clock, &books.actor, &request).await.unwrap();
        let people = books.file("p.csv", format!("{PEOPLE_HEADER}\nP1;UN;Anne;15/03/2003;F;;;;;;\n"));
        let aids = async |store: &Store| {
            let question = Question {
                dispositif: "CLAP".into(),
                beneficiary: "P1".into(),
                amount: None,
                nature: None,
                month: Month::parse("2024-05"),
                on: Date::parse("2024-05-05").unwrap(),
                committee: false,
                rules: None,
            };
            let verdict = app::evaluate_aid(store, &books.actor, &question).await.unwrap();
            let cap = verdict.raisons.into_iter().find(|reason| reason.regle == "plafond_aide").unwrap();
            (cap.borne.unwrap(), verdict.version)
        };
        let label = async || {
            let report = app::income(&books.store, Some(2024), None, "rapport").await.unwrap();
            let line = report.lines.into_iter().find(|line| line.code == "achats_energie_fournitures");
            line.unwrap().label
        };
        for store in [&books.store, &other] {
            let input = InputFile::open(&people).unwrap();
            let imported = app::import_beneficiaries(
                store,
                books.clock,
                &books.actor,
                &input,
                "denier",
                false,
                false,
                None,
                &quiet,
            );
            imported.await.unwrap();
        }
        let shipped = aids(&books.store).await;
        assert_eq!((shipped.0.as_str(), &aids(&other).await), ("1000.00", &shipped));
        assert_eq!(label().await, "Achats, énergie, fournitures");

        let publish = async |name: &str, text: String| {
            let folder = books.path("nouveau").join(name.split_once('/').unwrap().0);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(books.path("nouveau").join(name), text).unwrap();
            let root = books.path("nouveau").to_string_lossy().into_owned();
            app::publish_rules(&books.store, books.clock, &books.actor, &root, None).await.unwrap();
        };
        let raised = |to: &str| {
            SHIPPED.replace("1000,00", &format!("{to},00")).replace("1000,01", &format!("{to},01"))
        };
        publish("dispositifs/clap.toml", raised("1200")).await;
        let changed = aids(&books.store).await;
        assert_eq!((changed.0.as_str(), &aids(&other).await), ("1200.00", &shipped));
        assert_ne!(changed.1, shipped.1);
        publish(
            "etats/compte-de-resultat-rapport.toml",
            LAYOUT.replace("Achats, énergie, fournitures", "Achats"),
        )
        .await;
        assert_eq!(label().await, "Achats");
        publish("dispositifs/clap.toml", SHIPPED.to_string()).await;
        assert_eq!(aids(&books.store).await, shipped, "what was in force before");

        // A text altered by hand judges nothing: the one that was read stays that of its digest.
        let alteration = "update rule_text set body = replace(body, '00', '99') where digest = (select digest from rule_publication order by id desc limit 1)";
        alter(books, &[alteration]).await;
        assert_eq!(aids(&books.store).await, shipped);
        assert!(!app::verify(&books.store, &quiet).await.unwrap().integre);
        publish("dispositifs/clap.toml", raised("1300")).await;
        alter(books, &[alteration]).await;
        let error =
            app::person_statement(&books.store, &books.actor, "P1", Date::parse("2024-05-05").unwrap()).await;
        let error = error.unwrap_err();
        assert!(error.exit_code() == 3 && error.to_string().contains("clap.toml a été altéré"), "{error}");
    });
}

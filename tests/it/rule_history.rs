//! A past decision keeps the version of the rules that judged it, and the base keeps its text for ever.

use crate::harness::{lines, on_both_engines};
use denier::app::{self, RulesFrom};
use denier::calendar::Date;

const SHIPPED: &str = include_str!("../../ledger-rules/dispositifs/clap.toml");

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

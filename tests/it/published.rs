//! The published totals of the two examples, to the cent, and the cut-off between years.

use crate::harness::{example, lines, on_both_engines, on_both_engines_from};
use denier::app;
use denier::calendar::Date;
use denier::funding::DateKind::{Decision, Payment, Right};
use denier::money::Amount;
use denier::statements::Axis;

/// Returns the totals that an example publishes, as `code montant` lines.
fn published(example_name: &str) -> Vec<(String, Amount)> {
    let text = std::fs::read_to_string(example(&format!("{example_name}/totaux.toml"))).expect("totaux.toml");
    let file: toml::Table = text.parse().expect("TOML");
    let aids = file["aides"].as_table().expect("[aides]");
    aids.iter()
        .map(|(code, amount)| {
            (code.clone(), Amount::parse(amount.as_str().expect("a text")).expect("an amount"))
        })
        .collect()
}

#[test]
fn littoral_2024_gives_its_published_totals() {
    on_both_engines(async |books| {
        let report = books.load_example("littoral-2024").await;
        assert_eq!(
            (report.lus, report.acceptes, report.irreguliers, report.refuses),
            (8_621, 8_621, 0, 0),
            "{:?}",
            report.constats
        );
        let found = books.aid_lines(2024, Payment, &[Axis::Dispositif]).await;
        assert_eq!(
            found,
            [
                "CEJ 8190 1697 3556347.00",
                "CLAP 10 10 7500.00",
                "FDF 19 19 9456.00",
                "PACEA 402 332 91673.00",
                "Total 8621 2039 3664976.00"
            ]
        );
        for (code, amount) in published("littoral-2024") {
            if code == "CEJ_et_PACEA" {
                assert_eq!(amount.to_plain(), "3648020.00");
                continue;
            }
            assert!(
                found
                    .iter()
                    .any(|line| line.starts_with(&format!("{code} ")) && line.ends_with(&amount.to_plain())),
                "{code}"
            );
        }
        books.assert_whole().await;
    });
}

#[test]
fn lys_2021_gives_its_published_totals() {
    on_both_engines_from(2021, async |books| {
        let report = books.load_example("lys-2021").await;
        assert_eq!(
            (report.lus, report.acceptes, report.irreguliers, report.refuses),
            (10_743, 10_743, 0, 0),
            "{:?}",
            report.constats
        );
        let found = books.aid_lines(2021, Payment, &[Axis::Dispositif]).await;
        assert_eq!(
            found,
            [
                "CLAP 41 41 23000.00",
                "FAJEM 344 293 118415.00",
                "GJ 8656 1685 3806041.71",
                "PACEA 1702 1558 635281.00",
                "Total 10743 3284 4582737.71"
            ]
        );
        for (code, amount) in published("lys-2021") {
            assert!(
                found
                    .iter()
                    .any(|line| line.starts_with(&format!("{code} ")) && line.ends_with(&amount.to_plain())),
                "{code}"
            );
        }
        // 302 urgences, 41 thématiques, 1 renforcée, for 293 young people.
        let natures = books.aid_lines(2021, Payment, &[Axis::Dispositif, Axis::Nature]).await;
        let sum = |beginning: &str| {
            let lines = natures.iter().filter(|line| line.starts_with(&format!("FAJEM {beginning}")));
            lines.fold((0, Amount::ZERO), |(number, sum), line| {
                let words: Vec<&str> = line.rsplitn(4, ' ').collect();
                (number + words[2].parse::<i64>().unwrap(), sum + Amount::parse(words[0]).unwrap())
            })
        };
        let euros = |amount: i64| Amount::from_centimes(amount * 100);
        assert_eq!(sum("urgence"), (302, euros(106_074)));
        assert_eq!(sum("thématique"), (41, euros(11_541)));
        assert_eq!(sum("renforcée"), (1, euros(800)));
        books.assert_whole().await;
    });
}

#[test]
fn the_cej_of_december_is_of_one_year_by_right_and_of_the_next_by_payment() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        let january = example("littoral-2024/aides-2025-01.csv");
        let early = books.aids(&january).await;
        assert_eq!((early.acceptes, early.refuses), (0, 757), "payments of 2025 wait for 2025 to be opened");
        assert!(early.constats.iter().all(|finding| finding.code == "exercice_non_ouvert"));
        let right_before = books.aid_lines(2024, Right, &[Axis::Dispositif]).await;
        books.open_year(2025).await;
        let report = books.aids(&january).await;
        assert_eq!((report.acceptes, report.refuses), (757, 0));
        assert_eq!(
            books.aid_lines(2025, Payment, &[Axis::Dispositif]).await,
            ["CEJ 757 757 337497.33", "Total 757 757 337497.33"]
        );
        assert_eq!(books.aid_lines(2025, Right, &[Axis::Dispositif]).await, ["Total 0 0 0.00"]);
        let cej = |lines: &[String]| {
            let line = lines.iter().find(|line| line.starts_with("CEJ ")).expect("CEJ");
            Amount::parse(line.rsplit(' ').next().unwrap()).unwrap()
        };
        let right_after = books.aid_lines(2024, Right, &[Axis::Dispositif]).await;
        assert_eq!((cej(&right_after) - cej(&right_before)).to_plain(), "337497.33");
        let store = &books.store;
        let outstanding =
            async |day| lines(&app::outstanding(store, Date::parse(day).unwrap()).await.unwrap());
        assert_eq!(
            outstanding("2024-12-31").await,
            ["CEJ ETAT 757 757 337497.33", "Total - 757 757 337497.33"]
        );
        assert_eq!(outstanding("2025-01-10").await, ["Total - 0 0 0.00"]);
        // The payments of 2024 stay what they were, and rights older than the base have a year.
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif]).await.last().unwrap(),
            "Total 8621 2039 3664976.00"
        );
        assert!(books.aid_lines(2023, Right, &[Axis::Dispositif]).await[0].starts_with("CEJ 127 127 "));
        assert!(!books.aid_lines(2023, Decision, &[Axis::Dispositif]).await.is_empty());
        books.assert_whole().await;
    });
}

#[test]
fn maintained_totals_are_those_counted_from_the_aids() {
    on_both_engines(async |books| {
        books.load_example("littoral-2024").await;
        for by in [Right, Decision, Payment] {
            for year in [2023, 2024] {
                // By dispositif from the maintained totals; by dispositif and funder from the aids:
                // one funder each, so the same figures.
                let kept = books.aid_lines(year, by, &[Axis::Dispositif]).await;
                let counted = books.aid_lines(year, by, &[Axis::Dispositif, Axis::Funder]).await;
                let figures = |lines: &[String], skip: usize| {
                    lines
                        .iter()
                        .map(|line| {
                            line.split(' ')
                                .enumerate()
                                .filter(|(at, _)| *at != skip)
                                .map(|(_, word)| word.to_string())
                                .collect::<Vec<_>>()
                        })
                        .collect::<Vec<_>>()
                };
                assert_eq!(figures(&kept, 9), figures(&counted, 1), "{by:?} {year}");
            }
        }
    });
}

//! Statements in the browser: each amount leads to lines that sum to it, then to the proof.

use crate::harness::{Books, example, on_both_engines};
use crate::tamper::{alter, fill, fill_general};
use crate::web::{Answer, Site, Visitor};
use denier::app::{self, AidFilter, Role};
use denier::calendar::FiscalYear;
use denier::funding::DateKind;
use denier::money::Amount;
use denier::statements::{Axis, Cell, Drill};

/// The pages of statements, each at most 60 KiB on the example, and whether a FEC is needed.
const STATEMENTS: [(&str, bool); 12] = [
    ("/etats", false),
    ("/etats/compte-de-resultat", true),
    ("/etats/compte-de-resultat?modele=comptes", true),
    ("/etats/compte-de-resultat?modele=officiel", true),
    ("/etats/bilan", true),
    ("/etats/subventions", true),
    ("/etats/affectations", true),
    ("/etats/balance", true),
    ("/etats/controles", true),
    ("/etats/aides", false),
    ("/etats/enveloppes", false),
    ("/etats/engagements", false),
];

/// The lists by pages, each at most 300 KiB.
const LISTS: [(&str, bool); 7] = [
    ("/etats/grand-livre", true),
    ("/etats/lignes?debut=6", true),
    ("/etats/journaux", true),
    ("/etats/journaux?journal=BQ", true),
    ("/etats/irregularites", false),
    ("/etats/indus", false),
    ("/etats/journal", false),
];

/// The general book of the example: two years, and who funds what.
async fn accounts(books: &Books) {
    books.assignments(&example("littoral-2024/affectation.csv")).await;
    books.fec(&example("littoral-2024/FEC-2023.txt")).await;
    books.fec(&example("littoral-2024/FEC-2024.txt")).await;
}

/// Returns an address looked at in a year.
fn of_year(path: &str, year: i16) -> String {
    format!("{path}{}exercice={year}", if path.contains('?') { '&' } else { '?' })
}

/// Returns the links of a page: where they lead, their words.
fn links(page: &Answer) -> Vec<(String, String)> {
    let text = page.text();
    let pieces =
        text.split("<a ").skip(1).map(|piece| piece.split("</a>").next().unwrap_or(piece).to_string());
    let link = |piece: String| {
        let (tag, words) = piece.split_once('>')?;
        let href = tag.split("href=\"").nth(1)?.split('"').next()?;
        Some((href.replace("&amp;", "&"), words.to_string()))
    };
    pieces.filter_map(link).collect()
}

fn link_to(page: &Answer, start: &str) -> String {
    let found = links(page).into_iter().find(|(href, _)| href.starts_with(start));
    found.unwrap_or_else(|| panic!("a link to {start} in {}", page.words())).0
}

/// Returns what an amount of a page says.
fn amount(words: &str) -> Amount {
    let (sign, digits) = match words.strip_prefix('−') {
        Some(digits) => (-1, digits),
        None => (1, words),
    };
    let read = Amount::parse(digits).unwrap_or_else(|error| panic!("« {words} »: {error:?}"));
    if sign < 0 { -read } else { read }
}

/// Returns the debits and the credits of the lines of all the pages from an address, and their number.
fn all_pages(visitor: &mut Visitor, address: &str) -> (Amount, Amount, usize) {
    let (mut debit, mut credit, mut count) = (Amount::ZERO, Amount::ZERO, 0);
    let mut next = Some(address.to_string());
    while let Some(address) = next.take() {
        let page = visitor.get(&address);
        assert_eq!(page.status, 200, "{address}: {}", page.words());
        assert!(page.body.len() <= 300 << 10, "{address}: {} bytes", page.body.len());
        let text = page.text();
        let body = text.split("<tbody>").nth(1).and_then(|body| body.split("</tbody>").next()).unwrap_or("");
        let mut of_page = 0;
        for row in body.split("<tr").filter(|row| row.contains("/etats/ecriture/")) {
            let cells: Vec<String> = row
                .replace("</th>", "</td>")
                .split("</td>")
                .map(|cell| {
                    cell.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, words)| words).collect()
                })
                .collect();
            for (sum, cell) in [(&mut debit, &cells[6]), (&mut credit, &cells[7])] {
                if !cell.is_empty() {
                    *sum += amount(cell);
                }
            }
            of_page += 1;
        }
        assert!(of_page <= 200, "{address}: {of_page} lines");
        count += of_page;
        next = links(&page).into_iter().find(|(_, words)| words == "Page suivante").map(|(href, _)| href);
    }
    (debit, credit, count)
}

#[test]
fn each_amount_is_the_sum_of_the_lines_it_leads_to() {
    on_both_engines(async |books| {
        accounts(books).await;
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        let mut followed = 0;
        for (path, each) in [
            ("/etats/compte-de-resultat", 9),
            ("/etats/compte-de-resultat?modele=officiel", 11),
            ("/etats/bilan", 7),
            ("/etats/subventions", 7),
            ("/etats/balance", 13),
        ] {
            let page = reader.get(&of_year(path, 2024));
            let amounts = links(&page).into_iter().filter(|(href, words)| {
                href.starts_with("/etats/lignes")
                    && words.ends_with(|c: char| c.is_ascii_digit())
                    && words.contains(',')
            });
            for (href, words) in amounts.step_by(each) {
                let (debit, credit, _) = all_pages(&mut reader, &href);
                let (figure, found) = (amount(&words), debit - credit);
                assert!(figure == found || figure == -found, "{path} {href}: {words}, its lines {found:?}");
                followed += 1;
            }
        }
        assert!(followed > 20, "{followed} amounts followed");

        let (debit, credit, count) = all_pages(&mut reader, &of_year("/etats/grand-livre", 2024));
        assert_eq!(debit, credit);
        let said = reader.get(&of_year("/etats/grand-livre", 2024));
        for words in [format!("{count}\u{a0}lignes"), format!("débit {}", debit.to_euros())] {
            assert!(said.says(&words), "{words}: {}", said.words());
        }
        let march = reader.get(&of_year("/etats/lignes?debut=512&du=03/2024&au=03/2024", 2024));
        assert!(march.says("03/2024") && !march.says("15/04/2024"), "{}", march.words());
    });
}

#[test]
fn three_clicks_lead_from_a_statement_to_its_proof() {
    on_both_engines(async |books| {
        fill_general(books).await;
        let site = Site::open(books).await;
        let mut auditor = site.visitor(Role::Auditor).await;
        let statement = auditor.get(&of_year("/etats/compte-de-resultat?modele=comptes", 2024));
        let (figure, _) = links(&statement)
            .into_iter()
            .find(|(href, words)| href.starts_with("/etats/lignes") && words == "1\u{202f}000,00")
            .unwrap_or_else(|| panic!("{}", statement.words()));
        let lines = auditor.get(&figure);
        assert!(lines.says("Notification CEJ") && lines.says("ETAT, ETAT-CEJ"), "{}", lines.words());
        let entry_address = link_to(&lines, "/etats/ecriture/2024/");
        let entry = auditor.get(&entry_address);
        for said in [
            "Sceau intact",
            "règle n°\u{a0}1, Contrat d'engagement jeune",
            "FEC-2024.txt",
            "Préfecture",
            "GENERAL 2024-1",
        ] {
            assert!(entry.says(said), "{said}: {}", entry.words());
        }
        let sealing = auditor.get(&link_to(&entry, "/ecritures/GENERAL/"));
        assert!(sealing.says("Sceau intact"), "{}", sealing.words());

        let provisional = auditor.get("/etats/ecriture/2025/0?exercice=2025");
        assert!(
            provisional.says("provisoire") && provisional.says("règle n°\u{a0}2, Fournitures"),
            "{}",
            provisional.words()
        );
        assert!(!provisional.says("Sceau"), "{}", provisional.words());

        alter(books, &["update general_line set amount = amount + 1 where lot_id = 7 and rank = 2"]).await;
        let altered = auditor.get(&entry_address);
        assert!(altered.says("Sceau rompu"), "{}", altered.words());
        for nowhere in ["/etats/ecriture/2024/9999", "/etats/ecriture/2023/0"] {
            assert_eq!(auditor.get(&of_year(nowhere, 2024)).status, 422, "{nowhere}");
        }
        assert_eq!(auditor.get(&of_year("/etats/ecriture/2024/x", 2024)).status, 404);
    });
}

#[test]
fn a_base_without_fec_says_what_to_do() {
    on_both_engines(async |books| {
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let mut reader = site.visitor(Role::Reader).await;
        for (path, needs_fec) in STATEMENTS.iter().chain(&LISTS) {
            let page = clerk.get(&of_year(path, 2024));
            assert_eq!(page.status, 200, "{path}: {}", page.words());
            assert_eq!(page.says("aucun FEC de cet exercice n'a été importé"), *needs_fec, "{path}");
            if *needs_fec {
                assert_eq!(link_to(&page, "/imports/nouveau"), "/imports/nouveau?exercice=2024", "{path}");
                let page = reader.get(&of_year(path, 2024));
                assert!(page.says("rôle saisie") && !page.text().contains("/imports/nouveau"), "{path}");
            }
        }
    });
}

#[test]
fn statements_are_light_and_their_files_open() {
    on_both_engines(async |books| {
        fill(books).await;
        accounts(books).await;
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        for (most, pages) in [(60 << 10, &STATEMENTS[..]), (300 << 10, &LISTS[..])] {
            for (path, _) in pages {
                let page = reader.get(&of_year(path, 2024));
                assert_eq!(page.status, 200, "{path}: {}", page.words());
                assert!(page.body.len() <= most, "{path}: {} bytes", page.body.len());
                assert_eq!(page.text().matches("<h1>").count(), 1, "{path}");
            }
        }
        for (path, _) in STATEMENTS.iter().skip(1).chain(&LISTS) {
            for (format, begins) in [("xlsx", &b"PK"[..]), ("csv", "\u{feff}".as_bytes()), ("pdf", b"%PDF-")]
            {
                let address = format!("{}&format={format}", of_year(path, 2024));
                let file = reader.get(&address);
                assert!(file.status == 200 && file.body.starts_with(begins), "{address}: {}", file.status);
                let name = file.header("content-disposition").unwrap_or_default();
                assert!(name.contains(&format!("-2024.{format}\"")), "{address}: {name}");
            }
        }
        assert_eq!(reader.get(&of_year("/etats/bilan?format=exe", 2024)).status, 400);
    });
}

#[test]
fn what_cannot_be_asked_is_said_on_the_page() {
    on_both_engines(async |books| {
        accounts(books).await;
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        for (path, said) in [
            ("/etats/compte-de-resultat?comparer=1999", "Pas de FEC de « 1999 » à comparer"),
            ("/etats/aides?par=dispositif&par2=dispositif", "deux axes différents"),
            ("/etats/aides?par=beneficiaire", "n'est pas un axe"),
            ("/etats/engagements?au=hier", "Écrivez un jour"),
            ("/etats/lignes?financeur=INCONNU", "financeur inconnu : « INCONNU »"),
            ("/etats/lignes?du=13/2024", "Écrivez un mois"),
        ] {
            let page = reader.get(&of_year(path, 2024));
            assert!(page.status == 200 && page.says(said), "{path}: {}", page.words());
        }
        let page = reader.get(&of_year("/etats/lignes?financeur=INCONNU", 2024));
        assert_eq!(page.form("/etats/lignes").value("financeur"), "INCONNU");
        let alone = reader.get(&of_year("/etats/compte-de-resultat", 2023));
        assert!(alone.says("Compte de résultat 2023") && !alone.says("Variation"), "{}", alone.words());
        let compared = reader.get(&of_year("/etats/compte-de-resultat", 2024));
        assert!(compared.says("Excédent de 66\u{202f}506,69\u{a0}€"), "{}", compared.words());
        assert_eq!(compared.form("/etats/compte-de-resultat").value("comparer"), "2023");
    });
}

#[test]
fn each_cell_of_the_aids_is_the_amount_of_its_list() {
    on_both_engines(async |books| {
        fill(books).await;
        let year = FiscalYear::calendar(2024).unwrap();
        let mut cells = 0;
        for by in DateKind::ALL {
            for axes in [
                [Axis::Dispositif, Axis::Quarter],
                [Axis::Month, Axis::Funder],
                [Axis::Nature, Axis::Site],
                [Axis::Quarter, Axis::Convention],
            ] {
                let whole = AidFilter::behind(year, by, &[]);
                let table = app::aid_cross(&books.store, &whole, axes).await.unwrap();
                let mut sum = Amount::ZERO;
                for row in &table.rows {
                    let Some(Drill::Aids(keys)) = &row.drill else { panic!("{row:?}") };
                    for (column, cell) in table.columns.iter().zip(&row.cells).skip(1) {
                        let Cell::Amount(told) = cell else { continue };
                        let mut keys = keys.clone();
                        if column.key != "total" {
                            keys.push((axes[1], column.key.clone()));
                            sum += *told;
                        }
                        let listed =
                            app::aid_lines(&books.store, &whole.narrowed(&keys), None, 200).await.unwrap();
                        let of_lines: Amount = listed.page.rows.iter().map(|line| line.amount).sum();
                        assert_eq!((of_lines, listed.page.amount), (*told, Some(*told)), "{by:?} {keys:?}");
                        cells += 1;
                    }
                }
                let stated =
                    app::aid_statement(&books.store, Some(2024), by, &axes).await.unwrap().rows.total;
                assert_eq!(stated.unwrap().last(), Some(&Cell::Amount(sum)), "{by:?} {axes:?}");
            }
        }
        assert!(cells > 40, "{cells} cells");
        let site = Site::open(books).await;
        let page = site.visitor(Role::Reader).await.get("/etats/aides?exercice=2024&selon=droit");
        let cell = links(&page)
            .into_iter()
            .find(|(href, _)| href.contains("dispositif=") && href.contains("du=2024-"));
        let (href, _) = cell.unwrap_or_else(|| panic!("{}", page.words()));
        assert!(
            href.starts_with("/aides?exercice=2024&selon=droit&du=2024-") && href.contains("&au=2024-"),
            "{href}"
        );
        assert!(page.says("carnet à part") && page.says("T1 2024"), "{}", page.words());
    });
}

#[test]
fn what_is_left_to_pay_leads_to_its_aids() {
    on_both_engines(async |books| {
        fill(books).await;
        books.open_year(2025).await;
        let asked = crate::life::request("FAJ T2 alimentation 2024-11 2024-11-04 300,00");
        let granted = app::grant_aid(&books.store, books.clock, &books.actor, &asked).await.unwrap();
        let aid = granted.reference.unwrap();
        assert!(crate::life::pay(books, &aid, "2025-01-10", Some("180,00")).await.versee);
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        let page = reader.get("/etats/engagements?exercice=2024&au=15/02/2025");
        let amounts = links(&page).into_iter().filter(|(href, words)| {
            href.contains("etat=non-versees") && words.ends_with(|c: char| c.is_ascii_digit())
        });
        let amounts: Vec<(String, String)> = amounts.collect();
        let words: Vec<&str> = amounts.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(words, ["200,00", "120,00", "320,00"], "{}", page.words());
        for (href, words) in &amounts {
            let list = reader.get(href);
            assert!(list.says(&format!("{words}\u{a0}€")), "{href}: {}", list.words());
        }
        let list = reader.get(&amounts[1].0);
        assert!(list.says("Aides accordées et non versées") && list.says("versée en partie"));
        assert!(list.says(&aid) && !list.says("10/01/2025"), "what is left was paid on no day");
        // The day before that payment: the list of today would not make its amounts.
        let before = reader.get("/etats/engagements?exercice=2024&au=31/12/2024");
        assert!(before.says("500,00"), "{}", before.words());
        let leading = links(&before).into_iter().filter(|(href, words)| {
            href.contains("etat=non-versees") && words.ends_with(|c: char| c.is_ascii_digit())
        });
        assert_eq!(leading.map(|(_, words)| words).collect::<Vec<_>>(), ["200,00"]);
    });
}

#[test]
fn irregular_aids_are_listed_with_their_findings() {
    on_both_engines(async |books| {
        fill(books).await;
        let site = Site::open(books).await;
        let mut reader = site.visitor(Role::Reader).await;
        let page = reader.get("/etats/irregularites?exercice=2024");
        let stated = app::irregularities(&books.store, Some(2024)).await.unwrap();
        assert!(!stated.rows.is_empty());
        for row in &stated.rows {
            let (Cell::Text(reference), Cell::Text(message)) = (&row.cells[0], &row.cells[7]) else {
                panic!("{row:?}")
            };
            let plain = message.replace('\n', " ");
            assert!(
                page.says(reference) && page.says(plain.trim()),
                "{reference} {message}: {}",
                page.words()
            );
        }
        assert!(link_to(&page, "/aides/").contains("aide="));
        let csv = reader.get("/etats/irregularites?exercice=2024&format=csv");
        assert_eq!(csv.text().lines().count(), stated.rows.len() + 1);
        assert!(app::irregularities(&books.store, Some(2023)).await.unwrap().rows.is_empty());
        let journal = reader.get("/etats/journal?exercice=2024");
        assert!(link_to(&journal, "/ecritures/AIDES/2024/").ends_with("exercice=2024"));
    });
}

//! The last euro of a cap or of an envelope, asked for by sixty-four requests at the same time from
//! several processes; a first request above a cap; a process killed between its check and its commit.
//!
//! The processes are this very binary: `a_process_that_imports` does nothing unless `PROCESS_BASE`
//! tells it for which base it was started.

use crate::harness::{AID_HEADER, Books, PEOPLE_HEADER, codes, lines, on_both_engines, options, run};
use crate::new_dispositif::PERMIS;
use denier::app::{self, Actor, Clock, InputFile};
use denier::calendar::Date;
use denier::funding::DateKind::Payment;
use denier::funding::Mode;
use denier::statements::Axis;
use denier::store::{Row, Store};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The base for which a process is started.
const PROCESS_BASE: &str = "DENIER_TEST_PROCESS_BASE";

/// Where it stops for ever: a word of the progress of an import.
const PROCESS_STOP: &str = "DENIER_TEST_PROCESS_STOP";

/// How many rounds instead of five: with rules read at each request, 200 take minutes.
const ROUNDS: &str = "DENIER_ROUNDS";

/// What begins an answer: the test runner writes to the same place.
const ANSWER: &str = "réponse :";

const PROCESSES: usize = 4;
const REQUESTS: usize = 64;

/// What a process says when it has stopped.
const STOPPED: &str = "arrêté";

const ENVELOPE_HEADER: &str = "dispositif;exercice;financeur;montant;date_notification;reference";

fn answer(words: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ANSWER}{words}").and_then(|()| out.flush()).expect("somebody who reads");
}

/// For each line read, imports the files that it names at the same time, in the mode that decides, and
/// answers with how many plans were made again under the lock, then the verdict on each file.
#[test]
fn a_process_that_imports() {
    let Ok(base) = std::env::var(PROCESS_BASE) else { return };
    let stop = std::env::var(PROCESS_STOP).ok();
    let clock = Clock { told: Date::parse("2025-02-15") };
    let actor = Actor { name: "claire".into() };
    let decide = options(Some(Mode::Decide), false);
    run(async {
        let store = Store::open(&base).await.expect("a base");
        for line in std::io::stdin().lines() {
            let line = line.expect("a line");
            let plans = AtomicUsize::new(0);
            let progress = |what: &str, _: u64, _: u64| {
                plans.fetch_add(usize::from(what == "contrôle"), Ordering::Relaxed);
                if stop.as_deref() == Some(what) {
                    answer(STOPPED);
                    loop {
                        std::thread::park();
                    }
                }
            };
            let imports = line.split('\t').map(async |path| {
                let input = InputFile::open(path).expect("a file");
                match app::import_aids(&store, clock, &actor, &input, &decide, &progress).await {
                    Ok(report) if report.acceptes == 1 => "accepté".to_string(),
                    Ok(report) => codes(&report).join(" + "),
                    Err(error) => format!("{error:?}"),
                }
            });
            let verdicts = join_all(imports).await;
            let again = plans.into_inner() - verdicts.len();
            answer(&format!("{again}\t{}", verdicts.join("\t")));
        }
    });
}

/// Another process, which imports what it is told to.
struct Process {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    fn start(books: &Books, stop: Option<&str>) -> Process {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "last_euro::a_process_that_imports", "--nocapture"]);
        command.env(PROCESS_BASE, &books.location).env_remove(PROCESS_STOP);
        command.envs(stop.map(|stop| (PROCESS_STOP, stop)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let orders = child.stdin.take().expect("its input");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        Process { child, orders, answers }
    }

    fn ask(&mut self, paths: &[String]) {
        writeln!(self.orders, "{}", paths.join("\t")).expect("a process that reads");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        while self.answers.read_line(&mut line).expect("a line") > 0 {
            if let Some((_, words)) = line.trim_end().split_once(ANSWER) {
                return words.to_string();
            }
            line.clear();
        }
        panic!("the process ended without an answer");
    }

    fn end(mut self) {
        drop(self.orders);
        assert!(self.child.wait().expect("an end").success());
    }

    fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("an end");
    }
}

pub fn people(count: usize) -> String {
    let row = |n| format!("P{n};NOM{n};Prénom;15/03/2003;F;Calais;62193;non;non;NEET;\n");
    format!("{PEOPLE_HEADER}\n{}", (0..count).map(row).collect::<String>())
}

pub fn notice(dispositif: &str, amount: &str, reference: &str) -> String {
    let funder = if dispositif == "CLAP" { "REGION" } else { "CD" };
    format!("{ENVELOPE_HEADER}\n{dispositif};2024;{funder};{amount};15/01/2024;{reference}\n")
}

pub fn aid(dispositif: &str, reference: &str, person: usize, amount: &str) -> String {
    let (funder, payer) = match dispositif {
        "CEJ" => ("ETAT", "ASP"),
        "CLAP" => ("REGION", "STRUCTURE"),
        _ => ("CD", "STRUCTURE"),
    };
    format!(
        "{reference};{dispositif};P{person};bourse;2024-05;;02/05/2024;30/05/2024;{amount};{funder};{payer};\n"
    )
}

fn aids(rows: &str) -> String {
    format!("{AID_HEADER}\n{rows}")
}

async fn totals(books: &Books) -> (Vec<String>, Vec<String>) {
    let envelopes = app::envelope_statement(&books.store, Some(2024)).await.expect("a statement");
    (books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, lines(&envelopes))
}

/// What has 1,00 € left in a round: the month of a person (CEJ, 552,29 €, no envelope), an envelope
/// (CLAP), or a person's quarter (FAJ, 460,00 €) and an envelope.
const LAST_EUROS: [(&str, &str); 3] = [
    ("CEJ", "2 plafond_depasse"),
    ("CLAP", "2 enveloppe_depassee"),
    ("FAJ", "2 plafond_depasse + 2 enveloppe_depassee"),
];

#[test]
fn sixty_four_requests_for_the_last_euro_accept_one() {
    let rounds = std::env::var(ROUNDS).map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(rounds))).await;
        let each = |dispositif| (0..rounds).filter(move |round| LAST_EUROS[round % 3].0 == dispositif);
        let earlier: String = each("CEJ")
            .map(|n| aid("CEJ", &format!("D{n}"), n, "551,29"))
            .chain(each("FAJ").map(|n| {
                aid("FAJ", &format!("D{n}"), n, "400,00") + &aid("FAJ", &format!("E{n}"), n, "59,00")
            }))
            .collect();
        let (cej, clap, faj) = (each("CEJ").count(), each("CLAP").count(), each("FAJ").count());
        books.envelopes(&books.file("e.csv", notice("FAJ", &format!("{},00", 459 * faj), "N"))).await;
        let report = books.aids(&books.file("d.csv", aids(&earlier))).await;
        assert_eq!((report.refuses, report.irreguliers), (0, 0), "{report:#?}");
        let mut processes: Vec<Process> = (0..PROCESSES).map(|_| Process::start(books, None)).collect();
        let mut again = 0;
        for round in 0..rounds {
            let (dispositif, refusal) = LAST_EUROS[round % 3];
            if dispositif != "CEJ" {
                books.envelopes(&books.file("e.csv", notice(dispositif, "1,00", &format!("N{round}")))).await;
            }
            let paths: Vec<String> = (0..REQUESTS)
                .map(|n| {
                    let row = aid(dispositif, &format!("A{round}-{n}"), round, "1,00");
                    books.file(&format!("a{n}.csv"), aids(&row))
                })
                .collect();
            for (process, paths) in processes.iter_mut().zip(paths.chunks(REQUESTS / PROCESSES)) {
                process.ask(paths);
            }
            let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
            for process in &mut processes {
                let answer = process.answer();
                let mut words = answer.split('\t');
                again += words.next().unwrap().parse::<usize>().expect("a number");
                for verdict in words {
                    *verdicts.entry(verdict.to_string()).or_default() += 1;
                }
            }
            let expected = BTreeMap::from([("accepté".to_string(), 1), (refusal.to_string(), REQUESTS - 1)]);
            assert_eq!(verdicts, expected, "{dispositif}, round {round}, {}", books.location);
        }
        processes.into_iter().for_each(Process::end);
        assert!(again > rounds, "the requests were not at the same time: {again} plans made again");
        let cents = 55_229 * cej + 100 * clap + 46_000 * faj;
        let amount = |cents: usize| format!("{}.{:02}", cents / 100, cents % 100);
        let (by_dispositif, envelopes) = totals(books).await;
        assert_eq!(
            by_dispositif,
            [
                format!("CEJ {} {cej} {}", 2 * cej, amount(55_229 * cej)),
                format!("CLAP {clap} {clap} {}", amount(100 * clap)),
                format!("FAJ {} {faj} {}", 3 * faj, amount(46_000 * faj)),
                format!("Total {} {rounds} {}", 2 * cej + clap + 3 * faj, amount(cents)),
            ]
        );
        let spent = |name: &str, cents| format!("{name} {0} {0} {0} 0.00 0.00", amount(cents));
        let total = format!("Total - - {0} {0} {0} 0.00 0.00", amount(100 * clap + 46_000 * faj));
        assert_eq!(
            envelopes,
            [spent("CLAP 2024 REGION", 100 * clap), spent("FAJ 2024 CD", 46_000 * faj), total]
        );
        books.assert_whole().await;
    });
}

#[test]
fn a_first_request_above_a_cap_is_refused() {
    let cases = [
        ("CEJ", None, "552,30", "2 plafond_depasse", "552,29"),
        ("CLAP", Some("1,00"), "1,01", "2 enveloppe_depassee", "1,00"),
        ("FAJ", Some("400,00"), "400,01", "2 plafond_depasse + 2 enveloppe_depassee", "400,00"),
    ];
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(cases.len()))).await;
        for (person, (dispositif, notified, above, refusal, exact)) in cases.into_iter().enumerate() {
            if let Some(amount) = notified {
                books.envelopes(&books.file("e.csv", notice(dispositif, amount, dispositif))).await;
            }
            let ask = async |reference: &str, amount: &str| {
                let path = books.file("a.csv", aids(&aid(dispositif, reference, person, amount)));
                books.aids_in(&path, Mode::Decide).await
            };
            let before = everything(books).await;
            let report = ask(&format!("{dispositif}-1"), above).await;
            assert_eq!((codes(&report).join(" + ").as_str(), report.lot), (refusal, None), "{dispositif}");
            assert_eq!(everything(books).await, before, "{dispositif}");
            let report = ask(&format!("{dispositif}-2"), exact).await;
            assert_eq!((report.acceptes, report.constats.len()), (1, 0), "{dispositif}: {report:#?}");
            let report = ask(&format!("{dispositif}-3"), "0,01").await;
            assert_eq!((report.acceptes, report.refuses), (0, 1), "{dispositif}");
        }
        books.assert_whole().await;
    });
}

/// What an aid leaves in the base: the rows of each table, the generation, what the statements say.
/// The audit log is not of it: a refusal is noted there.
async fn everything(books: &Books) -> Vec<String> {
    let mut tx = books.store.read().await.expect("a transaction");
    let tables = "select 'aid' as name, count(*) from aid
        union all select 'aid_finding', count(*) from aid_finding
        union all select 'aid_share', count(*) from aid_share
        union all select 'axes', count(*) from axes
        union all select 'balance', count(*) from balance
        union all select 'decision', count(*) from decision
        union all select 'entry', count(*) from entry
        union all select 'line', count(*) from line
        union all select 'living_reference', count(*) from living_reference
        union all select 'lot', count(*) from lot
        union all select 'nature', count(*) from nature
        union all select 'payment', count(*) from payment
        union all select 'terms', count(*) from terms
        order by name";
    let counts = tx.all(tables, &[]).await.expect("the counts");
    let count = |row: &Row| format!("{} {}", row.text(0).unwrap(), row.int(1).unwrap());
    let mut told: Vec<String> = counts.iter().map(count).collect();
    told.push(tx.generation().await.expect("a generation"));
    drop(tx);
    let (by_dispositif, envelopes) = totals(books).await;
    let journal = app::journal(&books.store, Some(2024)).await.expect("a journal");
    [told, by_dispositif, envelopes, lines(&journal)].concat()
}

#[test]
fn a_process_killed_between_its_check_and_its_commit_leaves_nothing() {
    on_both_engines(async |books| {
        books.people(&books.file("p.csv", people(1))).await;
        books.envelopes(&books.file("e.csv", notice("FAJ", "460,00", "N"))).await;
        let earlier = aid("FAJ", "D1", 0, "400,00") + &aid("FAJ", "D2", 0, "59,00");
        books.aids(&books.file("d.csv", aids(&earlier))).await;
        let request = [books.file("a.csv", aids(&aid("FAJ", "A1", 0, "1,00")))];
        let before = everything(books).await;
        let stopped_at = |moment| {
            let mut process = Process::start(books, Some(moment));
            process.ask(&request);
            assert_eq!(process.answer(), STOPPED, "{moment}");
            process
        };
        // The rows are written at « écriture »; only the commit is missing at « validation ».
        for moment in ["contrôle", "écriture", "validation"] {
            stopped_at(moment).kill();
            assert_eq!(everything(books).await, before, "killed at « {moment} », {}", books.location);
            books.assert_whole().await;
        }
        // The same request, already waiting for the lock of the one that dies.
        let killed = stopped_at("validation");
        let mut process = Process::start(books, None);
        process.ask(&request);
        killed.kill();
        assert_eq!(process.answer(), "0\taccepté");
        process.ask(&[books.file("b.csv", aids(&aid("FAJ", "A2", 0, "1,00")))]);
        assert_eq!(process.answer(), format!("0\t{}", LAST_EUROS[2].1));
        process.end();
        assert_eq!(totals(books).await.0, ["FAJ 3 1 460.00", "Total 3 1 460.00"]);
        books.assert_whole().await;
    });
}

#[test]
fn a_cap_published_between_a_check_and_its_lock_is_the_one_that_judges() {
    on_both_engines(async |books| {
        let folder = books.path("regles");
        std::fs::create_dir(&folder).unwrap();
        let publish = |text: &str| {
            std::fs::write(folder.join("permis.toml"), text).unwrap();
            let publication = async {
                let store = Store::open(&books.location).await.expect("a base");
                app::publish_rules(&store, books.clock, &books.actor, &folder.to_string_lossy(), None).await
            };
            std::thread::scope(|scope| scope.spawn(|| run(publication)).join().unwrap().unwrap());
        };
        publish(PERMIS);
        books.people(&books.file("p.csv", people(1))).await;
        let envelope = format!("{ENVELOPE_HEADER}\nPERMIS;2024;VILLE-X;700,00;02/04/2024;E1\n");
        books.envelopes(&books.file("e.csv", envelope)).await;
        let row = "A1;PERMIS;P0;code de la route;2024-05;02/05/2024;05/05/2024;25/05/2024;100,00;VILLE-X;STRUCTURE;\n";
        let input = InputFile::open(&books.file("a.csv", aids(row))).unwrap();
        let plans = AtomicUsize::new(0);
        let lowered_meanwhile = |what: &str, _: u64, _: u64| {
            if what == "contrôle" && plans.fetch_add(1, Ordering::Relaxed) == 0 {
                publish(&PERMIS.replace("\"100,00\"", "\"50,00\""));
            }
        };
        let decide = options(Some(Mode::Decide), false);
        let report =
            app::import_aids(&books.store, books.clock, &books.actor, &input, &decide, &lowered_meanwhile);
        let report = report.await.unwrap();
        assert_eq!((plans.into_inner(), codes(&report)), (2, vec!["2 plafond_depasse".to_string()]));
        books.assert_whole().await;
    });
}

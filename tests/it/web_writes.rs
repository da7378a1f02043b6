//! Writes sent by browsers: the same form many times at once, two tabs, the last euros of an envelope, a
//! server that dies. Each is done once or not at all, and who was told that it is done can rely on it.

use crate::harness::{AID_HEADER, Books, PASSWORD, PEOPLE_HEADER, on_both_engines, on_sqlite};
use crate::last_euro::{aid, notice, people};
use crate::web::{Answer, Form, Site, Visitor};
use denier::app::{self, Role};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How often a server dies, on each engine.
const ROUNDS: &str = "DENIER_ROUNDS";

/// How many times a form is sent at once.
const AT_ONCE: usize = 8;

/// Users who grant at once.
const USERS: usize = 20;

/// People who may receive the CLAP of a year whose envelope is told.
async fn fill(books: &Books, count: usize, envelope: &str) {
    books.people(&books.file("personnes.csv", people(count))).await;
    books.envelopes(&books.file("enveloppe.csv", notice("CLAP", envelope, "N1"))).await;
}

/// The address of the form that grants so many euros to a person.
fn granting(person: usize, euros: usize) -> String {
    format!(
        "/decider/accorder?numero=P{person}&dispositif=CLAP&nature=bourse&montant={euros}&mois=2024-05&le=02%2F05%2F2024"
    )
}

/// The form that grants so many euros to a person, under a key of one's own.
fn grant(form: &Form, person: usize, euros: usize, key: &str) -> Form {
    let form = form.clone().with("numero", &format!("P{person}")).with("montant", &euros.to_string());
    form.with("cle", key)
}

/// Sends the same form from as many tabs, at the same time.
fn at_once(visitor: &Visitor, form: &Form) -> Vec<Answer> {
    let barrier = Barrier::new(AT_ONCE);
    std::thread::scope(|scope| {
        let send = || {
            let mut tab = visitor.clone();
            barrier.wait();
            tab.submit(form)
        };
        let sent: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(send)).collect();
        sent.into_iter().map(|tab| tab.join().unwrap()).collect()
    })
}

/// What there is of aids: the number of the person, what was granted and paid, in centimes.
async fn aids_of(books: &Books) -> Vec<(String, i64, i64)> {
    let mut tx = books.store.read().await.unwrap();
    let sql = "select i.number, a.amount, cast(coalesce((select sum(p.amount) from payment p where p.aid_id = a.id), 0) as bigint)
        from aid a join identity i on i.beneficiary_id = a.beneficiary_id
        where exists (select 1 from living_reference r where r.record_id = a.id and r.reference = a.reference)
        order by a.id";
    let rows = tx.all(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.int(1).unwrap(), row.int(2).unwrap())).collect()
}

/// How often each thing was done, by the audit log.
async fn acts(books: &Books) -> BTreeMap<String, i64> {
    let mut tx = books.store.read().await.unwrap();
    let sql = "select action, count(*) from audit_log where action like 'aide %' group by action";
    let rows = tx.all(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.int(1).unwrap())).collect()
}

fn done(acts: &[(&str, i64)]) -> BTreeMap<String, i64> {
    acts.iter().map(|(action, count)| ((*action).to_string(), *count)).collect()
}

#[test]
fn a_form_sent_many_times_at_once_is_done_once() {
    on_both_engines(async |books| {
        fill(books, 1, "100,00").await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let form = clerk.get(&granting(0, 10)).form("/decider/accorder");
        for answer in at_once(&clerk, &form) {
            assert_eq!(answer.location(), "/personnes/P0?exercice=2024");
        }
        assert_eq!(aids_of(books).await, [("P0".to_string(), 1_000, 0)]);
        // What is done of the aid, one after the other: form, a field to fill in.
        let reference = "/aides/AID-2024-000001";
        let lives = [
            ("verser", "montant", "8"),
            ("indu", "motif", "payée deux fois"),
            ("annuler", "motif", "erreur"),
        ];
        for (act, field, value) in lives {
            let address = format!("{reference}/{act}");
            let form = clerk.get(&address).form(&address).with(field, value).with("le", "06/05/2024");
            for answer in at_once(&clerk, &form) {
                assert_eq!(answer.location(), "/aides/AID-2024-000001?exercice=2024&aide=1", "{act}");
            }
            // Reloading what it led to sends it again.
            assert_eq!(clerk.submit(&form).status, 303, "{act}");
        }
        assert_eq!(clerk.submit(&form).status, 303, "granted, then cancelled: the form is not another aid");
        let expected =
            done(&[("aide accorder", 1), ("aide annuler", 1), ("aide indu", 1), ("aide verser", 1)]);
        assert_eq!(acts(books).await, expected);
        assert!(aids_of(books).await.is_empty());
        books.assert_whole().await;
    });
}

#[test]
fn a_form_changed_after_it_was_sent_is_another_one() {
    on_both_engines(async |books| {
        fill(books, 2, "100,00").await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let form = clerk.get(&granting(0, 10)).form("/decider/accorder");
        assert_eq!(clerk.submit(&form).status, 303);
        let before = (aids_of(books).await, acts(books).await);
        let refused = clerk.submit(&form.clone().with("montant", "12"));
        assert_eq!(refused.status, 200);
        assert!(refused.says("Ce formulaire a déjà été envoyé avec un autre contenu"), "{}", refused.words());
        // Somebody else's key is not theirs.
        let mut approver = site.visitor(Role::Approver).await;
        let stolen = form.clone().with("jeton", &approver.csrf);
        assert!(approver.submit(&stolen).says("Ce formulaire a déjà été envoyé avec un autre contenu"));
        assert_eq!((aids_of(books).await, acts(books).await), before);
        // Sent again from the page that refuses, it is meant.
        assert_eq!(clerk.submit(&refused.form("/decider/accorder")).status, 303);
        assert_eq!(aids_of(books).await[1], ("P0".to_string(), 1_200, 0));
        books.assert_whole().await;
    });
}

#[test]
fn the_back_button_leads_to_the_form_that_was_sent() {
    on_both_engines(async |books| {
        fill(books, 1, "100,00").await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        let question =
            "/decider?numero=P0&dispositif=CLAP&nature=bourse&montant=10&mois=2024-05&le=02%2F05%2F2024";
        let link_of = |visitor: &mut Visitor| {
            let page = visitor.get(question).text();
            let link = page.split("href=\"").find(|link| link.starts_with("/decider/accorder?")).unwrap();
            link.split('"').next().unwrap().replace("&amp;", "&")
        };
        let link = link_of(&mut clerk);
        // The page is not kept by the browser: going back asks for it again, at the same address.
        for _ in 0..2 {
            let form = clerk.get(&link).form("/decider/accorder");
            assert_eq!(clerk.submit(&form).status, 303);
        }
        assert_eq!(aids_of(books).await, [("P0".to_string(), 1_000, 0)], "sent again from the same page");
        // Who asks the question again means another aid.
        let other = link_of(&mut clerk);
        let form = clerk.get(&other).form("/decider/accorder");
        assert_eq!(clerk.submit(&form).status, 303);
        assert_eq!(aids_of(books).await.len(), 2);
    });
}

#[test]
fn two_tabs_never_pay_the_same_money() {
    on_both_engines(async |books| {
        fill(books, 2, "100,00").await;
        let site = Site::open(books).await;
        let mut clerk = site.visitor(Role::Clerk).await;
        for person in 0..2 {
            let form = clerk.get(&granting(person, 10)).form("/decider/accorder");
            assert_eq!(clerk.submit(&form).status, 303);
        }
        // One after the other: paid in full, then so much that there is no room.
        let pay = |visitor: &mut Visitor, aid: usize| {
            let address = format!("/aides/AID-2024-{aid:06}/verser");
            visitor.get(&address).form(&address).with("le", "06/05/2024")
        };
        let tabs = [pay(&mut clerk, 1), pay(&mut clerk, 1).with("montant", "10")];
        assert_eq!(clerk.submit(&tabs[0]).status, 303);
        let refused = clerk.submit(&tabs[1]);
        assert_eq!(refused.status, 200);
        let room = "10,00\u{a0}€ accordés, 10,00\u{a0}€ déjà versés";
        assert!(refused.says(room), "{}", refused.words());
        assert_eq!(refused.form(&tabs[1].action).value("montant"), "10", "what was typed is kept");
        // Many at once, each from its own page.
        let tabs: Vec<Form> = (0..AT_ONCE).map(|_| pay(&mut clerk, 2)).collect();
        let barrier = Barrier::new(AT_ONCE);
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let send = |form| {
                let (barrier, mut tab) = (&barrier, clerk.clone());
                scope.spawn(move || {
                    barrier.wait();
                    tab.submit(form).status
                })
            };
            let sent: Vec<_> = tabs.iter().map(send).collect();
            sent.into_iter().map(|tab| tab.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), AT_ONCE - 1, "{answers:?}");
        let paid = [("P0".to_string(), 1_000, 1_000), ("P1".to_string(), 1_000, 1_000)];
        assert_eq!(aids_of(books).await, paid);
        books.assert_whole().await;
    });
}

#[test]
fn twenty_users_take_the_last_euros_of_an_envelope() {
    on_both_engines(async |books| {
        fill(books, USERS, "7,00").await;
        let site = Site::open(books).await;
        let mut users = Vec::new();
        for user in 0..USERS {
            let name = format!("agent{user}");
            books.user(&name, Role::Clerk).await;
            users.push(site.sign_in(&name, PASSWORD));
        }
        let barrier = Barrier::new(USERS);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let grant = |(person, mut user): (usize, Visitor)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    let form = user.get(&granting(person, 2)).form("/decider/accorder");
                    barrier.wait();
                    user.submit(&form)
                })
            };
            let sent: Vec<_> = users.into_iter().enumerate().map(grant).collect();
            sent.into_iter().map(|user| user.join().unwrap()).collect()
        });
        let (granted, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 303);
        assert_eq!((granted.len(), refused.len()), (3, USERS - 3), "7,00 € is three times 2,00 €");
        for answer in refused {
            assert_eq!(answer.status, 200);
            assert!(answer.says("enveloppe") && answer.says("1,00\u{a0}€"), "{}", answer.words());
        }
        assert_eq!(aids_of(books).await.iter().map(|(_, granted, _)| granted).sum::<i64>(), 600);
        let envelopes = app::envelope_statement(&books.store, Some(2024)).await.unwrap();
        assert!(
            crate::harness::lines(&envelopes)[0].starts_with("CLAP 2024 REGION 7.00 6.00"),
            "{envelopes:?}"
        );
        books.assert_whole().await;
    });
}

/// `denier servir`, in a process of its own.
struct Process {
    child: Child,
    address: SocketAddr,
    /// What it says goes on: it must not speak to nobody.
    _said: BufReader<ChildStderr>,
}

impl Process {
    fn start(books: &Books) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_denier"));
        command.args(["--base", &books.location, "--date", "2025-02-15"]);
        command.args(["servir", "--adresse", "127.0.0.1:0"]);
        // Where it keeps what it is sent.
        let temporary = books.path("provisoire");
        std::fs::create_dir_all(&temporary).expect("a folder");
        command.env("TMPDIR", temporary);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("a process");
        let (mut said, mut open) = (BufReader::new(child.stderr.take().unwrap()), String::new());
        said.read_line(&mut open).expect("a word");
        let address = open.trim_end().split_once("http://").unwrap_or_else(|| panic!("{open}")).1;
        Process { address: address.parse().unwrap(), child, _said: said }
    }

    /// Ends it as a power cut would.
    fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("an end");
    }
}

/// The files that a server keeps: where they are.
fn kept(books: &Books) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(books.path("provisoire")).unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir());
    folders.flat_map(|path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[test]
fn what_a_killed_server_kept_goes_when_another_starts() {
    on_sqlite(async |books| {
        books.user("agent", Role::Clerk).await;
        let people = format!("{PEOPLE_HEADER}\nB1;BA;Lou;01/02/2004;F;Calais;62193;non;non;NEET;\n");
        let process = Process::start(books);
        let mut agent = Visitor::at(process.address).signed_in("agent", PASSWORD);
        let form = agent.get("/imports/nouveau").form("/imports/nouveau?exercice=2024");
        let place = agent.upload(&form, "fichier", "gens.csv", people.as_bytes()).location().to_string();
        let [file] = kept(books).try_into().expect("one file");
        // A preview that fails is made again once it can be.
        let look = |visitor: &mut Visitor| {
            let work = visitor.get(&place).location().to_string();
            visitor.until_done(&work)
        };
        let aside = books.path("ailleurs");
        std::fs::rename(&file, &aside).unwrap();
        assert_eq!(look(&mut agent).status, 500);
        std::fs::rename(&aside, &file).unwrap();
        assert_eq!(look(&mut agent).location(), place);
        assert!(agent.get(&place).says("1 ligne lue = 1 acceptée"), "{}", agent.get(&place).words());
        process.kill();
        assert_eq!(kept(books), [file], "it had no time to remove it");
        let another = Process::start(books);
        assert!(kept(books).is_empty());
        another.kill();
    });
}

/// An import in a process of its own, with a key.
fn import(books: &Books, path: &str, key: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_denier"));
    command.args([
        "--base",
        &books.location,
        "--date",
        "2025-02-15",
        "--utilisateur",
        "claire",
        "--cle",
        key,
    ]);
    command.args(["importer", "aides", path, "--mode", "decider"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process")
}

/// Sends forms one after the other until the server dies; tells of each answer. Returns where each form led,
/// nothing for those that had no answer.
fn send_all(mut visitor: Visitor, forms: &[Form], answered: &Sender<()>) -> Vec<Option<String>> {
    let mut sent = Vec::new();
    for form in forms {
        let answer = visitor.try_submit(form);
        let place = answer.map(|answer| answer.location().to_string());
        let is_dead = place.is_none();
        sent.push(place);
        if is_dead {
            break;
        }
        // Whoever kills may have seen enough.
        let _enough = answered.send(());
    }
    sent
}

/// Asks for people's pages until the server dies; returns how many were shown.
fn look_at_all(mut visitor: Visitor, answered: &Sender<()>) -> i64 {
    let mut shown = 0;
    loop {
        let Some(answer) = visitor.try_ask("GET", "/personnes/P0", &[], b"") else { return shown };
        if answer.status == 200 {
            shown += 1;
            let _enough = answered.send(());
        }
    }
}

/// Waits for so many answers, then a little more, so that the end falls anywhere within a write.
fn wait(answers: &Receiver<()>, count: usize, then: Duration) {
    for _ in 0..count {
        answers.recv().expect("an answer");
    }
    let _one_more = answers.recv_timeout(then);
}

const GRANTS: usize = 40;
const PAYMENTS: usize = 40;
const LINES: usize = 400;

/// A round: people `P0…` have an aid each to be paid, the next ones are granted one, the last ones are in a
/// file. Everything is sent until the server is killed; then everything is sent again.
async fn round(books: &Books, rank: usize, chance: &mut fastrand::Rng) {
    let first = rank * (GRANTS + PAYMENTS);
    let payable = (0..PAYMENTS)
        .map(|n| aid("CLAP", &format!("V{}", first + n), first + n, "5,00").replace(";30/05/2024;", ";;"));
    let payable = books.file("a-verser.csv", format!("{AID_HEADER}\n{}", payable.collect::<String>()));
    assert_eq!(books.aids(&payable).await.acceptes, PAYMENTS as u64);
    let imported = (0..LINES).map(|n| aid("CLAP", &format!("I{rank}-{n}"), n, "1,00"));
    let file = books.file("importees.csv", format!("{AID_HEADER}\n{}", imported.collect::<String>()));
    let before = aids_of(books).await.len();
    let views = count_views(books).await;

    let process = Process::start(books);
    let sign_in = |process: &Process| {
        ["agent", "caissier", "lecteur"].map(|name| Visitor::at(process.address).signed_in(name, PASSWORD))
    };
    let [mut agent, mut cashier, reader] = sign_in(&process);
    let form = agent.get(&granting(first, 3)).form("/decider/accorder");
    let grants: Vec<Form> =
        (0..GRANTS).map(|n| grant(&form, first + PAYMENTS + n, 3, &format!("octroi {rank} {n}"))).collect();
    let address = |n: usize| format!("/aides/V{}/verser", first + n);
    let mut paying = |n: usize| {
        let form = cashier.get(&address(n)).form(&address(n)).with("le", "06/05/2024").with("montant", "5");
        form.with("cle", &format!("versement {rank} {n}"))
    };
    let payments: Vec<Form> = (0..PAYMENTS).map(&mut paying).collect();
    let (told, answers) = channel();
    let key = format!("import {rank}");
    let (granted, paid, shown, is_imported) = std::thread::scope(|scope| {
        let (one, two, three) = (told.clone(), told.clone(), told.clone());
        let (grants, payments) = (&grants, &payments);
        let granting = scope.spawn(move || send_all(agent, grants, &one));
        let paying = scope.spawn(move || send_all(cashier, payments, &two));
        let looking = scope.spawn(move || look_at_all(reader, &three));
        let mut importing = import(books, &file, &key);
        wait(&answers, chance.usize(1..GRANTS), Duration::from_micros(chance.u64(1..20_000)));
        process.kill();
        let is_imported = importing.try_wait().unwrap().is_some_and(|status| status.success());
        let _ended = importing.kill();
        importing.wait().unwrap();
        (granting.join().unwrap(), paying.join().unwrap(), looking.join().unwrap(), is_imported)
    });

    // What was answered is there once; what was not is there once or not at all.
    let found = aids_of(books).await;
    let new = &found[before..];
    let times = |person: usize, amount: i64, paid: i64| {
        let person = format!("P{person}");
        found.iter().filter(|aid| **aid == (person.clone(), amount, paid)).count()
    };
    for n in 0..GRANTS {
        let times = times(first + PAYMENTS + n, 300, 0);
        match granted.get(n) {
            None => assert_eq!(times, 0, "never sent"),
            Some(None) => assert!(times <= 1),
            Some(Some(place)) => {
                assert_eq!(times, 1, "answered {place}");
            }
        }
    }
    for n in 0..PAYMENTS {
        let (due, settled) = (times(first + n, 500, 0), times(first + n, 500, 500));
        assert_eq!(due + settled, 1);
        match paid.get(n) {
            None => assert_eq!(settled, 0, "never sent"),
            Some(None) => {}
            Some(Some(place)) => assert_eq!(settled, 1, "answered {place}"),
        }
    }
    let imported = new.iter().filter(|(_, amount, _)| *amount == 100).count();
    assert!(imported == LINES || (imported == 0 && !is_imported), "{imported} lines, told: {is_imported}");
    assert!(count_views(books).await - views >= shown, "what was shown is in the log");
    books.assert_whole().await;

    // Sent again, each is answered as before, or done: once.
    let process = Process::start(books);
    let [agent, cashier, _] = sign_in(&process);
    let (told, _) = channel();
    for (visitor, forms, before) in [(agent, grants, granted), (cashier, payments, paid)] {
        let again: Vec<Form> = forms.into_iter().map(|form| form.with("jeton", &visitor.csrf)).collect();
        let answered = send_all(visitor, &again, &told);
        assert_eq!(answered.len(), again.len());
        for (answer, before) in answered.iter().zip(before) {
            assert!(answer.is_some() && before.is_none_or(|before| Some(before) == *answer));
        }
    }
    assert!(import(books, &file, &key).wait().unwrap().success());
    process.kill();
    let found = aids_of(books).await;
    assert_eq!(found.len(), before + GRANTS + LINES);
    let all = |amount: i64, paid: i64| {
        found[before - PAYMENTS..].iter().filter(|aid| (aid.1, aid.2) == (amount, paid)).count()
    };
    assert_eq!((all(300, 0), all(500, 500), all(100, 100)), (GRANTS, PAYMENTS, LINES));
    books.assert_whole().await;
}

async fn count_views(books: &Books) -> i64 {
    let mut tx = books.store.read().await.unwrap();
    let row = tx.one("select count(*) from view_log", &[]).await.unwrap().unwrap();
    row.int(0).unwrap()
}

#[test]
#[expect(clippy::print_stdout, reason = "the runner shows it only when the test fails")]
fn a_server_killed_during_writes_loses_none_and_doubles_none() {
    let rounds = std::env::var(ROUNDS).map_or(2, |rounds| rounds.parse().expect("a number of rounds"));
    on_both_engines(async |books| {
        let people_of = (rounds * (GRANTS + PAYMENTS)).max(LINES);
        fill(books, people_of, "900000,00").await;
        for (name, role) in [("agent", Role::Clerk), ("caissier", Role::Clerk), ("lecteur", Role::Reader)] {
            books.user(name, role).await;
        }
        let seed = fastrand::u64(..);
        let mut chance = fastrand::Rng::with_seed(seed);
        println!("seed {seed}, {}", books.location);
        for rank in 0..rounds {
            round(books, rank, &mut chance).await;
        }
    });
}

//! Random histories of provisional FECs, rules, lines assigned by hand and cancellations, against a
//! naive model: a list of lines, and the first rule that fits. After each step the base agrees.

use crate::harness::{Books, on_both_engines};
use denier::app::{self, HandRequest, RuleCount};
use denier::money::Amount;
use denier::store::PairTable;
use std::collections::BTreeMap;

/// A line as the model knows it.
#[derive(Clone, Debug)]
struct Line {
    number: u32,
    journal: &'static str,
    piece: &'static str,
    date: u32,
    account: &'static str,
    auxiliary: &'static str,
    label: &'static str,
    cents: i64,
}

/// What a line is, and how many same lines come before it.
type Identity = (&'static str, &'static str, u32, &'static str, &'static str, i64, &'static str, usize);

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    rank: u32,
    account: &'static str,
    journal: &'static str,
    auxiliary: &'static str,
    label: &'static str,
    piece: &'static str,
    funder: &'static str,
    convention: &'static str,
}

/// Rule, funder, convention.
type Assigned = Option<(i64, String, String)>;

#[derive(Default)]
struct Model {
    /// FECs in the base, the one in force last: lot, entries of lines.
    fecs: Vec<(i64, Vec<Vec<Line>>)>,
    /// Files of rules, the one in force last.
    rules: Vec<(i64, Vec<Rule>)>,
    by_hand: BTreeMap<Identity, Option<(&'static str, &'static str)>>,
    next: u32,
}

fn identities(lines: &[Line]) -> Vec<Identity> {
    let mut seen = BTreeMap::new();
    let each = lines.iter().map(|line| {
        let content =
            (line.journal, line.piece, line.date, line.account, line.auxiliary, line.cents, line.label);
        let before = seen.entry(content).or_insert(0);
        *before += 1;
        let (journal, piece, date, account, auxiliary, cents, label) = content;
        (journal, piece, date, account, auxiliary, cents, label, *before - 1)
    });
    each.collect()
}

/// New, changed, vanished, same, renumbered.
fn changes(old: &[Line], new: &[Line]) -> [u64; 5] {
    let numbers = |lines: &[Line]| -> BTreeMap<Identity, u32> {
        identities(lines).into_iter().zip(lines.iter().map(|line| line.number)).collect()
    };
    let (old, new) = (numbers(old), numbers(new));
    let mut counts = [0; 5];
    let mut unpaired: BTreeMap<_, [u64; 2]> = BTreeMap::new();
    let place = |id: &Identity| (id.0, id.1, id.3, id.4);
    for (id, number) in &old {
        match new.get(id) {
            Some(now) => {
                counts[3] += 1;
                counts[4] += u64::from(now != number);
            }
            None => unpaired.entry(place(id)).or_default()[0] += 1,
        }
    }
    for id in new.keys().filter(|id| !old.contains_key(id)) {
        unpaired.entry(place(id)).or_default()[1] += 1;
    }
    for [vanished, fresh] in unpaired.into_values() {
        let changed = vanished.min(fresh);
        counts[0] += fresh - changed;
        counts[1] += changed;
        counts[2] += vanished - changed;
    }
    counts
}

fn is_like(code: &str, wanted: &str) -> bool {
    wanted.is_empty()
        || code == wanted
        || wanted.strip_suffix('*').is_some_and(|beginning| code.starts_with(beginning))
}

impl Model {
    fn lines(&self) -> Vec<Line> {
        self.fecs.last().map(|(_, entries)| entries.concat()).unwrap_or_default()
    }

    fn rules(&self) -> Vec<Rule> {
        self.rules.last().map(|(_, rules)| rules.clone()).unwrap_or_default()
    }

    /// Who funds each line, in the file's order.
    fn assigned(&self) -> Vec<Assigned> {
        let mut rules = self.rules();
        rules.sort_by_key(|rule| rule.rank);
        let mut found = Vec::new();
        let ids = identities(&self.lines());
        for entry in self.fecs.last().map_or(&[] as &[Vec<Line>], |(_, entries)| entries) {
            for line in entry {
                let id = &ids[found.len()];
                let fits = |rule: &&Rule| {
                    line.account.starts_with(rule.account)
                        && (rule.journal.is_empty() || line.journal == rule.journal)
                        && is_like(line.piece, rule.piece)
                        && (rule.auxiliary.is_empty()
                            || entry
                                .iter()
                                .any(|of| !of.auxiliary.is_empty() && is_like(of.auxiliary, rule.auxiliary)))
                        && line.label.to_lowercase().contains(&rule.label.to_lowercase())
                };
                let by_hand = self.by_hand.get(id).copied().flatten();
                found.push(match by_hand {
                    Some((funder, convention)) => Some((0, funder.to_string(), convention.to_string())),
                    None => rules.iter().find(fits).map(|rule| {
                        (i64::from(rule.rank), rule.funder.to_string(), rule.convention.to_string())
                    }),
                });
            }
        }
        found
    }

    /// Lines and credits less debits of each rule, of what is by hand, of subsidies of nobody.
    fn counts(&self) -> Vec<(Option<u32>, u64, i64)> {
        let mut sums: BTreeMap<Option<u32>, (u64, i64)> = BTreeMap::new();
        for (line, assigned) in self.lines().iter().zip(self.assigned()) {
            if assigned.is_some() || line.account.starts_with("74") {
                let rank = assigned.map(|(rank, ..)| u32::try_from(rank).unwrap());
                let sum = sums.entry(rank).or_default();
                *sum = (sum.0 + 1, sum.1 - line.cents);
            }
        }
        let mut ranks: Vec<u32> = self.rules().iter().map(|rule| rule.rank).collect();
        ranks.sort_unstable();
        let by_hand = sums.contains_key(&Some(0)).then_some(0);
        let ranks = ranks.into_iter().chain(by_hand).map(Some).chain([None]);
        ranks
            .map(|rank| {
                let (lines, cents) = sums.get(&rank).copied().unwrap_or_default();
                (rank, lines, cents)
            })
            .collect()
    }

    fn accounts(&self) -> BTreeMap<String, [i64; 2]> {
        let mut sums: BTreeMap<String, [i64; 2]> = BTreeMap::new();
        for line in self.lines() {
            let sides = sums.entry(line.account.to_string()).or_default();
            sides[usize::from(line.cents < 0)] += line.cents.abs();
        }
        sums
    }
}

fn random_entry(random: &mut fastrand::Rng, number: u32) -> Vec<Line> {
    let journal = random.choice(["BQ", "OD", "VE"]).unwrap();
    let piece = random.choice(["P1", "P2", "Q1"]).unwrap();
    let date = 20_240_000 + random.u32(1..=3) * 100 + random.u32(1..=3);
    let line = |random: &mut fastrand::Rng, cents: i64| Line {
        number,
        journal,
        piece,
        date,
        account: random.choice(["741100", "742100", "754000", "606300", "512000", "441000"]).unwrap(),
        auxiliary: random.choice(["", "ETAT", "REGION"]).unwrap(),
        label: random.choice(["Solde", "Acompte CEJ", "Don"]).unwrap(),
        cents,
    };
    let cents = random.i64(1..=3) * 10_000;
    let third = if random.bool() { 4_000 } else { 0 };
    let mut lines = vec![line(random, -cents), line(random, cents - third)];
    if third > 0 {
        lines.push(line(random, third));
    }
    lines
}

/// The FEC after this one: entries gone, changed, new, renumbered, in another order.
fn next_fec(random: &mut fastrand::Rng, model: &mut Model) -> Vec<Vec<Line>> {
    let mut entries = model.fecs.last().map(|(_, entries)| entries.clone()).unwrap_or_default();
    entries.retain(|_| random.u8(0..6) > 0);
    for entry in &mut entries {
        match random.u8(0..10) {
            0 => entry.iter_mut().for_each(|line| line.cents *= 2),
            1 => entry.iter_mut().for_each(|line| line.date = 20_240_404),
            2 => entry[0].label = "Rectifié",
            _ => {}
        }
    }
    for _ in 0..random.u8(1..=4) {
        model.next += 1;
        entries.push(random_entry(random, model.next));
    }
    if random.u8(0..3) == 0 {
        for entry in &mut entries {
            model.next += 1;
            entry.iter_mut().for_each(|line| line.number = model.next);
        }
    }
    if random.bool() {
        random.shuffle(&mut entries);
    }
    entries
}

fn fec_text(entries: &[Vec<Line>]) -> String {
    let mut text = "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n".to_string();
    for line in entries.iter().flatten() {
        let side = |cents: i64| Amount::from_centimes(cents.max(0)).to_csv();
        text.push_str(&format!(
            "{}|Journal|{}|{}|{}|Compte|{}||{}|20240101|{}|{}|{}|||20241231||\n",
            line.journal,
            line.number,
            line.date,
            line.account,
            line.auxiliary,
            line.piece,
            line.label,
            side(line.cents),
            side(-line.cents)
        ));
    }
    text
}

fn random_rules(random: &mut fastrand::Rng) -> Vec<Rule> {
    let mut ranks: Vec<u32> = (1..=9).collect();
    random.shuffle(&mut ranks);
    let mut rules = Vec::new();
    for rank in ranks.into_iter().take(random.usize(1..=5)) {
        rules.push(Rule {
            rank,
            account: random.choice(["74", "741100", "7", "6", "512"]).unwrap(),
            journal: random.choice(["", "", "BQ", "VE"]).unwrap(),
            auxiliary: random.choice(["", "ETAT", "RE*", "ET"]).unwrap(),
            label: random.choice(["", "", "cej", "DON"]).unwrap(),
            piece: random.choice(["", "", "P1", "P*"]).unwrap(),
            funder: random.choice(["ETAT", "REGION", "CD"]).unwrap(),
            convention: random.choice(["", "C1", "C2"]).unwrap(),
        });
    }
    rules
}

fn rules_text(rules: &[Rule]) -> String {
    let mut text =
        "ordre;compte;journal;auxiliaire;libelle_contient;piece;financeur;convention;libelle\n".to_string();
    for rule in rules {
        text.push_str(&format!(
            "{};{};{};{};{};{};{};{};\n",
            rule.rank,
            rule.account,
            rule.journal,
            rule.auxiliary,
            rule.label,
            rule.piece,
            rule.funder,
            rule.convention
        ));
    }
    text
}

fn counted(counts: &[RuleCount]) -> Vec<(Option<u32>, u64, i64)> {
    let cents = |text: &str| Amount::parse(text).unwrap().centimes();
    counts.iter().map(|rule| (rule.ordre, rule.lignes, cents(&rule.montant))).collect()
}

/// The base says what the model says.
async fn compare(books: &Books, model: &Model, step: &str) {
    let mut tx = books.store.read().await.unwrap();
    let versions = tx.fec_versions().await.unwrap();
    let lots: Vec<i64> = model.fecs.iter().map(|(lot, _)| *lot).collect();
    assert_eq!(versions.iter().map(|version| version.lot).collect::<Vec<_>>(), lots, "{step}");
    let Some(lot) = lots.last() else { return };
    let funders = tx.dictionary("funder").await.unwrap();
    let conventions = tx.dictionary("convention").await.unwrap();
    let mut found: Vec<(String, i64, Assigned)> = Vec::new();
    tx.each_general_line(*lot, |row| {
        let assigned = match row.assigned {
            Some((rule, funder, convention)) => {
                Some((rule, funders.code(funder)?.to_string(), conventions.code(convention)?.to_string()))
            }
            None => None,
        };
        found.push((row.number, row.amount.centimes(), assigned));
        Ok(())
    })
    .await
    .unwrap();
    let expected: Vec<(String, i64, Assigned)> = model
        .lines()
        .into_iter()
        .zip(model.assigned())
        .map(|(line, assigned)| (line.number.to_string(), line.cents, assigned))
        .collect();
    assert_eq!(found, expected, "{step}");
    let accounts = tx.pairs(PairTable::Account).await.unwrap();
    let mut sums: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    for sum in tx.general_sums(*lot).await.unwrap() {
        let sides = sums.entry(accounts.get(sum.account).unwrap().0.to_string()).or_default();
        sides[0] += sum.debit.centimes();
        sides[1] += sum.credit.centimes();
    }
    assert_eq!(sums, model.accounts(), "{step}");
}

/// The statements that people read say what the model says.
async fn compare_statements(books: &Books, model: &Model, step: &str) {
    if model.fecs.is_empty() {
        return;
    }
    let (charges, produits, _) =
        app::income(&books.store, Some(2024), None, "officiel").await.unwrap().totals.unwrap();
    let class = |class: char| -> i64 {
        let sums = model.accounts();
        let own = sums.iter().filter(|(account, _)| account.starts_with(class));
        own.map(|(_, [debit, credit])| debit - credit).sum()
    };
    assert_eq!((charges.centimes(), produits.centimes()), (class('6'), -class('7')), "{step}");
    let granted = app::grants_of(&books.store, Some(2024), None).await.unwrap();
    let of_region: i64 = granted
        .lines
        .iter()
        .filter(|line| line.code == "REGION" && line.label.starts_with("Total"))
        .map(|line| line.amount.centimes())
        .sum();
    let expected: i64 = model
        .lines()
        .iter()
        .zip(model.assigned())
        .filter(|(line, assigned)| {
            line.account.starts_with("74")
                && assigned.as_ref().is_some_and(|(_, funder, _)| funder == "REGION")
        })
        .map(|(line, _)| -line.cents)
        .sum();
    assert_eq!(of_region, expected, "{step}: what the Région grants");
}

async fn import_fec(books: &Books, random: &mut fastrand::Rng, model: &mut Model, step: &str) {
    let entries = next_fec(random, model);
    let old = model.lines();
    let is_first = model.fecs.is_empty();
    let report = books.fec(&books.file("fec.txt", fec_text(&entries))).await;
    assert_eq!(report.refuses, 0, "{step}: {:?}", report.constats);
    let expected = changes(&old, &entries.concat());
    let fec = report.fec.as_ref().unwrap();
    assert_eq!(
        [fec.nouvelles, fec.modifiees, fec.disparues, fec.inchangees, fec.renumerotees],
        expected,
        "{step}"
    );
    assert_eq!(fec.completees, 0, "{step}");
    let differs = expected[0] + expected[1] + expected[2] + expected[4] > 0;
    assert_eq!(report.lot.is_some(), is_first || differs, "{step}");
    if let Some(lot) = report.lot {
        model.fecs.push((lot, entries));
        let kept = model.fecs.len().saturating_sub(2);
        model.fecs.drain(..kept);
    }
    assert_eq!(counted(&report.affectation), model.counts(), "{step}");
    let ids = identities(&model.lines());
    let waiting = model.by_hand.iter().filter(|(id, to)| to.is_some() && !ids.contains(id)).count();
    assert_eq!(fec.orphelines.len(), waiting, "{step}");
}

async fn take_step(books: &Books, random: &mut fastrand::Rng, model: &mut Model, step: &str) {
    match random.u8(0..10) {
        0..=4 => import_fec(books, random, model, step).await,
        5 | 6 => {
            let rules = random_rules(random);
            let report = books.assignments(&books.file("regles.csv", rules_text(&rules))).await;
            assert_eq!(report.refuses, 0, "{step}: {:?}", report.constats);
            if let Some(lot) = report.lot {
                model.rules.push((lot, rules));
            }
            let expected = if model.fecs.is_empty() { Vec::new() } else { model.counts() };
            assert_eq!(counted(&report.affectation), expected, "{step}");
        }
        7 => {
            if let Some((lot, entries)) = model.fecs.pop() {
                let report = books.cancel(lot).await.unwrap();
                assert_eq!(report.nombre, entries.concat().len() as u64, "{step}");
            }
        }
        8 => {
            if !model.rules.is_empty() {
                let (lot, _) = model.rules.remove(random.usize(0..model.rules.len()));
                books.cancel(lot).await.unwrap();
            }
        }
        _ => {
            let lines = model.lines();
            if lines.is_empty() {
                return;
            }
            let at = random.usize(0..lines.len());
            if !lines[at].account.starts_with('7') {
                return;
            }
            let to = random.choice([None, Some(("CD", "C1")), Some(("REGION", "C2"))]).unwrap();
            let request = HandRequest {
                year: None,
                line: i64::try_from(at).unwrap() + 2,
                to: to.map(|(funder, convention): (&str, &str)| (funder.into(), convention.into())),
                reason: "vu avec le financeur".into(),
            };
            let done = app::assign_by_hand(&books.store, books.clock, &books.actor, &request).await.unwrap();
            model.by_hand.insert(identities(&lines)[at], to);
            assert_eq!(counted(&done.affectation), model.counts(), "{step}");
        }
    }
}

#[test]
fn random_histories_agree_with_a_list_of_lines() {
    for seed in [1, 20_241_231] {
        on_both_engines(async |books| {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut model = Model::default();
            // Every code that a line may be assigned to by hand is known.
            let all = "ordre;compte;financeur;convention\n1;999;CD;C1\n2;999;REGION;C2\n";
            let lot = books.assignments(&books.file("codes.csv", all)).await.lot.unwrap();
            books.cancel(lot).await.unwrap();
            for rank in 0..30 {
                let step = format!("seed {seed}, step {rank}, {}", books.location);
                take_step(books, &mut random, &mut model, &step).await;
                compare(books, &model, &step).await;
                if rank % 5 == 0 {
                    compare_statements(books, &model, &step).await;
                    books.assert_whole().await;
                }
            }
            books.assert_whole().await;
        });
    }
}

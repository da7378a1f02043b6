//! Every page of a table, looked at in a browser: no fault of accessibility, in light and dark; nothing that
//! sticks out on a phone; texts that stand out; a weight; a print. The pictures are in `target/captures/`,
//! those of the guide in `docs/guide/images/` when `DENIER_CAPTURES=1`.

use crate::browser::{Browser, Scripts, in_a_browser};
use crate::harness::{Books, example};
use crate::web::{Site, Visitor};
use denier::app::Role;
use denier::import::FileKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGES: &str = include_str!("../cases/web/pages.csv");
const AXE: &str = include_str!("../e2e/axe.min.js");
const CONTRAST: &str = include_str!("../e2e/contrast.js");

/// The least contrast of a text with what is behind it (WCAG 2.1, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;

/// A page to look at.
struct Row {
    name: &'static str,
    role: Option<Role>,
    path: &'static str,
    status: u16,
    title: &'static str,
    most_kio: usize,
    most_sheets: usize,
    in_guide: bool,
}

fn rows() -> Vec<Row> {
    let mut lines = PAGES.lines();
    assert_eq!(lines.next(), Some("nom;role;chemin;statut;titre;kio;feuilles;guide"));
    let read = |line: &'static str| {
        let cells: Vec<&str> = line.split(';').collect();
        let [name, role, path, status, title, kio, sheets, guide] = cells[..] else { panic!("{line}") };
        Row {
            name,
            role: (!role.is_empty()).then(|| Role::parse(role).unwrap_or_else(|| panic!("{line}"))),
            path,
            status: status.parse().unwrap(),
            title,
            most_kio: kio.parse().unwrap(),
            most_sheets: sheets.parse().unwrap(),
            in_guide: guide == "oui",
        }
    };
    lines.map(read).collect()
}

/// Fills a base with the example, its accounts and what is declared.
async fn fill(books: &Books) {
    const NAME: &str = "littoral-2024";
    let path = |name: &str| example(&format!("{NAME}/{name}"));
    books.load_example(NAME).await;
    books.assignments(&path("affectation.csv")).await;
    books.fec(&path("FEC-2024.txt")).await;
    for kind in [FileKind::Parcours, FileKind::Declarations, FileKind::OutsideAids] {
        books.declarations(kind, &path(&format!("{}.csv", kind.code()))).await;
    }
}

/// Returns what axe finds wrong with the page: each rule, and where.
async fn axe(browser: &Browser) -> Vec<String> {
    const RUN: &str = "const done = arguments[0]; \
        axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] } }) \
        .then((found) => done(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ; ')}`)), \
              (error) => done([String(error)]))";
    if browser.asks("typeof axe").await == "undefined" {
        browser.client.execute(AXE, Vec::new()).await.expect("axe");
    }
    words(&browser.runs(RUN, Vec::new()).await)
}

/// Returns the texts that do not stand out, as they are drawn.
async fn pale(browser: &Browser) -> Vec<String> {
    const SCALE: u64 = 2;
    let picture = browser.picture(SCALE);
    words(&browser.runs(CONTRAST, vec![picture, json!(SCALE), json!(LEAST_CONTRAST)]).await)
}

/// Returns what sticks out of a screen of this width, in CSS pixels; empty where nothing does.
async fn sticking_out(browser: &Browser, width: u64) -> Vec<String> {
    const OUT: &str = "(() => { const page = document.documentElement, room = page.clientWidth; \
        if (page.scrollWidth <= room) return []; \
        const right = (one) => Math.ceil(one.getBoundingClientRect().right + scrollX); \
        const out = [...document.querySelectorAll('body *')].filter((one) => right(one) > room && !one.parentElement.closest('.scroll')); \
        return [`${page.scrollWidth - room} px`, ...out.slice(-3).map((one) => `${one.tagName.toLowerCase()}.${one.className} à ${right(one)}`)]; })()";
    browser.is_wide(width);
    words(&browser.asks(OUT).await)
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|one| one.as_str().unwrap_or_default().to_string()).collect()
}

/// What was found of a page; empty where all is well.
struct Findings {
    page: &'static str,
    found: Vec<String>,
}

impl Findings {
    fn add(&mut self, what: &str, list: &[String]) {
        self.found.extend(list.iter().map(|one| format!("{} — {what}: {one}", self.page)));
    }

    fn expect(&mut self, holds: bool, what: impl Into<String>) {
        if !holds {
            self.add("attendu", &[what.into()]);
        }
    }
}

fn folder(path: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns the words of a printed page and how many sheets it takes.
fn printed(pdf: &[u8], name: &str) -> (String, usize) {
    let file = folder("target/captures").join(format!("{name}.pdf"));
    std::fs::write(&file, pdf).unwrap();
    let said = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().expect("pdftotext");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    // Each sheet ends with a form feed.
    let sheets = text.matches('\u{c}').count();
    (text, sheets)
}

async fn look(site: &Site<'_>, browser: &Browser, visitor: &mut Visitor, row: &Row) -> Vec<String> {
    let mut found = Findings { page: row.name, found: Vec::new() };
    let answer = visitor.get(row.path);
    found.expect(answer.status == row.status, format!("{}: {}", row.status, answer.status));
    let kio = answer.body.len().div_ceil(1024);
    found.expect(kio <= row.most_kio, format!("{} Kio au plus : {kio}", row.most_kio));

    browser.is_wide(1280);
    browser.prefers("light");
    browser.goes(&site.url(row.path)).await;
    let complaints: Vec<String> = browser.complaints();
    let complaints: Vec<String> = complaints
        .into_iter()
        .filter(|said| row.status < 400 || !said.contains("the server responded"))
        .collect();
    found.add("plainte du navigateur", &complaints);
    let titles = browser.asks("[...document.querySelectorAll('h1')].map((title) => title.textContent)").await;
    found.expect(words(&titles) == [row.title], format!("un titre « {} » : {titles}", row.title));

    let keep = |suffix: &str, picture: &[u8]| {
        std::fs::write(folder("target/captures").join(format!("{}{suffix}.png", row.name)), picture).unwrap();
        if row.in_guide && suffix.is_empty() && std::env::var("DENIER_CAPTURES").is_ok_and(|said| said == "1")
        {
            std::fs::write(folder("docs/guide/images").join(format!("{}.png", row.name)), picture).unwrap();
        }
    };
    for (scheme, suffix) in [("light", ""), ("dark", "-sombre")] {
        browser.prefers(scheme);
        found.add(&format!("axe, {scheme}"), &axe(browser).await);
        found.add(&format!("contraste, {scheme}"), &pale(browser).await);
        keep(suffix, &browser.file(1280).await);
    }
    browser.prefers("light");
    // A phone; and a screen of 1280 enlarged twice.
    for width in [320, 640] {
        let out = sticking_out(browser, width).await;
        found.expect(out.is_empty(), format!("rien qui dépasse à {width} px : {}", out.join(", ")));
    }
    keep("-320", &browser.file(320).await);

    browser.is_wide(1280);
    let pdf = browser.client.print(fantoccini::wd::PrintConfiguration::default()).await.expect("a print");
    let (text, sheets) = printed(&pdf, row.name);
    found.expect(
        (1..=row.most_sheets).contains(&sheets),
        format!("{} feuilles au plus : {sheets}", row.most_sheets),
    );
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    found.expect(squeezed.contains(row.title), format!("« {} » imprimé : {squeezed}", row.title));
    let menu = ["Se déconnecter", "Administration", "Aller au contenu", "Chercher", "Raccourcis du clavier"];
    for menu in menu.into_iter().filter(|menu| *menu != row.title) {
        found.expect(!text.contains(menu), format!("pas de « {menu} » sur le papier"));
    }
    found.found
}

#[test]
fn every_page_can_be_read_by_all_on_everything() {
    in_a_browser(Scripts::On, async |books, site, browser| {
        fill(books).await;
        let mut visitors: BTreeMap<&str, Visitor> = BTreeMap::new();
        let mut found = Vec::new();
        for row in rows() {
            let who = row.role.map_or("", Role::code);
            if !visitors.contains_key(who) {
                let visitor = match row.role {
                    None => site.stranger(),
                    Some(role) => site.visitor(role).await,
                };
                visitors.insert(who, visitor);
            }
            let visitor = visitors.get_mut(who).unwrap();
            browser.is(site, Some(visitor));
            found.extend(look(site, browser, visitor, &row).await);
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}

#[test]
fn what_the_pages_are_looked_at_with_sees_faults() {
    in_a_browser(Scripts::On, async |_, site, browser| {
        browser.goes(&site.url("/accessibilite")).await;
        assert_eq!(axe(browser).await, [""; 0]);
        assert_eq!(pale(browser).await, [""; 0]);
        assert_eq!(sticking_out(browser, 320).await, [""; 0]);
        let spoil = "(() => { const p = document.createElement('p'); p.textContent = 'Trop clair'; \
            p.style.color = '#999'; p.style.background = '#fff'; p.style.width = '500px'; \
            const image = document.createElement('img'); image.src = 'data:,'; \
            document.querySelector('main').append(p, image); })()";
        browser.asks(spoil).await;
        let out = sticking_out(browser, 320).await;
        assert!(out.len() > 1 && out[1].starts_with("p."), "{out:?}");
        browser.is_wide(1280);
        let found = axe(browser).await;
        assert!(found.iter().any(|one| one.starts_with("image-alt")), "{found:?}");
        let found = pale(browser).await;
        assert!(
            found.len() == 1 && found[0].starts_with("2.8") && found[0].contains("Trop clair"),
            "{found:?}"
        );
        browser.client.execute("fetch('https://exemple.fr').catch(() => {})", Vec::new()).await.unwrap();
        browser.asks("setTimeout(() => { throw new Error('essai') })").await;
        browser.waits("a turn of the page", "true").await;
        let complaints = browser.complaints();
        assert!(complaints.iter().any(|said| said.contains("Content Security Policy")), "{complaints:?}");
        assert!(complaints.iter().any(|said| said.contains("essai")), "{complaints:?}");
    });
}

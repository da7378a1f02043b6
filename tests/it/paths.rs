//! What people do, from the first page to the last, in a browser: with scripts and without, with a mouse and
//! with the keyboard alone.

use crate::browser::{Browser, Scripts, in_a_browser};
use crate::harness::{Books, PASSWORD, example};
use crate::web::Site;
use denier::app::Role;
use fantoccini::key::Key;
use serde_json::json;

/// People, envelopes and the aids of one of them.
async fn fill(books: &Books) {
    books.people(&example("littoral-2024/beneficiaires.csv")).await;
    books.envelopes(&example("littoral-2024/enveloppes.csv")).await;
    let header = crate::harness::AID_HEADER;
    let aids: Vec<String> = (1..=12)
        .map(|month| format!("A{month};CEJ;B00001;allocation mensuelle;2024-{month:02};;05/01/2024;28/{month:02}/2024;100,00;;;"))
        .collect();
    let file = books.file("aides.csv", format!("{header}\n{}\n", aids.join("\n")));
    books.aids_in(&file, denier::funding::Mode::Record).await;
}

fn key(key: Key) -> String {
    char::from(key).to_string()
}

/// Signs in, asks whether an aid is possible, looks at the person's file, and leaves.
async fn decide_and_leave(books: &Books, site: &Site<'_>, browser: &Browser, scripts: Scripts) {
    fill(books).await;
    books.user("saisie", Role::Clerk).await;
    browser.goes(&site.url("/decider?exercice=2024")).await;
    assert_eq!(browser.reads("h1").await, "Connexion");
    browser.types("#nom", "saisie").await;
    browser.types("#mot_de_passe", PASSWORD).await;
    browser.clicks("main button").await;
    assert_eq!(browser.reads("h1").await, "Décider d'une aide", "one lands where one was going");

    browser.types("#qui", "B00001").await;
    browser.clicks("main button").await;
    assert!(browser.reads(".name").await.contains("PETIT Aïcha"));
    browser.finds("#dispositif").await.select_by_value("PACEA").await.unwrap();
    if scripts == Scripts::Off {
        browser.clicks("form.question button").await;
    }
    browser.finds("#verdict ul.choices, #nature option, #verdict .answer").await;
    browser.types("#montant", "50").await;
    browser.types("#le", "10/12/2024").await;
    if scripts == Scripts::Off {
        browser.clicks("form.question button").await;
        browser.finds("#verdict h2").await;
    } else {
        // Nobody sends the form.
        let there = "document.querySelector('#verdict').textContent.length > 20 && location.search.includes('montant=50')";
        browser.waits("the verdict follows the question", there).await;
        let whole = browser
            .asks("document.querySelectorAll('h1').length + document.querySelectorAll('#verdict').length")
            .await;
        assert_eq!(whole, json!(2), "the verdict alone was replaced");
        assert!(!browser.client.current_url().await.unwrap().as_str().contains("fragment"));
    }

    browser.types("#recherche", "petit aïcha").await;
    browser.clicks("form.search button").await;
    browser.finds("h1").await;
    let address = browser.client.current_url().await.unwrap();
    assert!(!address.as_str().to_lowercase().contains("petit"), "no name in {address}");
    browser.clicks(".account button").await;
    assert_eq!(browser.reads("h1").await, "Connexion");
    browser.client.back().await.unwrap();
    browser.finds("#mot_de_passe").await;
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn one_decides_and_leaves_with_scripts() {
    in_a_browser(Scripts::On, async |books, site, browser| {
        decide_and_leave(books, site, browser, Scripts::On).await;
    });
}

#[test]
fn one_decides_and_leaves_without_scripts() {
    in_a_browser(Scripts::Off, async |books, site, browser| {
        decide_and_leave(books, site, browser, Scripts::Off).await;
    });
}

/// From a person's file to an aid, to its entry in the book, to the seal that proves it.
async fn go_down_to_the_proof(books: &Books, site: &Site<'_>, browser: &Browser) {
    fill(books).await;
    let reader = site.visitor(Role::Reader).await;
    browser.is(site, Some(&reader));
    browser.goes(&site.url("/personnes/B00001?exercice=2024")).await;
    browser.clicks("main .scroll tbody a[href*='/aides/']").await;
    browser.finds("nav.trail a[href*='/aides']").await;
    assert!(browser.reads("h1").await.starts_with("Aide A"));
    browser.clicks("main a[href*='/ecritures/']").await;
    browser.finds("nav.trail a[href*='/etats/journal']").await;
    assert!(browser.reads("h1").await.starts_with("Écriture AIDES 2024-"));
    assert!(browser.reads("main").await.to_lowercase().contains("sceau"));
    assert_eq!(browser.complaints(), [""; 0]);
}

/// A FEC is read, looked at, imported: its page says what was.
async fn import_a_fec(books: &Books, site: &Site<'_>, browser: &Browser) {
    let clerk = site.visitor(Role::Clerk).await;
    browser.is(site, Some(&clerk));
    browser.goes(&site.url("/imports/nouveau")).await;
    browser.finds("#fichier").await.send_keys(&example("littoral-2024/FEC-2024.txt")).await.unwrap();
    browser.clicks("main form button.main").await;
    assert!(browser.reads("p.what").await.contains("FEC-2024.txt"));
    let lots = async || denier::app::list_lots(&books.store).await.unwrap().rows.len();
    assert_eq!(lots().await, 0, "nothing is written before one agrees");
    browser.clicks("main form[method=post] button.main").await;
    browser.finds("main a[href*='/annuler']").await;
    assert!(browser.reads("h1").await.contains("lot "));
    assert_eq!(lots().await, 1);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_figure_leads_to_its_proof_with_and_without_scripts() {
    for scripts in [Scripts::On, Scripts::Off] {
        in_a_browser(scripts, async |books, site, browser| go_down_to_the_proof(books, site, browser).await);
    }
}

#[test]
fn a_fec_is_imported_with_and_without_scripts() {
    for scripts in [Scripts::On, Scripts::Off] {
        in_a_browser(scripts, async |books, site, browser| import_a_fec(books, site, browser).await);
    }
}

/// What the element that has the focus is, and whether one sees it and that it has it.
const FOCUSED: &str = "(() => { const here = document.activeElement, box = here.getBoundingClientRect(), style = getComputedStyle(here); \
    const seen = box.width > 0 && box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight; \
    return `${here.tagName.toLowerCase()} ${here.id || here.textContent.trim().slice(0, 30)}` + \
        (here === document.body || (seen && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) ? '' : ' INVISIBLE'); })()";

#[test]
fn the_keyboard_is_enough() {
    in_a_browser(Scripts::On, async |books, site, browser| {
        fill(books).await;
        let clerk = site.visitor(Role::Clerk).await;
        browser.is(site, Some(&clerk));
        let focused = async || browser.asks(FOCUSED).await.as_str().unwrap().to_string();
        let search = "document.activeElement.id === 'recherche'";

        // By Tab alone: first what skips the menu, then all of it, always in sight.
        browser.goes(&site.url("/personnes")).await;
        browser.presses(&key(Key::Tab)).await;
        assert_eq!(focused().await, "a Aller au contenu");
        let mut order = Vec::new();
        for _ in 0..40 {
            browser.presses(&key(Key::Tab)).await;
            order.push(focused().await);
            if order.last().is_some_and(|last| last.starts_with("body")) {
                break;
            }
        }
        assert!(order.iter().all(|one| !one.ends_with("INVISIBLE")), "{order:#?}");
        for wanted in [
            "input recherche",
            "button Se déconnecter",
            "a Décider",
            "input qui",
            "button Raccourcis du clavier",
        ] {
            assert!(order.iter().any(|one| one == wanted), "{wanted} in {order:#?}");
        }
        browser.goes(&site.url("/personnes")).await;
        browser.presses(&key(Key::Tab)).await;
        browser.presses(&key(Key::Enter)).await;
        assert_eq!(browser.asks("document.activeElement.id").await, json!("contenu"));
        browser.presses(&key(Key::Tab)).await;
        assert_eq!(focused().await, "input qui", "the menu was skipped");

        // Letters are letters in a field, and keys elsewhere.
        browser.presses("/g?").await;
        assert_eq!(browser.asks("document.activeElement.value").await, json!("/g?"));
        browser.goes(&site.url("/personnes")).await;
        browser.presses("/").await;
        assert_eq!(browser.asks(search).await, json!(true));
        browser.presses("B00001").await;
        browser.presses(&format!("{}{}", key(Key::Control), key(Key::Enter))).await;
        browser.waits("the form was sent", "location.pathname === '/personnes/B00001'").await;

        // The rows of a table.
        let row = "[...document.querySelectorAll('main tbody tr')].filter((row) => row.querySelector('a[href]')).indexOf(document.activeElement.closest('tr'))";
        if browser.asks("document.querySelector('main tbody tr a[href]') !== null").await == json!(true) {
            for (pressed, at) in [("j", 0), ("j", 1), ("k", 0)] {
                browser.presses(pressed).await;
                assert_eq!(browser.asks(row).await, json!(at), "{pressed}");
            }
            browser.presses(&key(Key::Down)).await;
            assert_eq!(browser.asks(row).await, json!(1));
        }

        // To a page of the menu.
        browser.presses("gd").await;
        browser.waits("the page of the menu", "location.pathname === '/decider'").await;

        // The list of keys, which also puts them off.
        browser.presses("?").await;
        assert!(browser.reads("dialog[open]").await.contains("chercher une personne"));
        assert_eq!(
            browser.asks("document.querySelector('dialog').contains(document.activeElement)").await,
            json!(true)
        );
        browser.clicks("#touches-actives").await;
        browser.presses(&key(Key::Escape)).await;
        browser.waits("the list closed", "!document.querySelector('dialog').open").await;
        browser.presses("/").await;
        assert_eq!(browser.asks(search).await, json!(false));
        browser.goes(&site.url("/personnes")).await;
        browser.presses("/").await;
        assert_eq!(browser.asks(search).await, json!(false), "it stays so");
        browser.clicks(".foot button").await;
        browser.clicks("#touches-actives").await;
        browser.clicks("dialog button").await;
        browser.presses("/").await;
        assert_eq!(browser.asks(search).await, json!(true));
        assert_eq!(browser.complaints(), [""; 0]);
    });
}

#[test]
fn a_form_is_sent_once_and_its_faults_are_read_first() {
    in_a_browser(Scripts::On, async |_, site, browser| {
        browser.signs_in(site, "direction", PASSWORD).await;
        browser.goes(&site.url("/compte")).await;
        let twice = "(() => { let sent = 0; addEventListener('submit', (event) => { sent += event.defaultPrevented ? 0 : 1; event.preventDefault(); }); \
            const form = document.querySelector('main form[method=post]'); form.requestSubmit(); form.requestSubmit(); return sent; })()";
        assert_eq!(browser.asks(twice).await, json!(1));
        browser.waits("the button is off", "document.querySelector('main form button').disabled").await;
        browser.asks("dispatchEvent(new PageTransitionEvent('pageshow'))").await;
        assert_eq!(
            browser.asks("document.querySelector('main form button').disabled").await,
            json!(false),
            "back on the page"
        );

        browser.goes(&site.url("/compte")).await;
        browser.types("#actuel", "ce n'est pas lui").await;
        browser.types("#nouveau", "une tout autre phrase").await;
        browser.types("#encore", "une tout autre phrase").await;
        browser.clicks("main form button").await;
        assert!(browser.reads("main .fault").await.contains("Ce n'est pas le mot de passe actuel"));
        assert_eq!(browser.asks("document.activeElement.className").await, json!("fault"));
        browser.clicks("main .fault a").await;
        assert_eq!(
            browser.asks("document.activeElement.id").await,
            json!("actuel"),
            "each fault leads to its field"
        );
    });
}

#[test]
fn the_end_of_a_session_is_announced_and_put_off() {
    in_a_browser(Scripts::On, async |_, site, browser| {
        // Delays of minutes are kept for the test to end.
        let kept = "window.late = []; const soon = window.setTimeout; \
            window.setTimeout = (work, delay, ...more) => delay < 60000 || !delay ? soon(work, delay, ...more) : window.late.push([delay, work]);";
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": kept}));
        browser.signs_in(site, "direction", PASSWORD).await;
        assert_eq!(browser.asks("late.map(([delay]) => delay)").await, json!([42 * 60_000, 45 * 60_000]));
        assert_eq!(browser.asks("document.querySelector('.session').hidden").await, json!(true));
        browser.asks("late[0][1]()").await;
        assert!(browser.reads(".session[role=alert]").await.contains("3 minutes"));
        browser.clicks(".session button").await;
        browser
            .waits("the session goes on", "document.querySelector('.session').hidden && late.length === 4")
            .await;
        browser.asks("late[3][1]()").await;
        assert!(browser.reads(".session").await.contains("Votre session est terminée"));
        assert_eq!(
            browser.asks("document.querySelector('.session a').getAttribute('href')").await,
            json!("/")
        );
    });
}

#[test]
fn a_long_table_is_filtered_as_one_types() {
    in_a_browser(Scripts::On, async |books, site, browser| {
        fill(books).await;
        let reader = site.visitor(Role::Reader).await;
        browser.is(site, Some(&reader));
        browser.goes(&site.url("/personnes/B00001")).await;
        browser.finds(".scroll table").await;
        let shown = "[...document.querySelectorAll('.filter + .scroll tbody tr:not(.heading)')].filter((row) => !row.hidden).length";
        assert_eq!(browser.asks(shown).await, json!(12));
        browser.types("#filtre-0", "12/2024").await;
        assert_eq!(browser.asks(shown).await, json!(1));
        assert!(browser.reads(".filter [role=status]").await.starts_with("1 sur 12"));
    });
}

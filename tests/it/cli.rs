//! The program as its users run it: words, exit codes, JSON.

use crate::harness::example;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// A folder with a base in it, and the program run there.
pub struct Shell {
    pub folder: tempfile::TempDir,
}

impl Shell {
    pub fn new() -> Shell {
        let shell = Shell { folder: tempfile::tempdir().expect("a folder") };
        assert_eq!(
            shell.run(&["init", "--nom", "Mission locale d'essai", "--exercice", "2024"]).status.code(),
            Some(0)
        );
        shell
    }

    pub fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_denier"));
        command.current_dir(self.folder.path()).args(words).env_remove("DENIER_BASE").env("USER", "claire");
        command.env("DENIER_MOT_DE_PASSE", "un mot de passe").output().expect("the program runs")
    }

    pub fn code(&self, words: &[&str]) -> i32 {
        self.run(words).status.code().expect("an exit code")
    }

    pub fn text(&self, words: &[&str]) -> String {
        String::from_utf8(self.run(words).stdout).expect("UTF-8")
    }

    pub fn error(&self, words: &[&str]) -> String {
        String::from_utf8(self.run(words).stderr).expect("UTF-8")
    }

    pub fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str(&self.text(&words)).expect("one JSON document")
    }
}

#[test]
fn an_aid_is_named_by_its_reference_or_expressly_by_its_number() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["importer", "beneficiaires", &example("littoral-2024/beneficiaires.csv")]), 0);
    let header = "reference;dispositif;numero_beneficiaire;nature;mois;date_decision;montant";
    let row = |reference: &str, person: &str| {
        format!("{reference};CEJ;{person};allocation mensuelle;2024-11;05/11/2024;100,00")
    };
    let file = shell.folder.path().join("a.csv");
    std::fs::write(&file, [header.to_string(), row("2", "B00026"), row("B", "B00027")].join("\n")).unwrap();
    let file = file.to_string_lossy().into_owned();
    assert_eq!(shell.code(&["importer", "aides", &file, "--mode", "constater"]), 0);
    let cancel = |of: &[&str]| {
        let words = [&["aide", "annuler"], of, &["--motif", "erreur", "--date", "2025-02-15"]].concat();
        (shell.code(&words), shell.error(&words))
    };
    let (number, other) =
        (shell.json(&["aide", "verser", "2", "--le", "2024-11-20", "--a-blanc"])["aide"].to_string(), "2");
    assert_eq!(shell.code(&["aide", "verser", "--numero", &number, "--le", "2024-11-20", "--a-blanc"]), 0);
    assert_eq!(cancel(&[other]).0, 0);
    // The reference is free: it is not the number of the aid that is left.
    let (code, said) = cancel(&[other]);
    assert_eq!(code, 1);
    assert!(said.contains("aucune aide vivante ne porte la référence « 2 »"), "{said}");
    let (code, said) = cancel(&["--numero", &number]);
    assert_eq!(code, 1);
    let expected = format!("l'aide n°\u{a0}{number} a été annulée le 15/02/2025 13:00 par claire");
    assert!(said.contains(&expected), "{said}");
    assert_eq!(shell.code(&["aide", "verser", "B", "--le", "2024-11-20", "--a-blanc"]), 0, "it is left");
    assert_eq!(cancel(&["--numero", "99"]).1.trim_end(), "denier : aucune aide n'a le numéro 99");
    for words in [&["aide", "verser"][..], &["aide", "verser", "B", "--numero", "2"]] {
        assert_eq!(shell.code(words), 2, "{words:?}");
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let shell = Shell::new();
    let people = example("littoral-2024/cas-limites-beneficiaires.csv");
    let cases = example("littoral-2024/cas-limites.csv");
    assert_eq!(shell.code(&["importer", "beneficiaires", &people]), 0);
    assert_eq!(shell.code(&["importer", "aides", &cases, "--a-blanc"]), 1, "refused or irregular lines");
    assert_eq!(shell.code(&["importer", "aides", "absent.csv"]), 3);
    assert_eq!(shell.code(&["importer", "aides", "."]), 3);
    assert_eq!(shell.code(&["importer", "aides", &cases, "--mode", "peut-etre"]), 2);
    assert_eq!(shell.code(&["etats", "aides", "--par", "couleur"]), 2);
    assert_eq!(shell.code(&["inconnu"]), 2);
    assert_eq!(shell.code(&["importer", "aides", &cases, "--profil", "inconnu"]), 2);
    assert_eq!(shell.code(&["etats", "aides", "--base", "absente.db"]), 3);
    assert_eq!(shell.code(&["etats", "aides", "--base", &people]), 3, "a file that is no base");
    assert_eq!(shell.code(&["init", "--nom", "Autre", "--exercice", "2024"]), 3, "a base is never replaced");
    assert_eq!(shell.code(&["importer", "annuler", "99", "--motif", "essai"]), 1);
    assert_eq!(shell.code(&["verifier"]), 0);
    assert_eq!(shell.code(&["--help"]), 0);
    std::fs::write(shell.folder.path().join("vide.csv"), "").unwrap();
    assert_eq!(shell.code(&["importer", "aides", "vide.csv"]), 0, "an empty file is 0 lines");
    for words in [&["etats", "aides", "--base", "absente.db"][..], &["importer", "aides", "."]] {
        assert!(shell.text(words).is_empty(), "no document when the machinery fails");
    }
}

#[test]
fn messages_are_french() {
    let shell = Shell::new();
    let english = [
        "error",
        "Usage",
        "invalid",
        "unexpected",
        "required",
        "Print help",
        "No such file",
        "possible values",
        "default",
    ];
    let tried: &[&[&str]] = &[
        &["inconnu"],
        &[],
        &["importer"],
        &["importer", "aides"],
        &["importer", "aides", "x.csv", "--mode", "autre"],
        &["importer", "annuler", "trois", "--motif", "x"],
        &["etats", "aides", "--exercice", "deux mille"],
        &["etats", "aides", "--selon"],
        &["--date", "hier", "verifier"],
        &["etats", "aides", "--exercise", "2024"],
    ];
    for words in tried {
        let message = shell.error(words);
        assert!(message.starts_with("denier : "), "{words:?}: {message}");
        for word in english {
            assert!(!message.contains(word), "{words:?} says « {word} »: {message}");
        }
    }
    for words in [
        &["--help"][..],
        &["importer", "--help"],
        &["importer", "aides", "--help"],
        &["etats", "aides", "--help"],
    ] {
        let help = shell.text(words);
        assert!(help.contains("Utilisation\u{a0}:"), "{help}");
        for word in english {
            assert!(!help.contains(word), "{words:?} says « {word} »: {help}");
        }
    }
}

#[test]
fn a_derogation_is_asked_approved_used_and_listed() {
    let shell = Shell::new();
    let file = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text).unwrap();
    file("p.csv", "numero;nom;prenom;date_naissance\nP1;MARTIN;Léa;15/03/2003\n");
    file(
        "a.csv",
        "reference;dispositif;numero_beneficiaire;mois;date_decision;date_paiement;montant\nA1;CEJ;P1;2024-05;05/05/2024;25/05/2024;700,00\n",
    );
    assert_eq!(shell.code(&["importer", "beneficiaires", "p.csv"]), 0);
    assert_eq!(shell.code(&["utilisateur", "creer", "marc", "--role", "validation"]), 0);
    let import = ["importer", "aides", "a.csv", "--mode", "decider"];
    assert_eq!(shell.code(&import), 1);
    let ask = "derogation demander --dispositif CEJ --beneficiaire P1 --mois 2024-05 --regle plafond_majeur";
    let ask: Vec<&str> = ask.split(' ').chain(["--motif", "rupture de logement"]).collect();
    for amount in ["0", "-5", "dix"] {
        let words: Vec<&str> = ask.iter().copied().chain(["--montant", amount]).collect();
        assert_eq!(shell.code(&words), 2, "{amount}: {}", shell.error(&words));
    }
    let ask: Vec<&str> = ask.into_iter().chain(["--montant", "700,00", "--cle", "k1"]).collect();
    let expected = "Dérogation n° 1 demandée : P1, CEJ, mai 2024, 700,00\u{a0}€ au plus, règle plafond_majeur.\nElle ne vaut rien tant qu'une deuxième personne ne l'a pas approuvée :\n  denier derogation approuver 1 --approbateur NOM\n";
    assert_eq!(shell.text(&ask), expected);
    assert_eq!(shell.text(&ask), expected, "the same key");
    let approve = ["derogation", "approuver", "1", "--approbateur"];
    let by = |name: &'static str| approve.into_iter().chain([name]).collect::<Vec<_>>();
    assert_eq!((shell.code(&by("claire")), shell.code(&import)), (1, 1), "not by who asked");
    let approved = shell.json(&by("marc"));
    assert_eq!(
        (&approved["numero"], &approved["etat"], &approved["decidee_par"]),
        (&1.into(), &"approuvée".into(), &"marc".into())
    );
    let report = shell.json(&import);
    assert_eq!((&report["acceptes"], &report["irreguliers"]), (&1.into(), &0.into()));
    assert_eq!(report["constats"][0]["code"], "accorde_par_derogation");
    let register = shell.json(&["etats", "derogations", "--exercice", "2024"]);
    for (key, expected) in [
        ("numero", Value::from(1)),
        ("beneficiaire", "P1".into()),
        ("montant", "700.00".into()),
        ("regles", "plafond_majeur".into()),
        ("motif", "rupture de logement".into()),
        ("demandee_par", "claire".into()),
        ("decidee_par", "marc".into()),
        ("motif_refus", Value::Null),
        ("etat", "utilisée".into()),
        ("reference", "A1".into()),
        ("lot", 2.into()),
        ("ligne", 2.into()),
    ] {
        assert_eq!(register[0][key], expected, "{key}");
    }
    let csv = shell.text(&["etats", "derogations", "--format", "csv"]);
    assert!(
        csv.contains("Demandée par;Demandée le;Décidée par;Décidée le;Motif du refus;État;Aide;Lot;Ligne"),
        "{csv}"
    );
    assert!(shell.text(&["etats", "derogations"]).contains("utilisée  A1"));
    for (form, mark) in [("pdf", &b"%PDF"[..]), ("xlsx", b"PK")] {
        let words = ["etats", "derogations", "--format", form, "--sortie", form];
        assert_eq!(shell.code(&words), 0);
        assert!(std::fs::read(shell.folder.path().join(form)).unwrap().starts_with(mark), "{form}");
    }
    assert_eq!(shell.code(&["derogation", "refuser", "1", "--motif", "trop tard"]), 1, "decided once");
    assert_eq!(shell.code(&["verifier"]), 0);
}

#[test]
fn an_aid_is_granted_paid_found_undue_and_refused() {
    let shell = Shell::new();
    let file = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text).unwrap();
    file("p.csv", "numero;nom;prenom;date_naissance\nP1;MARTIN;Léa;15/03/2003\n");
    assert_eq!(shell.code(&["importer", "beneficiaires", "p.csv"]), 0);
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    let grant = "aide accorder --dispositif CEJ --beneficiaire P1 --mois 2024-05 --le 2024-05-05 --montant";
    let grant = |rest: &'static str| words(grant).into_iter().chain(words(rest)).collect::<Vec<_>>();
    assert_eq!(shell.code(&grant("0")), 2);
    assert_eq!(shell.code(&["aide", "accorder", "--dispositif", "CEJ"]), 2);
    let refused = shell.json(&grant("552,30"));
    assert_eq!((&refused["accordee"], &refused["constats"][0]["reste"]), (&false.into(), &"552.29".into()));
    assert_eq!((shell.code(&grant("552,30")), shell.code(&grant("400 --a-blanc"))), (1, 0));
    for _ in 0..2 {
        let granted = shell.json(&grant("400,00 --cle k1"));
        assert_eq!((&granted["reference"], &granted["aide"]), (&"AID-2024-000001".into(), &1.into()));
        assert_eq!(granted["ecritures"], serde_json::json!(["AIDES-2024-0001"]));
        assert!(granted["verdict"]["raisons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
    }
    let pay = words("aide verser AID-2024-000001 --le 2024-05-20 --montant 150,00");
    let said = "Versé : 150,00\u{a0}€ de l'aide AID-2024-000001, le 20/05/2024 ; reste 250,00\u{a0}€. Écriture AIDES-2024-0002, lot 3.\n";
    assert_eq!(shell.text(&pay), said);
    assert_eq!(shell.code(&words("aide verser AID-2024-000001 --le 2024-05-20 --montant 250,01")), 1);
    let undue = words("aide indu AID-2024-000001 --le 2024-06-01 --montant 50,00 --motif erreur");
    assert_eq!(shell.json(&undue)["numero"], 1);
    assert_eq!(
        shell.json(&words("aide recouvrer 1 --le 2024-06-02 --montant 30,00"))["genre"],
        "rendu_au_financeur"
    );
    assert_eq!(shell.code(&words("aide recouvrer 1 --non-valeur")), 2, "a loss has a reason");
    assert_eq!(shell.json(&words("etats indus"))[0]["reste"], "20.00");
    let refuse = words(
        "aide refuser --dispositif CEJ --beneficiaire P1 --mois 2024-05 --le 2024-05-06 --montant 552,29 --sortie l.pdf",
    );
    let letter = shell.json(&refuse);
    assert_eq!((&letter["numero"], &letter["lettre"]), (&"REF-2024-000001".into(), &"l.pdf".into()));
    assert!(std::fs::read(shell.folder.path().join("l.pdf")).unwrap().starts_with(b"%PDF"));
    assert_eq!(shell.json(&words("etats refus"))[0]["regles"], "plafond_majeur");
    assert_eq!(shell.code(&words("aide annuler AID-2024-000001 --motif erreur")), 0);
    assert_eq!(shell.code(&["verifier"]), 0);
}

#[test]
fn json_is_that_of_the_contract() {
    let shell = Shell::new();
    shell.run(&["importer", "beneficiaires", &example("littoral-2024/cas-limites-beneficiaires.csv")]);
    shell.run(&["importer", "enveloppes", &example("littoral-2024/enveloppes.csv")]);
    let report =
        shell.json(&["importer", "aides", &example("littoral-2024/cas-limites.csv"), "--mode", "decider"]);
    for (key, value) in [
        ("fichier", Value::from("cas-limites.csv")),
        ("lot", 3.into()),
        ("lus", 33.into()),
        ("acceptes", 11.into()),
        ("irreguliers", 0.into()),
        ("deja_importes", 1.into()),
        ("refuses", 21.into()),
    ] {
        assert_eq!(report[key], value, "{key}");
    }
    let finding =
        report["constats"].as_array().unwrap().iter().find(|finding| finding["ligne"] == 13).unwrap();
    assert_eq!(finding["colonne"], "montant");
    assert_eq!(finding["code"], "plafond_depasse");
    assert_eq!(finding["gravite"], "refus");
    assert_eq!(finding["reste"], "252.29");
    assert_eq!(finding["mode"], "decider");
    for key in ["message", "regle", "article", "conseil"] {
        assert!(finding[key].is_string(), "{key}");
    }
    let aids = shell.json(&["etats", "aides", "--exercice", "2024"]);
    let keys: Vec<&String> = aids[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["beneficiaires", "cle", "montant", "nombre"]);
    let pairs = shell.json(&["etats", "aides", "--par", "dispositif", "--par", "mois"]);
    assert!(pairs[0]["cle"].is_string() && pairs[0]["cle2"].is_string());
    let verified = shell.json(&["verifier"]);
    assert_eq!(verified["integre"], true);
    assert!(
        shell
            .text(&["etats", "aides", "--format", "csv"])
            .starts_with("\u{feff}Dispositif;Versements;Bénéficiaires;Montant\r\n")
    );
}

#[test]
fn the_same_key_is_answered_as_before() {
    let shell = Shell::new();
    let people = example("littoral-2024/cas-limites-beneficiaires.csv");
    let import = ["importer", "beneficiaires", &people, "--cle", "K1"];
    assert_eq!(shell.json(&import), shell.json(&import));
    assert_eq!(
        shell.code(&["importer", "enveloppes", &example("littoral-2024/enveloppes.csv"), "--cle", "K1"]),
        1
    );
}

#[test]
fn users_have_roles_and_a_second_person_proves_themselves() {
    let shell = Shell::new();
    assert_eq!(shell.code(&["utilisateur", "creer", "paul", "--role", "lecture"]), 0);
    assert_eq!(shell.code(&["utilisateur", "creer", "anne", "--role", "validation"]), 0);
    let people = example("littoral-2024/cas-limites-beneficiaires.csv");
    assert_eq!(
        shell.code(&["--utilisateur", "paul", "importer", "beneficiaires", &people]),
        1,
        "paul only reads"
    );
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-rules").to_string_lossy().into_owned();
    assert_eq!(shell.code(&["regles", "publier", &rules, "--approbateur", "anne"]), 0);
    assert_eq!(
        shell.code(&["regles", "publier", &rules, "--approbateur", "claire"]),
        1,
        "oneself is not a second person"
    );
    assert_eq!(
        shell.code(&["regles", "publier", &rules, "--approbateur", "paul"]),
        1,
        "paul may not approve"
    );
    assert_eq!(shell.code(&["utilisateur", "role", "claire", "saisie"]), 1, "someone stays in charge");
    let wrong = Command::new(env!("CARGO_BIN_EXE_denier"))
        .current_dir(shell.folder.path())
        .args(["regles", "publier", &rules, "--approbateur", "anne"])
        .env("USER", "claire")
        .env("DENIER_MOT_DE_PASSE", "un autre mot")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&wrong.stderr).contains("un autre mot"), "a password is never shown");
}

#[test]
fn the_demo_is_the_session_of_the_readme() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_denier")).current_dir(folder.path()).args(["demo"]).output().unwrap()
    };
    let first = run();
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    let said = String::from_utf8(first.stdout).unwrap();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let session =
        readme.split("```text\n").nth(1).expect("a session in the README").split("```").next().unwrap();
    let mut shown = 0;
    for line in session.lines().filter(|line| {
        // What follows the day of the run: the head of the chain, instants, numbers of attestations.
        let dated = ["Tête de la chaîne", "provisoire, importé le", "_AT-"];
        !line.is_empty()
            && !line.starts_with('$')
            && *line != "…"
            && !dated.iter().any(|word| line.contains(word))
    }) {
        assert!(
            said.lines().any(|other| other.trim_end() == line),
            "the README shows a line that the demo does not say: {line}"
        );
        shown += 1;
    }
    assert!(shown > 20, "the README shows the session");
    assert_eq!(run().status.code(), Some(1), "the demo never touches a base that exists");
}

#[test]
fn attestations_are_given_out_and_recognised() {
    let shell = Shell::new();
    let write = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text).unwrap();
    write(
        "p.csv",
        "numero;nom;prenom;date_naissance\nP1;MARTIN;Anne;15/03/2003\nP2;DURAND;Léa 😀;15/03/2003\n",
    );
    write(
        "a.csv",
        "reference;dispositif;numero_beneficiaire;mois;date_decision;date_paiement;montant\n\
         A1;CEJ;P1;2024-05;05/05/2024;25/05/2024;200,00\nA2;CEJ;P2;2024-05;05/05/2024;25/05/2024;300,00\n",
    );
    assert_eq!(shell.code(&["importer", "beneficiaires", "p.csv"]), 0);
    assert_eq!(shell.code(&["importer", "aides", "a.csv"]), 0);
    let all = shell.run(&["--date", "2025-02-15", "attester", "--tous"]);
    assert_eq!(all.status.code(), Some(1), "one cannot be written");
    let said = String::from_utf8(all.stdout).unwrap();
    assert!(said.contains("1 attestation délivrée, 0 réédition à l'identique, dans attestations"), "{said}");
    assert!(said.contains("\nP2 : refusée, le caractère « 😀 » (U+1F600)"), "{said}");
    assert_eq!(std::fs::read_dir(shell.folder.path().join("attestations")).unwrap().count(), 1);
    let given = shell.text(&["attester", "P1", "--sortie", "une.pdf"]);
    let code =
        given.lines().last().unwrap().strip_prefix("Code de vérification : ").expect("a code").to_string();
    assert!(
        given.starts_with("Attestation AT-2025-000001 déjà délivrée, la même à l'octet près : une.pdf"),
        "{given}"
    );
    let mut bytes = std::fs::read(shell.folder.path().join("une.pdf")).unwrap();
    assert_eq!(bytes, std::fs::read(shell.folder.path().join("attestations/P1_AT-2025-000001.pdf")).unwrap());
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(shell.folder.path().join("retouchee.pdf"), bytes).unwrap();
    for (what, exit, beginning) in [
        ("une.pdf", 0, "AUTHENTIQUE : attestation AT-2025-000001, telle qu'elle a été délivrée."),
        (code.to_uppercase().as_str(), 0, "AUTHENTIQUE"),
        (
            "retouchee.pdf",
            1,
            "ALTÉRÉE : l'attestation AT-2025-000001 existe, mais ce n'est pas ce qui a été délivré.",
        ),
        ("p.csv", 1, "INCONNUE : cette base n'a jamais délivré ce document."),
    ] {
        let output = shell.run(&["attester", "verifier", what]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{what}: {said}");
        assert!(said.starts_with(beginning), "{what}: {said}");
    }
    assert_eq!(shell.code(&["attester", "verifier", "absent.pdf"]), 2);
    assert_eq!(shell.code(&["attester", "P2"]), 1);
    assert_eq!(shell.code(&["attester"]), 2);
}

#[test]
fn a_fec_says_what_it_changes() {
    let shell = Shell::new();
    let text = std::fs::read(example("littoral-2024/FEC-2024.txt")).unwrap();
    std::fs::write(shell.folder.path().join("FEC-2024.txt"), &text).unwrap();
    let said = shell.text(&["importer", "fec", "FEC-2024.txt"]);
    assert!(said.contains("802 lignes lues = 802 gardées + 0 refusée"), "{said}");
    assert!(said.contains("exercice 2024, provisoire"), "{said}");
    assert_eq!(shell.code(&["importer", "affectation", &example("littoral-2024/affectation.csv")]), 0);
    let said = shell.text(&[
        "affecter",
        "149",
        "--financeur",
        "CD",
        "--convention",
        "CD-BRSA",
        "--motif",
        "avenant",
    ]);
    assert!(said.contains("741100"), "{said}");
    let result = shell.json(&["etats", "compte-de-resultat"]);
    assert_eq!((&result["charges"], &result["produits"]), (&"5625711.51".into(), &"5692218.20".into()));
    for state in ["bilan", "subventions", "balance", "grand-livre", "journaux"] {
        assert_eq!(shell.code(&["etats", state]), 0, "{state}");
    }
    for (format, beginning) in [("pdf", b"%PDF"), ("xlsx", b"PK\x03\x04")] {
        let name = format!("bilan.{format}");
        assert_eq!(shell.code(&["etats", "bilan", "--format", format, "--sortie", &name]), 0, "{format}");
        let bytes = std::fs::read(shell.folder.path().join(&name)).unwrap();
        assert!(bytes.starts_with(beginning), "{format}");
    }
    assert_eq!(shell.code(&["importer", "fec", "FEC-2024.txt", "--definitif"]), 0);
    let other: String = text.iter().copied().map(char::from).collect();
    std::fs::write(shell.folder.path().join("autre.txt"), other.replace("Notification ", "Avis ")).unwrap();
    assert_eq!(shell.code(&["verifier"]), 0);
    assert_eq!(shell.code(&["importer", "annuler", "1", "--motif", "essai"]), 1);
    assert_eq!(shell.code(&["importer", "fec", "autre.txt"]), 1, "another FEC of a sealed year");
    assert_eq!(shell.code(&["importer", "fec", "FEC-2024.txt"]), 0, "the same is known");
}

#[test]
fn rules_are_shown_written_and_verified() {
    let shell = Shell::new();
    let page = shell.text(&["regles", "montrer", "cej", "--au", "2024-05-01", "--date", "2026-11-22"]);
    assert!(page.starts_with("Contrat d'engagement jeune (CEJ)\nAu 1er\u{a0}mai 2024, "), "{page}");
    assert!(
        page.contains("Règles en vigueur dans la base, fichier dispositifs/cej.toml, version "),
        "{page}"
    );
    assert!(page.contains(", publiée le"), "{page}");
    let json = shell.json(&["regles", "montrer", "CEJ", "--au", "2024-05-01"]);
    assert_eq!(
        (&json["code"], &json["mois"], &json["ouvert"]),
        (&"CEJ".into(), &"2024-05".into(), &true.into())
    );
    assert_eq!(json["a_verifier"].as_array().unwrap().len(), 8);
    let value =
        json["textes"].as_array().unwrap().iter().find(|text| text["code"] == "forfait_majeur").unwrap();
    assert_eq!((&value["valeur"], &value["depuis"]), (&"552.29".into(), &"2024-04-01".into()));
    assert_eq!(json["changements"][0]["le"], "2024-11-01");
    let listed = shell.json(&["regles", "montrer"]);
    assert_eq!(listed.as_array().unwrap().len(), 16, "the dispositifs in force, not the models");
    assert_eq!(shell.code(&["regles", "montrer", "PACEA", "--format", "pdf", "--sortie", "pacea.pdf"]), 0);
    let bytes = std::fs::read(shell.folder.path().join("pacea.pdf")).unwrap();
    assert!(bytes.starts_with(b"%PDF"));
    assert_eq!(shell.code(&["regles", "montrer", "PACEA", "--format", "csv"]), 2);
    assert_eq!(shell.code(&["regles", "montrer", "PACA"]), 1);
    assert!(shell.error(&["regles", "montrer", "PACA"]).contains("vouliez-vous « PACEA » ?"));
    // Without any base, the rules of the program; a base that is named must be there.
    std::fs::create_dir(shell.folder.path().join("ailleurs")).unwrap();
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_denier"))
        .current_dir(shell.folder.path().join("ailleurs"))
        .env_remove("DENIER_BASE")
        .args(["regles", "montrer", "CEJ"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&elsewhere.stdout).contains("Règles du programme Denier "));
    assert_eq!(shell.code(&["regles", "montrer", "CEJ", "--base", "absente.db"]), 3);
    assert_eq!(shell.code(&["regles", "nouveau", "PERMIS"]), 0);
    let written = std::fs::read(shell.folder.path().join("permis.toml")).unwrap();
    assert_eq!(shell.code(&["regles", "nouveau", "PERMIS"]), 1, "a file is never replaced");
    assert_eq!(written, std::fs::read(shell.folder.path().join("permis.toml")).unwrap());
    assert_eq!(shell.code(&["regles", "nouveau", "permis"]), 2);
    assert_eq!(shell.code(&["regles", "nouveau", "CEJ"]), 1, "it is there already");
    assert_eq!(shell.code(&["regles", "verifier", "permis.toml"]), 0);
    let shown = shell.text(&["regles", "montrer", "PERMIS", "--regles", "permis.toml", "--au", "2025-05-01"]);
    assert!(shown.contains("Règles de permis.toml, non publiées"), "{shown}");
    let faulty =
        String::from_utf8(written).unwrap().replace("libelle = \"Aide PERMIS\"", "libele = \"Aide PERMIS\"");
    std::fs::write(shell.folder.path().join("faute.toml"), faulty).unwrap();
    let report = shell.run(&["regles", "verifier", "faute.toml"]);
    assert_eq!(report.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(report.stdout).unwrap().lines().skip(2).take(5).collect::<Vec<_>>(),
        [
            "1 faute :",
            "",
            "  dispositifs/faute.toml:15:1 : clé inconnue ici « libele » ; vouliez-vous « libelle » ? (clés possibles : base_legale, code, exemple, financeur, format, gestion, libelle, natures, ouverture, payeur, regle, valeur)",
            "        15 | libele = \"Aide PERMIS\"",
            "           | ^",
        ]
    );
    assert_eq!(shell.code(&["regles", "publier", "faute.toml"]), 1);
    assert_eq!(shell.code(&["regles", "publier", "permis.toml"]), 0);
    assert!(shell.text(&["regles", "montrer", "PERMIS"]).contains("Règles en vigueur dans la base"));
}

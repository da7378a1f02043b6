//! A dispositif that no code knows works from its rule file alone, from import to statement.

use crate::harness::{AID_HEADER, PEOPLE_HEADER, codes, on_both_engines};
use denier::app;
use denier::funding::DateKind::Payment;
use denier::statements::Axis;

pub const PERMIS: &str = r#"
format = 1
code = "PERMIS"
libelle = "Aide au permis de conduire"
financeur = "VILLE-X"
payeur = "VILLE-X"
base_legale = "Règlement communal du 12 mars 2024"

[ouverture]
du = 2024-04-01
article = "Règlement communal, art. 1"
source = "Délibération 2024-031"
certitude = "local"

[gestion]
enveloppe = "locale"
annee_enveloppe = "paiement"
fin_exercice = "caduc"
indu_recouvre = "rendu_au_financeur"
comptabilite = "hors-bilan"

[natures]
code = ["code de la route"]
conduite = ["leçons de conduite", "examen"]

[[valeur]]
code = "plafond_personne"
libelle = "Plafond par personne"
unite = "euros"
periodes = [{ du = 2024-04-01, valeur = "800,00", article = "art. 3", source = "Délibération 2024-031", certitude = "local" }]

[[valeur]]
code = "plafond_code"
libelle = "Plafond pour le code"
unite = "euros"
periodes = [{ du = 2024-04-01, valeur = "100,00", article = "art. 4", source = "Délibération 2024-031", certitude = "local" }]

[[regle]]
code = "age"
genre = "age"
libelle = "18 à 25 ans révolus au jour de la demande"
le = ["demande", "decision"]
minimum = 18
maximum_revolus = 25
article = "art. 2"
source = "Délibération 2024-031"
certitude = "local"

[[regle]]
code = "residence"
genre = "territoire"
libelle = "résider dans l'agglomération"
codes_insee = ["62193", "62548"]
article = "art. 2"
source = "Délibération 2024-031"
certitude = "local"

[[regle]]
code = "plafond_personne"
genre = "plafond"
libelle = "Plafond par personne"
fenetre = "toujours"
borne = { valeur = "plafond_personne" }
article = "art. 3"
source = "Délibération 2024-031"
certitude = "local"

[[regle]]
code = "plafond_code"
genre = "plafond"
libelle = "Plafond du code"
natures = ["code"]
fenetre = "toujours"
borne = { valeur = "plafond_code" }
article = "art. 4"
source = "Délibération 2024-031"
certitude = "local"

[[exemple]]
titre = "plafond exact"
naissance = 2003-03-15
code_insee = "62193"
nature = "examen"
mois = "2024-05"
decision = 2024-05-05
montant = "800,00"
attendu = "accepté"

[[exemple]]
titre = "un centime de trop"
naissance = 2003-03-15
code_insee = "62193"
nature = "examen"
mois = "2024-05"
decision = 2024-05-05
montant = "500,01"
deja = [{ mois = "2024-04", montant = "300,00", nature = "leçons de conduite" }]
attendu = "refusé"
motif = "plafond_personne"
reste = "500,00"

[[exemple]]
titre = "hors de l'agglomération"
naissance = 2003-03-15
code_insee = "59350"
nature = "examen"
mois = "2024-05"
decision = 2024-05-05
montant = "10,00"
attendu = "refusé"
motif = "residence"
"#;

#[test]
fn an_aid_to_the_driving_licence_works_from_a_rule_file_alone() {
    on_both_engines(async |books| {
        let folder = books.path("regles");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("permis.toml"), PERMIS).unwrap();
        let folder = folder.to_string_lossy().into_owned();
        let checked = app::verify_rules(Some(&folder)).unwrap();
        assert_eq!(checked.fautes, Vec::<String>::new());
        let published =
            app::publish_rules(&books.store, books.clock, &books.actor, &folder, None).await.unwrap();
        assert_eq!(published.publies, ["dispositifs/permis.toml"]);
        assert_eq!(
            app::publish_rules(&books.store, books.clock, &books.actor, &folder, None)
                .await
                .unwrap()
                .inchanges,
            1
        );
        let people = format!(
            "{PEOPLE_HEADER}\nP1;A;A;15/03/2003;F;Calais;62193;non;non;NEET;\nP2;B;B;15/03/2003;F;Lille;59350;non;non;NEET;\nP3;C;C;15/03/2007;F;Calais;62193;non;non;NEET;\n"
        );
        books.people(&books.file("p.csv", people)).await;
        let envelope = "dispositif;exercice;financeur;montant;date_notification;reference\nPERMIS;2024;VILLE-X;700,00;02/04/2024;E1\n";
        books.envelopes(&books.file("e.csv", envelope)).await;
        let file = format!(
            "{AID_HEADER};creancier\n\
             A1;PERMIS;P1;leçons de conduite;2024-05;02/05/2024;05/05/2024;25/05/2024;600,00;;STRUCTURE;commission;Auto-école du Port\n\
             A2;PERMIS;P1;code de la route;2024-05;02/05/2024;05/05/2024;25/05/2024;100,01;VILLE-X;STRUCTURE;commission;\n\
             A3;PERMIS;P1;examen;2024-06;02/05/2024;05/05/2024;25/06/2024;200,01;VILLE-X;STRUCTURE;commission;\n\
             A4;PERMIS;P2;examen;2024-06;02/05/2024;05/05/2024;25/06/2024;20,00;VILLE-X;STRUCTURE;commission;\n\
             A5;PERMIS;P3;examen;2024-06;02/05/2024;05/05/2024;25/06/2024;20,00;VILLE-X;VILLE-X;commission;\n\
             A6;PERMIS;P1;moto;2024-06;02/05/2024;05/05/2024;25/06/2024;20,00;VILLE-X;STRUCTURE;commission;\n\
             A7;PERMIS;P1;examen;2024-03;02/03/2024;05/03/2024;25/03/2024;20,00;VILLE-X;STRUCTURE;commission;\n"
        );
        let report = books.aids(&books.file("a.csv", file)).await;
        assert_eq!(
            codes(&report),
            [
                "3 plafond_depasse",
                "3 enveloppe_depassee",
                "4 plafond_depasse",
                "4 enveloppe_depassee",
                "5 hors_territoire",
                "6 age_minimum",
                "7 nature_inconnue",
                "8 hors_ouverture",
                "8 valeur_absente"
            ]
        );
        assert_eq!(
            (report.acceptes, report.irreguliers, report.refuses),
            (2, 1, 5),
            "the ville has paid A5: a fact"
        );
        assert_eq!(
            books.aid_lines(2024, Payment, &[Axis::Dispositif, Axis::Funder]).await,
            ["PERMIS VILLE-X 2 2 620.00", "Total - 2 2 620.00"]
        );
        let person = app::person_statement(
            &books.store,
            &books.actor,
            "P1",
            denier::calendar::Date::parse("2024-07-01").unwrap(),
        )
        .await
        .unwrap();
        let ceilings = crate::harness::lines(&person[1]);
        assert!(
            ceilings.contains(&"PERMIS Plafond par personne 800.00 600.00 200.00 art. 3".to_string()),
            "{ceilings:?}"
        );
        books.assert_whole().await;
    });
}

#[test]
fn a_rule_file_at_fault_is_not_published() {
    on_both_engines(async |books| {
        let publish = async |text: &str| {
            let folder = books.path("fautes");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("permis.toml"), text).unwrap();
            let error =
                app::publish_rules(&books.store, books.clock, &books.actor, &folder.to_string_lossy(), None)
                    .await
                    .unwrap_err();
            assert_eq!(error.exit_code(), 1);
            error.to_string()
        };
        let cases = [
            (
                PERMIS.replace("libelle = \"Aide", "libele = \"Aide"),
                "dispositifs/permis.toml:4:1 : clé inconnue ici « libele » ; vouliez-vous « libelle » ?",
            ),
            (
                PERMIS.replace("\"800,00\"", "800.00"),
                "« valeur » : écrivez le nombre entre guillemets, comme \"552,29\"",
            ),
            (
                PERMIS.replace("fenetre = \"toujours\"", "fenetre = \"jamais\""),
                "« fenetre » : « jamais » n'est pas connu (possibles : aide, semaine,",
            ),
            (
                PERMIS.replace("borne = { valeur = \"plafond_code\" }", "borne = { valeur = \"plafond_x\" }"),
                "le code de valeur « plafond_x » n'est pas connu",
            ),
            (
                PERMIS.replace("natures = [\"code\"]", "natures = [\"moto\"]"),
                "« natures » : « moto » n'est pas connu",
            ),
            (
                PERMIS.replace("reste = \"500,00\"", "reste = \"500,01\""),
                "reste attendu 500,01, trouvé 500,00",
            ),
        ];
        for (text, expected) in &cases {
            let message = publish(text).await;
            assert!(message.contains(expected), "{expected} in {message}");
        }
        assert_eq!(books.aid_lines(2024, Payment, &[Axis::Dispositif]).await, ["Total 0 0 0.00"]);
    });
}

#[test]
fn a_published_dispositif_is_replaced_never_lost() {
    on_both_engines(async |books| {
        let folder = books.path("perdu").join("dispositifs");
        std::fs::create_dir_all(&folder).unwrap();
        let clap = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/ledger-rules/dispositifs/clap.toml"
        ))
        .unwrap();
        std::fs::write(folder.join("clap.toml"), clap.replace("code = \"CLAP\"", "code = \"CLAP2\""))
            .unwrap();
        let folder = books.path("perdu").to_string_lossy().into_owned();
        let refused =
            app::publish_rules(&books.store, books.clock, &books.actor, &folder, None).await.unwrap_err();
        assert!(refused.to_string().contains("CLAP"), "{refused}");
        books.assert_whole().await;
    });
}

#[test]
fn a_type_of_nature_added_later_leaves_what_was_judged_as_it_was() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/ledger-rules/dispositifs/fajem.toml");
    let text = std::fs::read_to_string(shipped).unwrap();
    let with_one_more = text.replacen("[natures]\n", "[natures]\naccueil = [\"colis\"]\n", 1);
    assert_ne!(text, with_one_more);
    on_both_engines(async |books| {
        let envelope = "dispositif;exercice;financeur;montant;date_notification;reference\nFAJEM;2024;MEL;5000,00;02/01/2024;E1\n";
        books.envelopes(&books.file("enveloppes.csv", envelope)).await;
        let person = format!("{PEOPLE_HEADER}\nP1;UN;Anne;15/03/2003;F;Lille;59350;non;non;NEET;\n");
        books.people(&books.file("personnes.csv", person)).await;
        // Above the ceiling of a thematic aid, below that of a reinforced one.
        let aid = "F1;FAJEM;P1;renforcée;2024-05;02/05/2024;02/05/2024;10/06/2024;800,00;;;";
        let report = books.aids(&books.file("aides.csv", format!("{AID_HEADER}\n{aid}\n"))).await;
        assert_eq!(report.acceptes, 1, "{:?}", report.constats);
        let folder = books.path("regles");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("fajem.toml"), &with_one_more).unwrap();
        let folder = folder.to_string_lossy();
        app::publish_rules(&books.store, books.clock, &books.actor, &folder, None).await.unwrap();
        books.assert_whole().await;
    });
}

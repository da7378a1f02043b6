//! Papers to print in tests: an attestation, a statement, a long list.

use denier::calendar::Date;
use denier::documents::{Block, Paper, Run, paper_of_tables};
use denier::money::{Amount, Percent};
use denier::statements::{Cell, Column, Kind, Row, Style, Table};

pub fn day() -> Date {
    Date::parse("31/12/2024").unwrap()
}

fn euros(centimes: i64) -> Cell {
    Cell::Amount(Amount::from_centimes(centimes))
}

fn letterhead() -> Vec<String> {
    ["Mission locale du Pays d'Essai", "12, rue de l'Œuvre · 35000 Rennes", "SIREN 123\u{a0}456\u{a0}789"]
        .map(str::to_string)
        .to_vec()
}

/// An attestation of fourteen months for this person, as the real ones are.
pub fn attestation(name: &str) -> Paper {
    let months = [
        "décembre 2023",
        "janvier 2024",
        "février 2024",
        "mars 2024",
        "avril 2024",
        "mai 2024",
        "juin 2024",
        "juillet 2024",
        "août 2024",
        "septembre 2024",
        "octobre 2024",
        "novembre 2024",
        "décembre 2024",
        "janvier 2025",
    ];
    let rows = months.iter().enumerate().map(|(at, month)| {
        let paid = format!("10/{:02}/{}", (at + 1) % 12 + 1, if at < 11 { 2024 } else { 2025 });
        vec![Cell::from(*month), Cell::from(paid.as_str()), euros(55_229)]
    });
    let mut table = Table::new(
        "Allocations versées",
        vec![
            Column::new("mois", "Mois de droit", Kind::Text),
            Column::new("verse_le", "Versée le", Kind::Text),
            Column::new("montant", "Montant", Kind::Amount),
        ],
        rows,
    );
    table.total = Some(vec![Cell::from("Total"), Cell::Empty, euros(14 * 55_229)]);
    table.notes = vec!["Montants bruts, tels que versés par l'Agence de services et de paiement.".into()];
    Paper {
        title: "Attestation de versement de l'allocation du contrat d'engagement jeune".into(),
        subject: "Attestation n° 2024-000123".into(),
        dated: day(),
        letterhead: letterhead(),
        warning: None,
        footer: "Attestation n° 2024-000123 · empreinte 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        landscape: false,
        blocks: vec![
            Block::Paragraph(vec![
                Run::plain("La Mission locale du Pays d'Essai atteste que "),
                Run::bold(name),
                Run::plain(", né le 14/03/2003, bénéficiaire n°\u{a0}B00026, a perçu au titre du "),
                Run::bold("contrat d'engagement jeune"),
                Run::plain(" l'allocation mensuelle prévue à l'article L. 5131-6 du code du travail, pour les mois et aux dates qui suivent."),
            ]),
            Block::Paragraph(vec![Run::plain(
                "Elle est établie pour servir et valoir ce que de droit, notamment auprès de la caisse d'allocations familiales et de France Travail.",
            )]),
            Block::Table(table),
            Block::Paragraph(vec![
                Run::plain("Soit un total de "),
                Run::bold("sept mille sept cent trente-deux euros et six centimes"),
                Run::plain(" (7\u{202f}732,06\u{a0}€)."),
            ]),
            Block::Signature(vec![
                "Fait à Rennes, le 31/12/2024".into(),
                "La directrice administrative et financière".into(),
            ]),
        ],
    }
}

/// An income statement with headings, sums, percentages and notes.
pub fn income_statement() -> Table {
    let row = |style, indent, words: &str, now: i64, before: i64| Row {
        style,
        indent,
        cells: match style {
            Style::Heading => vec![Cell::from(words), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty],
            _ => vec![
                Cell::from(words),
                euros(now),
                euros(before),
                euros(now - before),
                Percent::variation(Amount::from_centimes(now), Amount::from_centimes(before)).into(),
            ],
        },
        terms: Vec::new(),
        drill: None,
    };
    let mut rows = Vec::new();
    let sections = [
        (
            "Produits d'exploitation",
            "Total des produits d'exploitation",
            [
                ("Concours publics et subventions d'exploitation", 123_456_789, 118_900_000),
                (
                    "Reprises sur amortissements, dépréciations, provisions et transferts de charges",
                    1_234_500,
                    0,
                ),
                ("Utilisations des fonds dédiés", 4_500_000, 6_120_045),
            ],
        ),
        (
            "Charges d'exploitation",
            "Total des charges d'exploitation",
            [
                ("Autres achats et charges externes", 23_456_701, 22_004_310),
                ("Salaires et traitements", 71_234_567, 69_870_001),
                ("Charges sociales", 28_900_123, 27_654_321),
            ],
        ),
    ];
    for (heading, total, lines) in sections {
        rows.push(row(Style::Heading, 0, heading, 0, 0));
        for (words, now, before) in lines {
            rows.push(row(Style::Line, 1, words, now, before));
        }
        let sum = |of: fn(&(&str, i64, i64)) -> i64| lines.iter().map(of).sum::<i64>();
        rows.push(row(Style::Subtotal, 0, total, sum(|line| line.1), sum(|line| line.2)));
    }
    rows.push(row(Style::Total, 0, "Résultat d'exploitation", 5_599_898, 5_491_413));
    rows.push(row(Style::Heading, 0, "Contributions volontaires en nature", 0, 0));
    rows.push(row(
        Style::Line,
        1,
        "Mises à disposition gratuites de biens et de services",
        1_200_000,
        1_200_000,
    ));
    rows.push(row(Style::Total, 0, "Excédent ou déficit", 5_599_898, -5_491_413));
    let mut table = Table::new(
        "Compte de résultat de 2024",
        vec![
            Column::new("poste", "Poste", Kind::Text),
            Column::new("n", "Exercice 2024", Kind::Amount),
            Column::new("n1", "Exercice 2023", Kind::Amount),
            Column::new("ecart", "Écart", Kind::Amount),
            Column::new("variation", "Variation", Kind::Percent),
        ],
        rows,
    );
    table.warning = Some("FEC provisoire du 22/11/2026 : les montants peuvent encore changer.".into());
    table.notes = vec![
        "Présenté selon le règlement ANC n° 2018-06, article 431-4.".into(),
        "Les variations sont rapportées à la valeur absolue de l'exercice précédent.".into(),
    ];
    table
}

/// A list of so many lines, its total and its warning.
pub fn long_list(lines: i64) -> Table {
    let rows = (1..=lines).map(|at| {
        vec![
            Cell::Day(day()),
            Cell::from(format!("CEJ2024{at:06}").as_str()),
            Cell::from(if at % 7 == 0 {
                "Ștefan Nguyễn-D'Hondt, allocation de rentrée et aide à la mobilité"
            } else {
                "Allocation mensuelle"
            }),
            Cell::Count(at),
            euros(at * 1_001),
        ]
    });
    let mut table = Table::new(
        "Aides versées",
        vec![
            Column::new("date", "Date", Kind::Text),
            Column::new("reference", "Référence", Kind::Text),
            Column::new("objet", "Objet", Kind::Text),
            Column::new("rang", "Rang", Kind::Count),
            Column::new("montant", "Montant", Kind::Amount),
        ],
        rows,
    );
    table.total = Some(vec![
        Cell::from("Total"),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        euros(lines * (lines + 1) / 2 * 1_001),
    ]);
    table.warning = Some("Exercice provisoire : à ne pas joindre à une demande de versement.".into());
    table
}

/// A cross table of twelve months: wider than a page is high.
pub fn cross_table() -> Table {
    let mut columns = vec![Column::new("dispositif", "Dispositif", Kind::Text)];
    columns.extend(
        (1..=12).map(|month| Column::new(&format!("m{month:02}"), &format!("{month:02}/2024"), Kind::Amount)),
    );
    columns.push(Column::new("total", "Total", Kind::Amount));
    let rows = ["Contrat d'engagement jeune", "Parcours contractualisé (PACEA)", "Fonds d'aide aux jeunes"]
        .map(|words| {
            let mut cells = vec![Cell::from(words)];
            cells.extend((1..=12).map(|month| euros(month * 1_234_567)));
            cells.push(euros(78 * 1_234_567));
            cells
        });
    Table::new("Aides versées par dispositif et par mois", columns, rows)
}

/// A paper of tables, with the letterhead and the footer of the others.
pub fn statement(title: &str, tables: &[Table]) -> Paper {
    paper_of_tables(title, tables, &letterhead(), day(), "Denier · Mission locale du Pays d'Essai")
}

//! Findings ("constats"): what is wrong with the user's data, as values.
//!
//! A finding keeps its code, its place and its numbers, and is worded only when it is written
//! (`rules::explain`). A code is never renamed nor reused: people keep lists of them.

use crate::calendar::{Date, Month};
use crate::funding::Mode;
use crate::money::Amount;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the line is posted as regular.
    Warning,
    /// The line is posted, flagged irregular.
    Irregular,
    /// The line is refused.
    Refusal,
}

impl Severity {
    /// Returns the French word of the contract.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Warning => "avertissement",
            Severity::Irregular => "irregularite",
            Severity::Refusal => "refus",
        }
    }
}

/// A column of the file, as a rank in its header, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column(pub Option<u16>);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $advice:literal;)*) => {
        /// What is wrong, as a stable code. In order of precedence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes, in order of precedence.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// Returns the stable code, as in JSON.
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// Returns what to do about it, in French.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$name => $advice,)* }
            }
        }
    };
}

codes! {
    /// A line of a FEC is dated outside its year.
    OutOfYear = "fec_hors_exercice", "un FEC est celui d'un exercice : exportez-le pour cet exercice seul, ou dites lequel (--exercice)";
    /// A FEC to be sealed still has entries that are not validated.
    NotValidated = "fec_non_valide", "validez les écritures dans le logiciel de comptabilité, exportez le FEC de nouveau, ou importez-le sans --definitif";
    /// The opening differs from the closing of the year before.
    OpeningGap = "fec_ouverture_differente", "comparez les comptes un à un : denier etats controles";
    /// The year is sealed: nothing in it changes any more.
    SealedYear = "exercice_scelle", "un exercice scellé ne change plus : ce qui suit se corrige dans l'exercice ouvert";
    /// Not a text file of columns at all (a workbook, UTF-16…).
    UnknownFormat = "format_non_reconnu", "enregistrez le fichier au format CSV (séparateur point-virgule, UTF-8) et recommencez";
    /// No line of the file's head names the columns that the profile requires.
    NoHeader = "entete_introuvable", "vérifiez le profil (--profil) ou ajoutez les noms de colonnes manquants dans ledger-rules/profils/";
    /// `--tout-ou-rien`, and at least one line is refused.
    WholeFileRefused = "fichier_refuse_entier", "corrigez les lignes refusées et importez de nouveau (avec --tout-ou-rien : ou sans cette option)";
    /// A record above 1 MiB.
    RecordTooLong = "enregistrement_trop_long", "ouvrez le fichier et coupez cette ligne : un enregistrement tient en 1 Mo";
    /// A quote opens and never closes.
    UnclosedQuote = "guillemet_non_ferme", "fermez, doublez ou supprimez le guillemet de cette ligne";
    /// Bytes that are no text in the file's encoding.
    BadEncoding = "encodage_illisible", "réenregistrez le fichier en UTF-8";
    /// A NUL or another control character.
    ControlCharacter = "caractere_interdit", "supprimez le caractère invisible de cette ligne";
    /// Fewer columns than the header.
    MissingColumns = "colonnes_manquantes", "le fichier est peut-être tronqué, ou un texte contient un retour à la ligne : exportez-le de nouveau";
    /// More columns than the header.
    ExtraColumns = "colonnes_en_trop", "un séparateur se trouve sans doute dans un texte : ôtez-le, ou mettez ce texte entre guillemets (sauf dans un FEC)";
    /// A required value is empty.
    Missing = "valeur_obligatoire", "renseignez cette colonne";
    /// Longer than any value of this kind.
    ValueTooLong = "valeur_trop_longue", "raccourcissez cette valeur";
    /// Not an amount.
    UnreadableAmount = "montant_illisible", "écrivez le montant comme 1234,56 ou 1 234,56";
    /// More than two decimals.
    TooManyDecimals = "montant_trop_precis", "arrondissez à la source : le centime est la plus petite unité";
    /// Zero or negative.
    NotPositive = "montant_non_positif", "une aide est un montant positif ; un trop-perçu se traite à part";
    /// More than any one line can be worth.
    AmountTooLarge = "montant_trop_grand", "vérifiez le montant";
    /// Not a date, or a day that does not exist.
    UnreadableDate = "date_illisible", "écrivez la date comme 31/12/2024 ; vérifiez que ce jour existe";
    /// Not a month.
    UnreadableMonth = "mois_illisible", "écrivez le mois comme 2024-03";
    /// Not a year.
    UnreadableYear = "exercice_illisible", "écrivez l'exercice comme 2024";
    /// Not the rank of a rule.
    UnreadableOrder = "ordre_illisible", "écrivez un nombre entier : 1, 2, 3…";
    /// Two rules of the same rank.
    OrderTwice = "ordre_en_double", "donnez à chaque règle un ordre qui lui est propre : la première qui convient l'emporte";
    /// Not the beginning of an account.
    UnreadableAccount = "compte_illisible", "écrivez le début du compte, par exemple 7411";
    /// Neither yes nor no.
    UnreadableFlag = "oui_non_illisible", "écrivez oui ou non";
    /// Not a value of what is declared.
    UnreadableValue = "valeur_illisible", "écrivez la valeur comme 450,00 : positive ou nulle, de deux décimales au plus ; un pourcentage va de 0 à 100";
    /// A declared value that is not among those that are listed.
    UnlistedValue = "valeur_hors_liste", "écrivez une des valeurs de la liste (ledger-rules/declarations.toml)";
    /// A period that ends before it begins.
    EndBeforeStart = "fin_avant_debut", "vérifiez les deux dates";
    /// Shares that cannot be read.
    UnreadableShares = "parts_illisibles", "écrivez les parts comme REGION=600,00+CD=400,00";
    /// Shares that do not add up to the amount.
    UnequalShares = "parts_inegales", "les parts des financeurs doivent faire le montant, au centime";
    /// The dispositif has no rule file in force.
    UnknownDispositif = "dispositif_inconnu", "vérifiez le code, ou publiez le fichier de règles de ce dispositif (denier regles publier)";
    /// Not something that can be declared.
    UnknownDeclaration = "declaration_inconnue", "écrivez un code ou un libellé de ledger-rules/declarations.toml, ou ajoutez-y le vôtre";
    /// A declaration about a dispositif without one, or about the person with one.
    MisplacedDispositif = "declaration_dispositif", "remplissez ou videz la colonne dispositif : ledger-rules/declarations.toml dit ce que demande chaque déclaration";
    /// A month where a period is wanted, or the other way round.
    WrongSpan = "declaration_duree", "un mois s'écrit dans la colonne mois, une période dans du et au, un jour dans du seul";
    /// No such person in the base.
    UnknownBeneficiary = "beneficiaire_inconnu", "importez d'abord la personne (denier importer beneficiaires)";
    /// No such funder in the base.
    UnknownFunder = "financeur_inconnu", "vérifiez le code, ou ajoutez l'organisme à ledger-rules/organismes.toml";
    /// No such payer in the base.
    UnknownPayer = "payeur_inconnu", "écrivez STRUCTURE, ou le code d'un organisme de ledger-rules/organismes.toml";
    /// The same person number twice in one file, with other content.
    DuplicateNumber = "numero_en_double", "gardez une seule ligne par numéro, ou corrigez le numéro";
    /// The same thing declared twice in one file, with other content.
    DeclaredTwice = "declaration_en_double", "gardez une seule de ces lignes";
    /// Two parcours of a dispositif at once.
    OverlappingParcours = "parcours_chevauche", "corrigez les dates ; une entrée mal datée s'annule avec son import (denier importer annuler), ou se déclare « non » (denier beneficiaire declarer)";
    /// The reference is known with other content.
    ReferenceConflict = "reference_autre_contenu", "corrigez la référence, ou annulez d'abord l'import précédent (denier importer annuler)";
    /// A date after the last open fiscal year.
    YearNotOpen = "exercice_non_ouvert", "ouvrez l'exercice (denier ouvrir --exercice), puis importez de nouveau";
    /// The envelope's dispositif has none by its rule file.
    NoEnvelopeExpected = "enveloppe_sans_objet", "supprimez cette ligne, ou donnez une enveloppe au dispositif dans son fichier de règles";
    /// The decision lies outside the dispositif's life.
    OutsideOpening = "hors_ouverture", "vérifiez la date de décision ou le dispositif";
    /// The birth date is unknown and a rule needs it.
    UnknownBirth = "naissance_inconnue", "complétez la date de naissance de la personne";
    /// Younger than the rule allows.
    TooYoung = "age_minimum", "vérifiez la date de naissance et la date de référence";
    /// Older than the rule allows.
    TooOld = "age_maximum", "vérifiez la date de naissance, la RQTH et la date de référence";
    /// A situation that the dispositif excludes.
    ExcludedSituation = "situation_exclue", "vérifiez la situation de la personne à cette date";
    /// Lives outside the territory.
    OutsideTerritory = "hors_territoire", "vérifiez la commune de résidence de la personne";
    /// A nature that the dispositif does not list.
    UnknownNature = "nature_inconnue", "corrigez la nature, ou ajoutez-la au fichier de règles du dispositif";
    /// No dated value is in force.
    NoValueInForce = "valeur_absente", "complétez les valeurs datées du fichier de règles : sans valeur connue, rien n'est accepté";
    /// A cap is exceeded.
    CapExceeded = "plafond_depasse", "ramenez le montant au reste disponible";
    /// More aids than the rule admits.
    CountExceeded = "nombre_depasse", "vérifiez le nombre d'aides déjà accordées sur cette période";
    /// The amount is not a multiple of the step.
    OffStep = "montant_hors_pas", "ramenez le montant à un multiple du pas";
    /// The amount is less than the rule admits.
    BelowFloor = "montant_sous_plancher", "portez le montant au plancher, si le reste des plafonds le permet";
    /// More than the amount due.
    DueExceeded = "montant_du_depasse", "ramenez le montant au montant dû, ou corrigez les ressources déclarées (denier importer declarations)";
    /// A declaration that the rule needs is missing.
    Undeclared = "declaration_absente", "déclarez ce que la règle demande (denier importer declarations, ou importer parcours)";
    /// What is declared does not keep the rule's bounds.
    DeclaredOutside = "declaration_hors_condition", "vérifiez ce qui est déclaré pour cette personne";
    /// The month lies outside the declared parcours.
    OutsideParcours = "hors_parcours", "vérifiez le mois, ou importez le parcours (denier importer parcours)";
    /// The parcours has lasted longer than the rule admits.
    ParcoursTooLong = "parcours_trop_long", "vérifiez l'entrée, ou déclarez le motif de la prolongation (denier importer parcours)";
    /// The parcours began too soon after the one before.
    WaitNotOver = "attente_non_ecoulee", "vérifiez les deux parcours, ou déclarez le motif du renouvellement (denier importer parcours)";
    /// Another aid excludes this one.
    Incompatible = "cumul_interdit", "une seule de ces aides peut être versée sur cette période";
    /// Paid before it was decided.
    PaidBeforeDecision = "paye_avant_decision", "vérifiez les deux dates, ou régularisez la décision";
    /// No envelope was notified.
    NoEnvelope = "enveloppe_absente", "importez la notification de l'enveloppe (denier importer enveloppes)";
    /// The envelope has not enough left.
    EnvelopeExceeded = "enveloppe_depassee", "attendez une notification complémentaire, ou réduisez le montant";
    /// No living aid answers to this reference.
    UnknownAid = "aide_inconnue", "cherchez sa référence au compte de la personne (denier beneficiaire montrer)";
    /// More than what is left to pay of an aid.
    PaymentExceeded = "versement_depasse", "ramenez le montant à ce qui reste à verser";
    /// A part of an aid that several funders share.
    SharedAid = "aide_partagee", "donnez le montant entier, ou annulez cette aide et accordez-en une par financeur";
    /// More than what was paid is said to be undue.
    UndueExceeded = "indu_depasse", "ramenez l'indu à ce qui a été versé et n'est pas déjà indu";
    /// An undue found before the money was paid.
    UndueBeforePayment = "indu_avant_versement", "vérifiez les deux dates";
    /// No undue of this number.
    UnknownUndue = "indu_inconnu", "cherchez son numéro (denier etats indus)";
    /// More than what is left of an undue.
    RecoveryExceeded = "recouvrement_depasse", "ramenez le montant à ce qui reste de l'indu";
    /// Recovered before it was found.
    RecoveryBeforeUndue = "recouvrement_avant_indu", "vérifiez les deux dates";
    /// The first line of a FEC does not name its columns.
    FecNoHeader = "fec_entete_absente", "exportez de nouveau le FEC : sa première ligne porte les noms de ses dix-huit colonnes, séparées par une tabulation ou par |";
    /// A column of the FEC is not there.
    FecMissingColumn = "fec_colonne_absente", "corrigez le nom de cette colonne dans le fichier, ou ajoutez celui du logiciel à ledger-rules/profils/fec.toml";
    /// Two columns of the same name.
    FecRepeatedColumn = "fec_colonne_en_double", "gardez une seule de ces deux colonnes";
    /// An account that is not one of the French plan.
    FecAccount = "fec_compte_illisible", "corrigez le compte : ses trois premiers caractères sont les chiffres du plan comptable";
    /// A debit and a credit on one line.
    FecBothSides = "fec_debit_et_credit", "séparez cette ligne en deux : l'une au débit, l'autre au crédit";
    /// Neither debit nor credit.
    FecSide = "fec_sens_illisible", "écrivez D ou C, ou bien +1 ou -1";
    /// `1,000` in a file that writes its decimals after a point.
    FecMixedDecimals = "fec_decimales_ambigues", "exportez de nouveau le FEC avec la virgule seule comme séparateur des décimales";
    /// An entry whose debits are not its credits.
    FecUnbalanced = "fec_ecriture_desequilibree", "corrigez cette écriture dans le logiciel de comptabilité et exportez de nouveau";
    /// A refusal refuses the whole FEC.
    FecRefused = "fec_refuse_entier", "corrigez tous les refus, puis importez de nouveau le fichier entier";
    /// A funder that the base did not know: it is created.
    NewFunder = "financeur_nouveau", "vérifiez le code : une faute de frappe crée un financeur de plus";
    /// Less than the amount due.
    BelowDue = "montant_inferieur_au_du", "rien à faire si le payeur a retenu une autre ressource ; sinon, demandez-lui le complément";
    /// The decision date is unknown.
    UndatedDecision = "date_decision_absente", "complétez la date de décision quand elle est connue";
    /// Rules fail, and a second person allowed the aid all the same.
    GrantedByDerogation = "accorde_par_derogation", "rien à faire : la dérogation est scellée avec l'aide (denier etats derogations)";
    /// A FEC separated by `;` or `,`.
    FecSeparator = "fec_separateur", "le texte n'admet que la tabulation et | : corrigez le réglage de l'export avant de remettre ce fichier à l'administration";
    /// A FEC in Windows-1252, or with a byte order mark.
    FecEncoding = "fec_encodage", "le texte n'admet que l'ASCII, l'ISO-8859-15 et l'UTF-8 : corrigez le réglage de l'export avant de remettre ce fichier à l'administration";
    /// A value that a FEC should have.
    FecEmpty = "fec_valeur_vide", "complétez cette colonne dans le logiciel de comptabilité";
    /// Texts written `b'…'`.
    FecPythonBytes = "fec_texte_python", "signalez ce défaut de l'export à l'éditeur du logiciel";
    /// Dates of another form.
    FecDateForm = "fec_date_autre_forme", "le texte veut des dates AAAAMMJJ : corrigez le réglage de l'export avant de remettre ce fichier à l'administration";
    /// Decimals after a point.
    FecPoint = "fec_point_decimal", "le texte veut la virgule : corrigez le réglage de l'export avant de remettre ce fichier à l'administration";
    /// Negative debits or credits.
    FecNegative = "fec_montant_negatif", "rien à faire ici : un débit négatif est lu comme un crédit, un crédit négatif comme un débit";
    /// Lines of no amount.
    FecZero = "fec_montant_nul", "rien à faire : ces lignes sont gardées et ne changent aucun solde";
    /// An account with several labels.
    FecTwoLabels = "fec_compte_deux_libelles", "choisissez un libellé dans le logiciel de comptabilité ; en attendant, le premier est retenu";
    /// Entries of several days.
    FecSeveralDates = "fec_ecriture_plusieurs_dates", "vérifiez la date de ces écritures : chaque ligne garde la sienne";
    /// Charges or products in an opening journal.
    FecOpeningResult = "fec_a_nouveau_de_gestion", "vérifiez ces écritures : un à-nouveau ne reprend ni charge ni produit ; elles comptent dans l'exercice";
    /// Entries that zero charges and products.
    FecClosing = "fec_cloture_a_part", "rien à faire ici ; demandez au logiciel un FEC sans ces écritures avant de le remettre à l'administration";
    /// A line added for a gap of one centime.
    FecRounding = "fec_ecart_arrondi", "cherchez l'origine de ce centime : une ligne « Écart d'arrondi » l'équilibre";
}

/// The numbers behind a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more to say.
    None,
    /// What the file says, as a key to its words.
    Word(u32),
    /// The funder of a share, as a key to the words and its rank in the cell.
    Share(u32, u8),
    /// A person's number, as a key to the file's numbers.
    Number(u32),
    /// A reference, as a key to the file's references.
    Reference(u32),
    /// An envelope: notified, already granted, asked.
    Envelope {
        /// Notified.
        bound: Amount,
        /// Already granted.
        used: Amount,
        /// Asked by this line.
        asked: Amount,
    },
    /// A cap: its bound, what was already counted, what is asked.
    Cap {
        /// The bound.
        bound: Amount,
        /// Already counted in the window.
        used: Amount,
        /// Asked by this line.
        asked: Amount,
        /// The last month of the window.
        until: Month,
    },
    /// An age on a day, and the bound that it breaks, in completed years.
    Age {
        /// The age.
        age: i16,
        /// The bound.
        bound: i16,
        /// The reference day.
        on: Date,
    },
    /// A date, and the one that it should not pass.
    Dates {
        /// The date found.
        found: Date,
        /// The bound.
        bound: Date,
    },
    /// How many were found, how many were expected.
    Counts {
        /// Found.
        found: u32,
        /// Expected.
        expected: u32,
    },
    /// Another line of the file.
    Line(u32),
    /// So many lines, entries or refusals.
    Lines(u32),
    /// What is expected and the nearest word of the file, as keys to its words.
    Words(u32, u32),
    /// Accounts: the first of them, as a key to the words, and how many.
    Accounts {
        /// The first.
        first: u32,
        /// How many.
        accounts: u32,
    },
    /// An entry of a FEC, from the finding's line on.
    Entry {
        /// Its journal, as a key to the words.
        journal: u32,
        /// Its number or its piece, whichever makes it an entry, as a key to the words.
        number: u32,
        /// Its day.
        date: Date,
        /// Its last physical line.
        last: u32,
        /// Debits less credits.
        gap: Amount,
    },
    /// Entries and what they come to.
    Entries {
        /// How many.
        entries: u32,
        /// The sum.
        sum: Amount,
    },
    /// Another dispositif in the same month.
    Other {
        /// Its rank in the law.
        dispositif: u16,
        /// The month.
        month: Month,
    },
    /// A parcours in another dispositif.
    OtherParcours {
        /// Its rank in the law.
        dispositif: u16,
        /// Its entry.
        from: Date,
    },
    /// Another parcours: its days, and where it comes from.
    Parcours {
        /// Its entry.
        entry: Date,
        /// Its exit, once known.
        exit: Option<Date>,
        /// Its lot, or none for a line of the same file.
        lot: Option<i64>,
        /// Its line.
        line: u32,
    },
    /// A rule that fails and that a derogation lifts, as a rank in what the plan lifts.
    Lifted(u32),
    /// An amount: found, expected.
    Amounts {
        /// Found.
        found: Amount,
        /// Expected.
        expected: Amount,
    },
}

/// A rule of a dispositif, by ranks in the law in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleKey {
    /// Rank of the dispositif.
    pub dispositif: u16,
    /// Rank of the rule in it.
    pub rule: u16,
}

/// One thing that is wrong with one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The physical line where the record starts; 0 for the whole file.
    pub line: u32,
    /// The column.
    pub column: Column,
    /// What is wrong.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// The mode in which the line was judged.
    pub mode: Option<Mode>,
    /// The rule that fails.
    pub rule: Option<RuleKey>,
    /// The numbers.
    pub detail: Detail,
}

impl Finding {
    /// Makes a refusal of what cannot be read or attributed.
    pub fn refusal(line: u32, column: Column, code: Code, detail: Detail) -> Finding {
        Finding { line, column, code, severity: Severity::Refusal, mode: None, rule: None, detail }
    }
}

/// A finding in words, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wording {
    /// The physical line; 0 for the whole file.
    #[serde(rename = "ligne")]
    pub line: u32,
    /// The column's name in the file.
    #[serde(rename = "colonne")]
    pub column: Option<String>,
    /// The stable code.
    pub code: String,
    /// `avertissement`, `irregularite` or `refus`.
    #[serde(rename = "gravite")]
    pub severity: String,
    /// One sentence.
    pub message: String,
    /// The rule's code.
    #[serde(rename = "regle")]
    pub rule: Option<String>,
    /// The article that founds it.
    pub article: Option<String>,
    /// What is left, `1234.56`.
    #[serde(rename = "reste")]
    pub room: Option<String>,
    /// What to do.
    #[serde(rename = "conseil")]
    pub advice: String,
    /// `decider` or `constater`.
    pub mode: Option<String>,
}

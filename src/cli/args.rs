//! Every command and option, in the words of the contract.

use crate::app::{AidAsked, DEFAULT_LAYOUT, Role};
use crate::calendar::{Date, Month};
use crate::funding::{DateKind, Mode};
use crate::money::Amount;
use crate::statements::Axis;
use clap::{Args, Parser, Subcommand};

/// Denier, le carnet des aides à l'emploi
#[derive(Debug, Parser)]
#[command(name = "denier", version, about = "Denier, le grand livre de l'argent public de l'insertion")]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The base where none is named.
pub(super) const BASE: &str = "denier.db";

#[derive(Debug, Args)]
pub(super) struct Common {
    /// La base : un fichier, ou postgres://…?schema=structure (sinon DENIER_BASE, sinon denier.db)
    #[arg(
        long,
        global = true,
        env = "DENIER_BASE",
        default_value = BASE,
        value_name = "BASE",
        hide_env = true,
        hide_default_value = true
    )]
    pub(super) base: String,
    /// Forme du résultat : texte, json, csv, xlsx (un classeur) ou pdf
    #[arg(long, global = true, default_value = "texte", value_parser = format, value_name = "FORME", hide_default_value = true)]
    pub(super) format: Format,
    /// Écrit le résultat dans ce fichier
    #[arg(long, global = true, value_name = "FICHIER")]
    pub(super) sortie: Option<String>,
    /// Qui agit, pour le journal (sinon l'utilisateur du système)
    #[arg(long, global = true, value_name = "NOM")]
    pub(super) utilisateur: Option<String>,
    /// La date du jour, pour un travail en retard : AAAA-MM-JJ
    #[arg(long, global = true, value_parser = date, value_name = "JOUR")]
    pub(super) date: Option<Date>,
    /// Clé de la demande : la même clé avec le même contenu reçoit la même réponse
    #[arg(long, global = true, value_name = "CLÉ")]
    pub(super) cle: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    Csv,
    Xlsx,
    Pdf,
}

impl Format {
    const ALL: [Format; 5] = [Format::Text, Format::Json, Format::Csv, Format::Xlsx, Format::Pdf];

    /// Returns true for a file that holds tables only, and that no terminal can show.
    pub(super) fn is_document(self) -> bool {
        match self {
            Format::Text | Format::Json | Format::Csv => false,
            Format::Xlsx | Format::Pdf => true,
        }
    }

    /// Returns the word of `--format`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Format::Text => "texte",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Pdf => "pdf",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Construit une base d'exemple complète et la montre
    Demo {
        /// Dossier où l'écrire
        #[arg(long, default_value = "denier-demo", value_name = "DOSSIER", hide_default_value = true)]
        dossier: String,
        /// Exemple : littoral-2024 ou lys-2021
        #[arg(long, default_value = "littoral-2024", value_name = "EXEMPLE", hide_default_value = true)]
        exemple: String,
    },
    /// Crée une base
    Init {
        /// Nom de la structure
        #[arg(long)]
        nom: String,
        /// SIREN, neuf chiffres
        #[arg(long)]
        siren: Option<String>,
        /// Premier exercice, par exemple 2024
        #[arg(long, value_name = "EXERCICE")]
        exercice: i16,
        /// Premier jour de l'exercice, s'il n'est pas l'année civile
        #[arg(long, value_parser = date, value_name = "JOUR")]
        debut: Option<Date>,
        /// Dernier jour de l'exercice
        #[arg(long, value_parser = date, value_name = "JOUR")]
        fin: Option<Date>,
        /// Comptabilité générale : importee (d'un autre logiciel) ou tenue (ici)
        #[arg(long, default_value = "importee", value_parser = ["importee", "tenue"], hide_default_value = true, hide_possible_values = true)]
        comptabilite: String,
        /// Fuseau horaire de la structure
        #[arg(long, default_value = "Europe/Paris", hide_default_value = true)]
        fuseau: String,
    },
    /// Ouvre l'exercice suivant
    Ouvrir {
        /// L'exercice à ouvrir
        #[arg(long, value_name = "EXERCICE")]
        exercice: i16,
    },
    /// Importe un fichier, liste ou annule des imports
    #[command(subcommand)]
    Importer(Importer),
    /// Affecte à la main une ligne de la comptabilité générale à un financeur
    Affecter(Affecter),
    /// Une aide : l'évaluer, la proposer, l'accorder, la refuser, la verser, l'annuler ; ses indus
    #[command(subcommand)]
    Aide(Aide),
    /// Une dérogation à une règle : la demander, l'approuver à deux, la refuser
    #[command(subcommand)]
    Derogation(Derogation),
    /// Un bénéficiaire : ses aides, ses plafonds, ce qui en est déclaré
    #[command(subcommand)]
    Beneficiaire(Beneficiaire),
    /// Attestations : en PDF, pour une personne ou pour toutes ; en vérifier une
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Attester(Attester),
    /// Les règles : les lire, en écrire, vérifier des fichiers, les mettre en vigueur
    #[command(subcommand)]
    Regles(Regles),
    /// Les états : compte de résultat, bilan, subventions, aides, enveloppes…
    #[command(subcommand)]
    Etats(Etats),
    /// Les utilisateurs et leurs rôles
    #[command(subcommand)]
    Utilisateur(Utilisateur),
    /// Sert l'application dans le navigateur, sur cette machine
    Servir {
        /// Où écouter
        #[arg(long, value_name = "HÔTE:PORT", default_value = "127.0.0.1:8080", hide_default_value = true)]
        adresse: String,
        /// L'adresse https://… par laquelle on vient, quand un autre serveur fait TLS
        #[arg(long, value_name = "HTTPS")]
        origine: Option<String>,
    },
    /// Qui a fait quoi : le journal d'audit, du plus récent au plus ancien
    JournalAudit(JournalAudit),
    /// Copie toute la base dans un nouveau fichier, relu et vérifié
    Sauvegarder {
        /// Le fichier à écrire, qui ne doit pas exister
        fichier: String,
    },
    /// Refait une base (--base) d'une sauvegarde, dans un nouveau fichier ou un schéma PostgreSQL vide
    Restaurer {
        /// La sauvegarde
        fichier: String,
        /// Fait une copie d'essai : ses écrans et ses documents le disent
        #[arg(long)]
        essai: bool,
    },
    /// Recalcule sceaux, soldes, plafonds et totaux, et dit si quelque chose a été altéré
    Verifier {
        /// Tout vérifier (c'est déjà le cas)
        #[arg(long)]
        complet: bool,
    },
}

impl Command {
    /// Returns true for a command that shows tables.
    pub(super) fn shows_tables(&self) -> bool {
        matches!(
            self,
            Command::Importer(Importer::Lister)
                | Command::Aide(Aide::Evaluer { .. } | Aide::Propositions)
                | Command::Beneficiaire(
                    Beneficiaire::Montrer { .. }
                        | Beneficiaire::Consultations { .. }
                        | Beneficiaire::Effacables
                )
                | Command::JournalAudit(_)
                | Command::Regles(Regles::Simuler { .. })
                | Command::Regles(Regles::Montrer { .. } | Regles::Historique { .. })
                | Command::Etats(_)
                | Command::Utilisateur(Utilisateur::Lister)
        )
    }
}

#[derive(Debug, Args)]
pub(super) struct ImportFile {
    /// Le fichier
    pub(super) fichier: String,
    /// Profil du fichier (ledger-rules/profils) : denier, imilo…
    #[arg(long, default_value = "denier", hide_default_value = true)]
    pub(super) profil: String,
    /// Montre exactement ce qui serait fait et n'écrit rien
    #[arg(long)]
    pub(super) a_blanc: bool,
    /// Refuse tout le fichier au premier refus
    #[arg(long)]
    pub(super) tout_ou_rien: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Importer {
    /// Importe un fichier de bénéficiaires
    Beneficiaires(ImportFile),
    /// Importe un fichier d'enveloppes notifiées
    Enveloppes(ImportFile),
    /// Importe un fichier d'aides
    Aides {
        #[command(flatten)]
        file: ImportFile,
        /// decider (une règle en échec refuse) ou constater (déjà payé : accepté, irrégulier) ; sinon selon le payeur de chaque ligne
        #[arg(long, value_parser = mode)]
        mode: Option<Mode>,
    },
    /// Importe un FEC : la comptabilité générale d'un exercice, provisoire tant qu'il n'est pas scellé
    Fec {
        /// Le fichier
        fichier: String,
        /// Profil du fichier (ledger-rules/profils)
        #[arg(long, default_value = "fec", hide_default_value = true)]
        profil: String,
        /// Montre exactement ce qui serait fait et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
        /// Scelle l'exercice : il ne changera plus
        #[arg(long)]
        definitif: bool,
        /// L'exercice, si les dates du fichier ne suffisent pas à le dire
        #[arg(long)]
        exercice: Option<i16>,
        /// Compte qui reçoit l'écart d'un centime d'une écriture
        #[arg(long, value_name = "COMPTE")]
        ecart_arrondi: Option<String>,
    },
    /// Importe les règles qui disent qui finance quoi : elles remplacent les précédentes
    Affectation {
        /// Le fichier
        fichier: String,
        /// Profil du fichier (ledger-rules/profils)
        #[arg(long, default_value = "denier", hide_default_value = true)]
        profil: String,
        /// Montre exactement ce qui serait fait et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
    },
    /// Importe des parcours : entrées dans un dispositif et sorties
    Parcours(ImportFile),
    /// Importe ce qui est déclaré des personnes : ressources, tranche d'impôt, sanctions…
    Declarations(ImportFile),
    /// Importe les aides reçues d'autres organismes : comptées dans les plafonds, jamais dans nos totaux
    AidesAilleurs(ImportFile),
    /// Liste les imports
    Lister,
    /// Annule un import par des écritures contraires
    Annuler {
        /// Numéro du lot
        lot: i64,
        /// Pourquoi
        #[arg(long)]
        motif: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Aide {
    /// Dit ce que les règles feraient d'une aide : chacune, ce qui reste, ce qui est dû ; rien n'est écrit
    Evaluer {
        /// Code du dispositif
        #[arg(long)]
        dispositif: String,
        /// Numéro de la personne, ou début du nom
        #[arg(long)]
        beneficiaire: String,
        /// Montant demandé (sinon le plus grand qui serait accepté)
        #[arg(long, value_parser = amount)]
        montant: Option<Amount>,
        /// Mois de droit (sinon celui du jour)
        #[arg(long, value_parser = month)]
        mois: Option<Month>,
        /// Jour de la demande et de la décision (sinon aujourd'hui, ou le dernier jour d'un mois passé)
        #[arg(long, value_parser = date)]
        le: Option<Date>,
        /// Nature de l'aide
        #[arg(long)]
        nature: Option<String>,
        /// Une instance (commission, comité) décide
        #[arg(long)]
        instance: bool,
        /// Essaie les règles de ce dossier au lieu de celles en vigueur
        #[arg(long)]
        regles: Option<String>,
    },
    /// Accorde une aide, jugée et écrite comme une ligne d'un fichier qui décide ; ou une proposition
    Accorder(Accorder),
    /// Propose une aide : jugée et montrée, rien n'est écrit au carnet tant qu'une autre personne ne l'accorde pas
    Proposer {
        /// Code du dispositif
        #[arg(long, value_name = "CODE")]
        dispositif: String,
        /// Numéro de la personne, ou début du nom
        #[arg(long, value_name = "NUMÉRO")]
        beneficiaire: String,
        /// Mois de droit, par exemple 2024-10
        #[arg(long, value_parser = month)]
        mois: Month,
        /// Montant proposé
        #[arg(long, value_parser = amount)]
        montant: Amount,
        /// Nature de l'aide
        #[arg(long)]
        nature: Option<String>,
        /// Pourquoi
        #[arg(long)]
        motif: String,
    },
    /// Les propositions, ce qui en a été décidé
    Propositions,
    /// Refuse une aide et écrit la lettre qui le dit, avec les voies et délais de recours ; ou une proposition
    Refuser(Refuser),
    /// Verse une aide accordée, en une fois ou en plusieurs
    Verser {
        #[command(flatten)]
        aide: AideVisee,
        /// Montant versé (sinon tout ce qui reste)
        #[arg(long, value_parser = amount)]
        montant: Option<Amount>,
        /// Jour du versement (sinon aujourd'hui)
        #[arg(long, value_parser = date)]
        le: Option<Date>,
        /// Montre ce qui serait fait et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
    },
    /// Constate qu'une aide, ou une part, a été versée à tort
    Indu {
        #[command(flatten)]
        aide: AideVisee,
        /// Montant indu (sinon tout ce qui a été versé)
        #[arg(long, value_parser = amount)]
        montant: Option<Amount>,
        /// Jour du constat (sinon aujourd'hui)
        #[arg(long, value_parser = date)]
        le: Option<Date>,
        /// Pourquoi
        #[arg(long)]
        motif: String,
        /// Montre ce qui serait fait et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
    },
    /// Recouvre un indu, ou l'admet en non-valeur
    Recouvrer {
        /// Numéro de l'indu
        indu: i64,
        /// Montant recouvré (sinon tout ce qui reste)
        #[arg(long, value_parser = amount)]
        montant: Option<Amount>,
        /// Jour du recouvrement (sinon aujourd'hui)
        #[arg(long, value_parser = date)]
        le: Option<Date>,
        /// Il ne sera pas recouvré : l'admet en non-valeur
        #[arg(long, requires = "motif")]
        non_valeur: bool,
        /// Pourquoi il est admis en non-valeur
        #[arg(long, requires = "non_valeur")]
        motif: Option<String>,
        /// Montre ce qui serait fait et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
    },
    /// Annule une aide par des écritures contraires, avec ses versements et ses indus
    Annuler {
        #[command(flatten)]
        aide: AideVisee,
        /// Pourquoi
        #[arg(long)]
        motif: String,
    },
}

// Which aid: a doc comment here would be the help of the commands.
#[derive(Debug, Args)]
pub(super) struct AideVisee {
    /// Référence de l'aide
    #[arg(value_name = "RÉFÉRENCE", required_unless_present = "numero", conflicts_with = "numero")]
    aide: Option<String>,
    /// Numéro de l'aide, quand plusieurs portent la même référence
    #[arg(long, value_name = "N")]
    numero: Option<i64>,
}

impl AideVisee {
    /// Returns how the aid is asked for.
    pub(super) fn asked(self) -> AidAsked {
        match self.numero {
            Some(number) => AidAsked::Key(number),
            None => AidAsked::Reference(self.aide.unwrap_or_default()),
        }
    }
}

/// Une aide à accorder, ou une proposition à accepter
#[derive(Debug, Args)]
pub(super) struct Accorder {
    /// Accepte cette proposition : une autre personne que celle qui l'a faite, avec son mot de passe
    #[arg(long, value_name = "N", requires = "approbateur", conflicts_with_all = ["dispositif", "beneficiaire", "mois", "montant", "nature", "creancier", "convention", "financeur", "site", "instance", "a_blanc"])]
    pub(super) proposition: Option<i64>,
    /// Deuxième personne, qui donne son mot de passe
    #[arg(long, value_name = "NOM", requires = "proposition")]
    pub(super) approbateur: Option<String>,
    /// Code du dispositif
    #[arg(long, value_name = "CODE", required_unless_present = "proposition")]
    pub(super) dispositif: Option<String>,
    /// Numéro de la personne, ou début du nom
    #[arg(long, value_name = "NUMÉRO", required_unless_present = "proposition")]
    pub(super) beneficiaire: Option<String>,
    /// Mois de droit, par exemple 2024-10
    #[arg(long, value_parser = month, required_unless_present = "proposition")]
    pub(super) mois: Option<Month>,
    /// Montant accordé
    #[arg(long, value_parser = amount, required_unless_present = "proposition")]
    pub(super) montant: Option<Amount>,
    /// Nature de l'aide
    #[arg(long)]
    pub(super) nature: Option<String>,
    /// Jour de la décision (sinon aujourd'hui)
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) le: Option<Date>,
    /// Qui reçoit l'argent, si ce n'est pas la personne
    #[arg(long, value_name = "NOM")]
    pub(super) creancier: Option<String>,
    /// Code de la convention
    #[arg(long, value_name = "CODE")]
    pub(super) convention: Option<String>,
    /// Code du financeur, ou parts comme A=600,00+B=400,00 (sinon celui du dispositif)
    #[arg(long, value_name = "CODE")]
    pub(super) financeur: Option<String>,
    /// Site (sinon celui de la personne)
    #[arg(long, value_name = "CODE")]
    pub(super) site: Option<String>,
    /// Instance qui décide : commission, comité
    #[arg(long, value_name = "NOM")]
    pub(super) instance: Option<String>,
    /// Montre ce qui serait fait et n'écrit rien
    #[arg(long)]
    pub(super) a_blanc: bool,
}

/// Une aide à refuser, ou une proposition à rejeter
#[derive(Debug, Args)]
pub(super) struct Refuser {
    /// Rejette cette proposition, ou retire la sienne
    #[arg(long, value_name = "N", conflicts_with_all = ["dispositif", "beneficiaire", "mois", "montant", "nature", "instance", "le", "a_blanc"])]
    pub(super) proposition: Option<i64>,
    /// Code du dispositif
    #[arg(long, value_name = "CODE", required_unless_present = "proposition")]
    pub(super) dispositif: Option<String>,
    /// Numéro de la personne, ou début du nom
    #[arg(long, value_name = "NUMÉRO", required_unless_present = "proposition")]
    pub(super) beneficiaire: Option<String>,
    /// Mois de droit, par exemple 2024-10
    #[arg(long, value_parser = month, required_unless_present = "proposition")]
    pub(super) mois: Option<Month>,
    /// Montant demandé
    #[arg(long, value_parser = amount, required_unless_present = "proposition")]
    pub(super) montant: Option<Amount>,
    /// Nature de l'aide
    #[arg(long)]
    pub(super) nature: Option<String>,
    /// Une instance (commission, comité) décide : les règles qu'elle lève ne sont pas des motifs
    #[arg(long)]
    pub(super) instance: bool,
    /// Jour du refus (sinon aujourd'hui)
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) le: Option<Date>,
    /// Pourquoi, en plus des règles qui refusent
    #[arg(long, required_unless_present = "dispositif")]
    pub(super) motif: Option<String>,
    /// Montre ce qui serait fait et n'écrit rien
    #[arg(long)]
    pub(super) a_blanc: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Derogation {
    /// Demande qu'une aide soit permise malgré une règle
    Demander {
        /// Code du dispositif
        #[arg(long, value_name = "CODE")]
        dispositif: String,
        /// Numéro de la personne, ou début du nom
        #[arg(long, value_name = "NUMÉRO")]
        beneficiaire: String,
        /// Mois de droit, par exemple 2024-10
        #[arg(long, value_parser = month)]
        mois: Month,
        /// Montant de l'aide, au plus
        #[arg(long, value_parser = amount)]
        montant: Amount,
        /// Code de la règle à lever (à répéter pour plusieurs)
        #[arg(long, required = true, value_name = "RÈGLE")]
        regle: Vec<String>,
        /// Pourquoi
        #[arg(long)]
        motif: String,
    },
    /// Approuve une dérogation : une autre personne que celle qui l'a demandée, avec son mot de passe
    Approuver {
        /// Numéro de la dérogation
        numero: i64,
        /// Deuxième personne, qui donne son mot de passe
        #[arg(long, value_name = "NOM")]
        approbateur: String,
    },
    /// Refuse une dérogation, ou retire la sienne
    Refuser {
        /// Numéro de la dérogation
        numero: i64,
        /// Pourquoi
        #[arg(long)]
        motif: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Beneficiaire {
    /// Montre une personne, ses aides, ses plafonds utilisés et restants
    Montrer {
        /// Numéro, ou début du nom
        numero: String,
    },
    /// Qui a consulté le dossier d'une personne, et quand
    Consultations {
        /// Numéro, ou début du nom
        numero: String,
    },
    /// Efface l'identité d'une personne, une fois passée la durée de conservation ; les écritures restent
    Effacer {
        /// Numéro, en entier
        numero: String,
        /// Pourquoi, sans aucun nom : le motif reste au journal d'audit
        #[arg(long)]
        motif: String,
        /// Montre exactement ce qui serait effacé et n'écrit rien
        #[arg(long)]
        a_blanc: bool,
    },
    /// Remet à une personne tout ce que la base garde d'elle : PDF, JSON et CSV, dans un ZIP ou un dossier (--sortie)
    Donnees {
        /// Numéro, en entier
        numero: String,
    },
    /// Les personnes dont la durée de conservation est passée
    Effacables,
    /// Déclare une chose d'une personne, à la main : un import d'une ligne
    Declarer(Declarer),
}

#[derive(Debug, Args)]
pub(super) struct JournalAudit {
    /// Seulement ce qu'a fait cet utilisateur
    #[arg(long, value_name = "NOM")]
    pub(super) par: Option<String>,
    /// Seulement cette action, ou celles qui commencent par ces mots : importer, attester…
    #[arg(long, value_name = "ACTION")]
    pub(super) action: Option<String>,
    /// Premier jour
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) du: Option<Date>,
    /// Dernier jour
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) au: Option<Date>,
}

#[derive(Debug, Args)]
pub(super) struct Declarer {
    /// Numéro, ou début du nom
    pub(super) numero: String,
    /// Ce qui est déclaré : un code ou un libellé de ledger-rules/declarations.toml
    #[arg(long, value_name = "CODE")]
    pub(super) declaration: String,
    /// Dispositif, pour une déclaration qui lui est propre
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) dispositif: String,
    /// Le mois, pour une déclaration d'un mois, par exemple 2024-10
    #[arg(long, value_parser = month, value_name = "MOIS")]
    pub(super) mois: Option<Month>,
    /// Le premier jour, ou le jour
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) du: Option<Date>,
    /// Le dernier jour, s'il est connu
    #[arg(long, value_parser = date, value_name = "JOUR")]
    pub(super) au: Option<Date>,
    /// La valeur : un montant, un nombre, un pourcentage, oui ou non (oui si rien n'est dit)
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) valeur: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Regles {
    /// Les versions publiées de chaque fichier : quand, par qui, combien d'aides chacune a jugées
    Historique {
        /// Le fichier d'un dispositif, par exemple cej (sinon tous)
        code: Option<String>,
    },
    /// Écrit le texte d'une version, tel qu'il a jugé
    Texte {
        /// Premiers caractères de son empreinte
        version: String,
    },
    /// Juge de nouveau une année sous d'autres règles : qui changerait, de combien, quelle enveloppe bascule
    Simuler {
        /// Dossier des règles à essayer
        #[arg(long)]
        avec: String,
        /// Exercice dont les aides sont jugées de nouveau
        #[arg(long)]
        exercice: i16,
    },
    /// Dit en français ce que contrôle un dispositif un jour donné ; sans code, la liste des dispositifs
    Montrer {
        /// Code du dispositif, par exemple CEJ
        code: Option<String>,
        /// Le jour (sinon aujourd'hui)
        #[arg(long, value_parser = date, value_name = "JOUR")]
        au: Option<Date>,
        /// Lit ces fichiers de règles au lieu de celles de la base
        #[arg(long, value_name = "DOSSIER")]
        regles: Option<String>,
        /// Montre cette version du fichier, que la base a gardée : premiers caractères de son empreinte
        #[arg(long, value_name = "VERSION", conflicts_with = "regles")]
        version: Option<String>,
    },
    /// Écrit le fichier commenté d'un nouveau dispositif, à remplir
    Nouveau {
        /// Code du dispositif : capitales, chiffres et _
        code: String,
    },
    /// Lit des fichiers de règles et joue leurs exemples
    Verifier {
        /// Dossier, ou un seul fichier (sinon les règles du programme)
        dossier: Option<String>,
    },
    /// Met les fichiers d'un dossier en vigueur dans la base
    Publier {
        /// Dossier
        dossier: String,
        /// Deuxième personne, qui donne son mot de passe
        #[arg(long, value_name = "NOM")]
        approbateur: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Attester {
    #[command(subcommand)]
    pub(super) what: Option<RegistreAttestations>,
    /// Numéro, ou début du nom
    #[arg(required_unless_present = "tous", conflicts_with = "tous")]
    pub(super) numero: Option<String>,
    /// Une attestation pour chaque personne qui a une aide dans la période
    #[arg(long)]
    pub(super) tous: bool,
    /// Avec --tous : seulement les personnes que ce dispositif a aidées dans la période
    #[arg(long, requires = "tous", value_name = "CODE")]
    pub(super) dispositif: Option<String>,
    /// Avec --tous : seulement les personnes de ce site
    #[arg(long, requires = "tous", value_name = "CODE")]
    pub(super) site: Option<String>,
    /// Exercice (sinon le dernier ouvert)
    #[arg(long, conflicts_with = "du")]
    pub(super) exercice: Option<i16>,
    /// Premier mois, par exemple 2024-10
    #[arg(long, value_parser = month, requires = "au", value_name = "MOIS")]
    pub(super) du: Option<Month>,
    /// Dernier mois
    #[arg(long, value_parser = month, requires = "du", value_name = "MOIS")]
    pub(super) au: Option<Month>,
    /// Mois retenu : paiement (les sommes versées) ou droit (le mois pour lequel elles sont dues)
    #[arg(long, default_value = "paiement", value_parser = attested_by, value_name = "DATE", hide_default_value = true)]
    pub(super) selon: DateKind,
}

#[derive(Debug, Subcommand)]
pub(super) enum RegistreAttestations {
    /// Le registre des attestations délivrées
    Lister,
    /// Reconnaît une attestation délivrée, par son fichier ou par le code qu'elle porte
    Verifier {
        /// Le fichier PDF, ou le code
        quoi: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Affecter {
    /// La ligne du fichier FEC
    pub(super) ligne: i64,
    /// Exercice (sinon le dernier qui a un FEC)
    #[arg(long)]
    pub(super) exercice: Option<i16>,
    /// Code du financeur
    #[arg(long, required_unless_present = "retirer")]
    pub(super) financeur: Option<String>,
    /// Code de la convention
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) convention: String,
    /// Retire l'affectation faite à la main
    #[arg(long, conflicts_with = "financeur")]
    pub(super) retirer: bool,
    /// Pourquoi
    #[arg(long)]
    pub(super) motif: String,
}

/// L'exercice d'un état, et celui auquel il est comparé
#[derive(Debug, Args)]
pub(super) struct Compared {
    /// Exercice (sinon le dernier qui a un FEC)
    #[arg(long)]
    pub(super) exercice: Option<i16>,
    /// Exercice de comparaison (sinon le précédent, s'il a un FEC)
    #[arg(long, value_name = "EXERCICE")]
    pub(super) comparer: Option<i16>,
    /// Ouvre les lignes de comptabilité derrière un chiffre, par le code de sa ligne
    #[arg(long, value_name = "LIGNE")]
    pub(super) detail: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Etats {
    /// Le compte de résultat, comparé à l'exercice précédent
    CompteDeResultat {
        #[command(flatten)]
        compared: Compared,
        /// Présentation : comptes, officiel ou rapport (ledger-rules/etats)
        #[arg(long, default_value = DEFAULT_LAYOUT, hide_default_value = true)]
        modele: String,
    },
    /// Le bilan à la fin de l'exercice
    Bilan {
        #[command(flatten)]
        compared: Compared,
    },
    /// Les subventions par financeur et convention
    Subventions {
        #[command(flatten)]
        compared: Compared,
    },
    /// Qui finance quoi : ce que chaque règle affecte, et les lignes affectées à la main
    Affectation {
        /// Exercice (sinon le dernier qui a un FEC)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// La balance générale : ouverture, mouvements, clôture de chaque compte
    Balance {
        /// Exercice (sinon le dernier qui a un FEC)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Le grand livre : les lignes de chaque compte et son solde
    GrandLivre {
        /// Exercice (sinon le dernier qui a un FEC)
        #[arg(long)]
        exercice: Option<i16>,
        /// Seulement les comptes qui commencent ainsi
        #[arg(long, default_value = "", hide_default_value = true)]
        compte: String,
    },
    /// Les journaux de la comptabilité générale, ou les écritures de l'un d'eux
    Journaux {
        /// Exercice (sinon le dernier qui a un FEC)
        #[arg(long)]
        exercice: Option<i16>,
        /// Code du journal
        #[arg(long)]
        code: Option<String>,
    },
    /// Les contrôles croisés : aides et comptabilité, ouverture et clôture, équilibre du bilan
    Controles {
        /// Exercice (sinon le dernier qui a un FEC)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Les aides, par dispositif, nature, mois, trimestre, financeur, convention, site ou bénéficiaire
    Aides {
        /// Exercice (sinon le dernier ouvert)
        #[arg(long)]
        exercice: Option<i16>,
        /// Groupe par dispositif (une ou deux fois) : dispositif, financeur, convention, site, nature, mois, trimestre, beneficiaire
        #[arg(long, value_parser = axis, value_name = "AXE")]
        par: Vec<Axis>,
        /// Date retenue : droit, decision ou paiement
        #[arg(long, default_value = "paiement", value_parser = date_kind, value_name = "DATE", hide_default_value = true)]
        selon: DateKind,
    },
    /// Les enveloppes et ce qu'il en reste
    Enveloppes {
        /// Exercice
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Le journal du carnet des aides : chaque écriture et ses comptes
    Journal {
        /// Exercice (sinon le dernier ouvert)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Les aides irrégulières et pourquoi
    Irregularites,
    /// Les dérogations : qui les a demandées, qui a décidé, l'aide que chacune permet
    Derogations {
        /// Exercice du mois de droit (sinon tous)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Les indus : constatés, recouvrés, admis en non-valeur, ce qui en reste
    Indus {
        /// Exercice du constat (sinon tous)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Les refus notifiés
    Refus {
        /// Exercice du refus (sinon tous)
        #[arg(long)]
        exercice: Option<i16>,
    },
    /// Ce qui est accordé et non versé un jour donné
    Engagements {
        /// Le jour (sinon aujourd'hui)
        #[arg(long, value_parser = date, value_name = "JOUR")]
        au: Option<Date>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Utilisateur {
    /// Crée un utilisateur (mot de passe demandé, ou DENIER_MOT_DE_PASSE)
    Creer {
        /// Nom
        nom: String,
        /// Rôle : conseiller, lecture, controle, saisie (par défaut), validation ou direction
        #[arg(long, default_value = "saisie", value_parser = role, hide_default_value = true)]
        role: Role,
        /// Site dont un conseiller suit les personnes
        #[arg(long)]
        site: Option<String>,
    },
    /// Change le rôle d'un utilisateur
    Role {
        /// Nom
        nom: String,
        /// Rôle : conseiller, lecture, controle, saisie, validation ou direction
        #[arg(value_parser = role)]
        role: Role,
        /// Site dont un conseiller suit les personnes
        #[arg(long)]
        site: Option<String>,
    },
    /// Ferme le compte de quelqu'un qui part : ce qui a été fait garde son nom
    Fermer {
        /// Nom
        nom: String,
    },
    /// Change un mot de passe
    MotDePasse {
        /// Nom
        nom: String,
    },
    /// La liste des utilisateurs
    Lister,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "écrivez un jour comme 2024-12-31 ou 31/12/2024".into())
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "écrivez un mois comme 2024-03".into())
}

fn amount(text: &str) -> Result<Amount, String> {
    let read = Amount::parse(text).ok().filter(|amount| amount.is_positive());
    read.ok_or_else(|| "écrivez un montant positif comme 1234,56".into())
}

fn attested_by(text: &str) -> Result<DateKind, String> {
    date_kind(text)
        .ok()
        .filter(|kind| *kind != DateKind::Decision)
        .ok_or_else(|| "dates possibles : paiement, droit".into())
}

fn format(text: &str) -> Result<Format, String> {
    Format::ALL.into_iter().find(|format| format.code() == text).ok_or_else(|| {
        let known: Vec<&str> = Format::ALL.iter().map(|format| format.code()).collect();
        format!("formes possibles : {}", known.join(", "))
    })
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| "modes possibles : decider, constater".into())
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        "rôles possibles : conseiller, lecture, controle, saisie, validation, direction".into()
    })
}

fn axis(text: &str) -> Result<Axis, String> {
    Axis::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Axis::ALL.iter().map(|axis| axis.code()).collect();
        format!("axes possibles : {}", known.join(", "))
    })
}

fn date_kind(text: &str) -> Result<DateKind, String> {
    DateKind::ALL
        .into_iter()
        .find(|kind| kind.code() == text)
        .ok_or_else(|| "dates possibles : droit, decision, paiement".into())
}

/// Returns the whole months of a fiscal year given by its first and last days.
pub(super) fn whole_months(
    first: Option<Date>,
    last: Option<Date>,
) -> Result<(Option<Month>, Option<Month>), String> {
    if first.is_some_and(|day| day != day.month().first_day())
        || last.is_some_and(|day| day != day.month().last_day())
    {
        return Err(
            "un exercice commence le premier jour d'un mois et finit le dernier jour d'un mois".into()
        );
    }
    Ok((first.map(Date::month), last.map(Date::month)))
}

//! Findings in words: what, where, which rule and article, what room is left, what to do.

use super::check::Lifted;
use super::declarables::Unit;
use super::law::{Certainty, Law, Source};
use super::rule::{Base, Rule, RuleKind};
use crate::funding::Mode;
use crate::ledger::{Code, Detail, Finding, Severity, Wording};
use crate::money::{Amount, group_thousands};
use crate::words::Words;

/// Words the findings of one file.
pub struct Explainer<'a> {
    /// The law that judged.
    pub law: &'a Law,
    /// The words of the file.
    pub words: &'a Words,
    /// The people's numbers and the references of the file, where it has them.
    pub keys: Option<(&'a Words, &'a Words)>,
    /// What derogations lift, where the plan has any.
    pub lifted: &'a [Lifted],
    /// The name of each column.
    pub column_name: &'a dyn Fn(crate::ledger::Column) -> Option<String>,
}

impl Explainer<'_> {
    /// Words one finding.
    pub fn word(&self, finding: &Finding) -> Wording {
        if let Detail::Lifted(rank) = finding.detail {
            return self.word_lifted(finding, &self.lifted[rank as usize]);
        }
        let rule = finding
            .rule
            .map(|key| (key.dispositif, &self.law.get(key.dispositif).rules[usize::from(key.rule)]));
        let (source, value_source) = self.sources(finding, rule.map(|(_, rule)| rule));
        let mut message = self.sentence(finding, rule.map(|(_, rule)| rule));
        let unsure = [source, value_source]
            .into_iter()
            .flatten()
            .any(|source| source.certainty == Certainty::Unverified);
        if unsure {
            message.push_str(" — règle à vérifier");
        }
        let article = value_source.or(source).map(|source| source.article.clone());
        let room = match finding.detail {
            Detail::Cap { bound, used, .. } | Detail::Envelope { bound, used, .. } => {
                Some((bound - used).or_zero().to_plain())
            }
            _ => None,
        };
        Wording {
            line: finding.line,
            column: (self.column_name)(finding.column),
            code: finding.code.text().to_string(),
            severity: finding.severity.code().to_string(),
            message,
            rule: rule.map(|(_, rule)| rule.code.clone()),
            article,
            room,
            advice: self.advice(finding),
            mode: finding.mode.map(|mode| mode.code().to_string()),
        }
    }

    /// Words a rule that fails and is lifted: what it says, after who allowed it.
    fn word_lifted(&self, finding: &Finding, lifted: &Lifted) -> Wording {
        let derogation = &lifted.derogation;
        let failing = self.word(&lifted.failing);
        Wording {
            code: finding.code.text().to_string(),
            severity: finding.severity.code().to_string(),
            message: format!(
                "accordé par dérogation n° {}, demandée par {}, approuvée par {} le {} : {}",
                derogation.number,
                derogation.asked_by,
                derogation.approved_by,
                derogation.approved_on.to_french(),
                failing.message
            ),
            advice: finding.code.advice().to_string(),
            ..failing
        }
    }

    /// Returns the sources of the rule and of the value that it compares with.
    fn sources<'l>(
        &'l self,
        finding: &Finding,
        rule: Option<&'l Rule>,
    ) -> (Option<&'l Source>, Option<&'l Source>) {
        let Some(rule) = rule else { return (None, None) };
        let value = match (&rule.kind, finding.detail, finding.rule) {
            (_, Detail::Cap { until, .. }, Some(key)) => {
                super::judge::bound_source(self.law.get(key.dispositif), rule, until)
            }
            _ => None,
        };
        (Some(&rule.source), value)
    }

    /// The required columns, which are a list and not an excerpt.
    fn required(&self, finding: &Finding) -> &str {
        match finding.detail {
            Detail::Word(word) => self.words.get(word),
            _ => "",
        }
    }

    fn advice(&self, finding: &Finding) -> String {
        let left = match finding.detail {
            Detail::Cap { bound, used, .. } | Detail::Envelope { bound, used, .. } => {
                (bound - used).or_zero()
            }
            _ => Amount::ZERO,
        };
        match (finding.code, finding.mode) {
            // What another body has already paid is not to be brought down: the gap is to be told.
            (Code::CapExceeded | Code::EnvelopeExceeded, Some(Mode::Record)) => told_to_the_payer(left),
            (Code::CapExceeded | Code::EnvelopeExceeded, _) if left.is_positive() => {
                format!("{} serait accepté", left.to_euros())
            }
            (Code::DueExceeded, Some(Mode::Record)) => {
                format!("{}, ou {DECLARE_AGAIN}", told_to_the_payer(left))
            }
            (Code::DueExceeded, _) if left.is_positive() => {
                format!("{} serait accepté, ou {DECLARE_AGAIN}", left.to_euros())
            }
            (Code::CapExceeded, _) => {
                "rien ne reste sous ce plafond : vérifiez le mois et le montant".to_string()
            }
            (code, _) => code.advice().to_string(),
        }
    }

    fn sentence(&self, finding: &Finding, rule: Option<&Rule>) -> String {
        let word = match finding.detail {
            Detail::Word(word) => self.words.get(word),
            Detail::Share(word, rank) => {
                self.words.get(word).split('+').nth(rank.into()).unwrap_or("").split('=').next().unwrap_or("")
            }
            Detail::Number(word) => self.keys.map_or("", |(numbers, _)| numbers.get(word)),
            Detail::Reference(word) => self.keys.map_or("", |(_, references)| references.get(word)),
            _ => "",
        };
        let word = &excerpt(word);
        let label = rule.map_or("", |rule| rule.label.as_str());
        match (finding.code, finding.detail) {
            (Code::UnknownFormat, _) => {
                "ce fichier n'est pas un texte en colonnes (classeur, archive ou UTF-16)".into()
            }
            (Code::NoHeader, _) => format!(
                "aucune des vingt premières lignes ne porte les colonnes attendues : {}",
                self.required(finding)
            ),

            (Code::WholeFileRefused, _) => "au moins une ligne est refusée".into(),
            (Code::RecordTooLong, _) => "enregistrement de plus de 1 Mo".into(),
            (Code::UnclosedQuote, _) => {
                "un guillemet n'est jamais fermé, ou se ferme au milieu d'une valeur".into()
            }
            (Code::BadEncoding, _) => "des octets ne sont pas du texte dans l'encodage du fichier".into(),
            (Code::ControlCharacter, _) => {
                "un caractère de contrôle (NUL ou autre) se trouve dans la ligne".into()
            }
            (Code::MissingColumns | Code::ExtraColumns, Detail::Counts { found, expected }) => {
                format!(
                    "{} colonne{} au lieu de {}",
                    group_thousands(found.into()),
                    if found > 1 { "s" } else { "" },
                    group_thousands(expected.into())
                )
            }
            (Code::Missing, Detail::Word(_)) => format!("valeur obligatoire vide ({word})"),
            (Code::Missing, _) => "valeur obligatoire vide".into(),
            (Code::ValueTooLong, Detail::Counts { found, expected }) => format!(
                "valeur de {} caractères (accents comptés double), {} au plus",
                group_thousands(found.into()),
                group_thousands(expected.into())
            ),
            (Code::UnreadableAmount, _) => format!("montant illisible : « {word} »"),
            (Code::TooManyDecimals, _) => format!("montant de plus de deux décimales : « {word} »"),
            (Code::NotPositive, _) => format!("montant nul ou négatif : « {word} »"),
            (Code::AmountTooLarge, _) => format!("montant trop grand : « {word} »"),
            (Code::UnreadableDate, _) => format!("date illisible ou impossible : « {word} »"),
            (Code::UnreadableMonth, _) => format!("mois illisible : « {word} »"),
            (Code::UnreadableYear, _) => format!("exercice illisible : « {word} »"),
            (Code::OutOfYear, Detail::Dates { found, bound }) => format!(
                "écriture du {}, hors de l'exercice ({} le {})",
                found.to_french(),
                if found > bound { "qui finit" } else { "qui commence" },
                bound.to_french()
            ),
            (Code::NotValidated, _) => "écriture sans date de validation : le FEC est provisoire".into(),
            (Code::OpeningGap, Detail::Counts { found, .. }) => {
                let accounts = counted(found, "compte", "comptes");
                format!("les à-nouveaux diffèrent de la clôture de l'exercice précédent sur {accounts}")
            }
            (Code::SealedYear, _) if finding.severity == Severity::Refusal => {
                format!("l'exercice {word} est scellé, et ce FEC n'est pas celui qui a été scellé")
            }
            (Code::SealedYear, _) => format!("l'exercice {word} est scellé : il garde son affectation"),
            (Code::UnreadableOrder, _) => format!("ordre illisible : « {word} »"),
            (Code::OrderTwice, _) => format!("l'ordre {word} est déjà celui d'une autre règle"),
            (Code::UnreadableAccount, _) => format!("début de compte illisible : « {word} »"),
            (Code::UnreadableFlag, _) => format!("ni oui ni non : « {word} »"),
            (Code::UnreadableShares, _) => format!("parts des financeurs illisibles : « {word} »"),
            (Code::UnequalShares, Detail::Amounts { found, expected }) => {
                format!(
                    "les parts des financeurs font {}, le montant est {}",
                    found.to_euros(),
                    expected.to_euros()
                )
            }
            (Code::UnknownDispositif, _) => format!("dispositif inconnu : « {word} »"),
            (Code::UnknownBeneficiary, _) => format!("bénéficiaire inconnu : « {word} »"),
            (Code::UnknownFunder, _) => format!("financeur inconnu : « {word} »"),
            (Code::UnknownPayer, _) => format!("payeur inconnu : « {word} »"),
            (Code::DuplicateNumber, _) => {
                format!("le numéro « {word} » est déjà dans ce fichier avec un autre contenu")
            }
            (Code::ReferenceConflict, _) => {
                format!("la référence « {word} » est déjà connue avec un autre contenu")
            }
            (Code::YearNotOpen, Detail::Dates { found, bound }) => {
                format!(
                    "le {} est après le dernier exercice ouvert (fin le {})",
                    found.to_french(),
                    bound.to_french()
                )
            }
            (Code::NoEnvelopeExpected, _) => format!("le dispositif « {word} » n'a pas d'enveloppe locale"),
            (Code::OutsideOpening, Detail::Dates { found, bound }) if found < bound => {
                format!("décision du {} : ce dispositif s'ouvre le {}", found.to_french(), bound.to_french())
            }
            (Code::OutsideOpening, Detail::Dates { found, bound }) => {
                format!(
                    "décision du {} : les décisions de ce dispositif s'arrêtent au {}",
                    found.to_french(),
                    bound.to_french()
                )
            }
            (Code::TooYoung, Detail::Age { age, on, .. }) if age < 0 => {
                format!("pas encore né(e) le {} ({label})", on.to_french())
            }
            (Code::TooYoung | Code::TooOld, Detail::Age { age, on, .. }) => {
                format!(
                    "{age} an{} révolu{} le {} ({label})",
                    if age > 1 { "s" } else { "" },
                    if age > 1 { "s" } else { "" },
                    on.to_french()
                )
            }
            (Code::UnknownBirth, _) => format!("date de naissance inconnue ({label})"),
            (Code::ExcludedSituation, _) => format!("situation exclue ({label})"),
            (Code::OutsideTerritory, _) => format!("commune hors du territoire ({label})"),
            (Code::UnknownNature, _) => {
                format!("nature « {word} » absente du fichier de règles de ce dispositif")
            }
            (Code::NoValueInForce, _) => format!("aucun montant en vigueur ce mois-là ({label})"),
            (Code::CapExceeded, Detail::Cap { bound, used, asked, .. }) => {
                format!(
                    "{label} : {} au plus ; déjà {}, demandé {}, reste {}",
                    bound.to_euros(),
                    used.to_euros(),
                    asked.to_euros(),
                    (bound - used).or_zero().to_euros()
                )
            }
            (Code::CountExceeded, Detail::Counts { found, expected }) => {
                let window = match rule.map(|rule| &rule.kind) {
                    Some(RuleKind::Count { window, .. }) => window.in_words(),
                    _ => "",
                };
                format!(
                    "{label} : {} {window} au plus ; ce serait la {found}e",
                    counted(expected, "aide", "aides")
                )
            }
            (Code::BelowFloor, Detail::Amounts { found, expected }) => {
                format!("{label} : {} au moins, demandé {}", expected.to_euros(), found.to_euros())
            }
            (Code::OffStep, Detail::Amounts { found, expected }) => {
                format!("{label} : {} n'est pas un multiple de {}", found.to_euros(), expected.to_euros())
            }
            (Code::DueExceeded, Detail::Cap { bound, used, asked, .. }) => format!(
                "{label} : {} dus pour ce mois ; déjà {}, demandé {}, reste {}",
                bound.to_euros(),
                used.to_euros(),
                asked.to_euros(),
                (bound - used).or_zero().to_euros()
            ),
            (Code::BelowDue, Detail::Cap { bound, used, asked, .. }) => format!(
                "{label} : {} dus pour ce mois, {} versés avec cette ligne",
                bound.to_euros(),
                (used + asked).to_euros()
            ),
            (Code::Undeclared, _) => match rule {
                Some(Rule { kind: RuleKind::Parcours { .. }, .. }) => {
                    format!("{label} : aucun parcours n'est déclaré")
                }
                Some(rule) => {
                    format!("{label} : rien n'est déclaré sous {}", quoted_list(&rule.needs()))
                }
                None => label.to_string(),
            },
            (Code::DeclaredOutside, Detail::Amounts { found, expected }) => {
                let said = self.declared(finding, rule, found);
                let bounded = matches!(
                    rule.map(|rule| &rule.kind),
                    Some(RuleKind::Declared { minimum, maximum, .. }) if minimum.is_some() || maximum.is_some()
                );
                if bounded {
                    let side = if found > expected { "au plus" } else { "au moins" };
                    format!("{label} : {said}, {} {side}", self.in_unit(finding, rule, expected))
                } else {
                    format!("{label} : {said}")
                }
            }
            (Code::OutsideParcours, _) => format!("{label} : aucun parcours déclaré ne couvre ce mois"),
            (Code::ParcoursTooLong, Detail::Dates { found, bound }) => format!(
                "{label} : entrée le {}, le droit s'arrête au mois du {}",
                found.to_french(),
                bound.to_french()
            ),
            (Code::WaitNotOver, Detail::Dates { found, bound }) => format!(
                "{label} : nouvelle entrée le {}, possible à partir du {}",
                found.to_french(),
                bound.to_french()
            ),
            (Code::Incompatible, Detail::OtherParcours { dispositif, from }) => {
                format!(
                    "{label} : en parcours {} depuis le {}",
                    self.law.get(dispositif).code,
                    from.to_french()
                )
            }
            (Code::Incompatible, Detail::Other { dispositif, month }) => {
                format!("{label} : déjà une aide {} pour {}", self.law.get(dispositif).code, month.in_words())
            }
            (Code::PaidBeforeDecision, Detail::Dates { found, bound }) if label.is_empty() => {
                format!("payé le {}, avant la décision du {}", found.to_french(), bound.to_french())
            }
            (Code::PaidBeforeDecision, Detail::Dates { found, bound }) => {
                format!("payé le {}, avant la décision du {} ({label})", found.to_french(), bound.to_french())
            }
            (Code::UnknownAid, _) => format!("aucune aide vivante ne porte la référence « {word} »"),
            (Code::PaymentExceeded, Detail::Cap { bound, used, asked, .. }) => format!(
                "{} accordés, {} déjà versés, {} demandés",
                bound.to_euros(),
                used.to_euros(),
                asked.to_euros()
            ),
            (Code::SharedAid, Detail::Amounts { found, expected }) => format!(
                "plusieurs financeurs se partagent cette aide : {} demandés sur {}, sans dire la part de chacun",
                found.to_euros(),
                expected.to_euros()
            ),
            (Code::UndueExceeded, Detail::Cap { bound, used, asked, .. }) => format!(
                "{} versés, {} déjà indus, {} demandés",
                bound.to_euros(),
                used.to_euros(),
                asked.to_euros()
            ),
            (Code::UndueBeforePayment, Detail::Dates { found, bound }) => {
                format!("indu constaté le {}, avant le versement du {}", found.to_french(), bound.to_french())
            }
            (Code::UnknownUndue, _) => format!("aucun indu en cours ne porte le numéro {word}"),
            (Code::RecoveryExceeded, Detail::Cap { bound, used, asked, .. }) => format!(
                "indu de {}, {} déjà recouvrés ou admis en non-valeur, {} demandés",
                bound.to_euros(),
                used.to_euros(),
                asked.to_euros()
            ),
            (Code::RecoveryBeforeUndue, Detail::Dates { found, bound }) => format!(
                "recouvré le {}, avant le constat de l'indu du {}",
                found.to_french(),
                bound.to_french()
            ),
            (Code::NoEnvelope, Detail::Envelope { asked, .. }) => {
                format!(
                    "aucune enveloppe notifiée pour ce dispositif, ce financeur et cette année ; demandé {}",
                    asked.to_euros()
                )
            }
            (Code::EnvelopeExceeded, Detail::Envelope { bound, used, asked }) => envelope(bound, used, asked),
            (Code::NewFunder, _) => {
                format!("financeur inconnu jusqu'ici : « {word} », il sera créé")
            }
            (Code::UndatedDecision, _) => "date de décision inconnue".into(),
            (Code::UnreadableValue, Detail::Words(value, label)) => format!(
                "valeur illisible : « {} » ({})",
                excerpt(self.words.get(value)),
                self.words.get(label)
            ),
            (Code::UnlistedValue, Detail::Words(value, list)) => format!(
                "valeur hors de la liste : « {} » ({})",
                excerpt(self.words.get(value)),
                self.words.get(list)
            ),
            (Code::EndBeforeStart, Detail::Dates { found, bound }) => {
                format!("fin le {}, avant le début du {}", found.to_french(), bound.to_french())
            }
            (Code::UnknownDeclaration, _) => format!("déclaration inconnue : « {word} »"),
            (Code::MisplacedDispositif, Detail::Words(label, code)) => match self.words.get(code) {
                "" => {
                    format!("« {} » se déclare pour un dispositif : aucun n'est nommé", self.words.get(label))
                }
                code => format!(
                    "« {} » se déclare de la personne, pas d'un dispositif : « {} » est de trop",
                    self.words.get(label),
                    excerpt(code)
                ),
            },
            (Code::WrongSpan, Detail::Words(label, wanted)) => {
                format!("« {} » : {}", self.words.get(label), self.words.get(wanted))
            }
            (Code::DeclaredTwice, Detail::Line(line)) => {
                format!("déjà déclaré à la ligne {line} de ce fichier, avec un autre contenu")
            }
            (Code::OverlappingParcours, Detail::Parcours { entry, exit, lot, line }) => format!(
                "un autre parcours de ce dispositif couvre ces jours : entrée le {}, {} ({}ligne {line})",
                entry.to_french(),
                exit.map_or_else(|| "sans sortie".into(), |exit| format!("sortie le {}", exit.to_french())),
                lot.map_or_else(String::new, |lot| format!("lot {lot}, ")),
            ),
            _ => self.fec_sentence(finding, word),
        }
    }

    /// Words a rule that is kept, with its numbers, where the sentence of its breach would be wrong.
    pub(super) fn kept(&self, finding: &Finding) -> Option<String> {
        let key = finding.rule?;
        let rule = &self.law.get(key.dispositif).rules[usize::from(key.rule)];
        let said = match (&rule.kind, finding.detail) {
            (RuleKind::Step { .. }, Detail::Amounts { found, expected }) => {
                format!("{} est un multiple de {}", found.to_euros(), expected.to_euros())
            }
            (RuleKind::DateOrder { .. }, Detail::Dates { found, bound }) => {
                format!("payé le {}, décidé le {}", found.to_french(), bound.to_french())
            }
            (RuleKind::Declared { minimum: None, maximum: None, .. }, _) => "rien n'est perçu".to_string(),
            (RuleKind::Declared { .. }, Detail::Amounts { found, .. }) => {
                self.declared(finding, Some(rule), found)
            }
            _ => return None,
        };
        Some(format!("{} : {said}", rule.label))
    }

    /// Writes `déclaré 450,00 € par part le mois précédent`; without bounds, what is declared.
    fn declared(&self, finding: &Finding, rule: Option<&Rule>, found: Amount) -> String {
        let Some(RuleKind::Declared { codes, months, minimum, maximum, per, .. }) =
            rule.map(|rule| &rule.kind)
        else {
            return String::new();
        };
        if minimum.is_none() && maximum.is_none() {
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            return format!("déclaré {} ({})", months.in_words(), quoted_list(&codes));
        }
        let part = if per.is_some() { " par part" } else { "" };
        format!("déclaré {}{part} {}", self.in_unit(finding, rule, found), months.in_words())
    }

    /// Writes a declared value in the unit of the bounds of its rule: `450,00 €`, or `2`.
    fn in_unit(&self, finding: &Finding, rule: Option<&Rule>, value: Amount) -> String {
        let bounds = match rule.map(|rule| &rule.kind) {
            Some(RuleKind::Declared { minimum, maximum, .. }) => [minimum.as_ref(), maximum.as_ref()],
            _ => [None, None],
        };
        let in_euros = bounds.into_iter().flatten().any(|bound| match (&bound.base, finding.rule) {
            (Base::Value(rank), Some(key)) => self.law.get(key.dispositif).values[*rank].unit == Unit::Euros,
            _ => false,
        });
        if in_euros {
            return value.to_euros();
        }
        let number = value.to_french();
        number.strip_suffix(",00").unwrap_or(&number).to_string()
    }

    /// The sentences on a FEC, whose warnings are told once for all their lines.
    fn fec_sentence(&self, finding: &Finding, word: &str) -> String {
        let lines = match finding.detail {
            Detail::Lines(lines) => lines,
            _ => 0,
        };
        match (finding.code, finding.detail) {
            (Code::FecNoHeader, _) if finding.line == 0 => "le fichier est vide".into(),
            (Code::FecNoHeader, _) => {
                "la première ligne ne porte pas les noms de colonnes d'un FEC (JournalCode, EcritureNum, CompteNum…)".into()
            }
            (Code::FecMissingColumn, Detail::Words(name, near)) => {
                let near = match self.words.get(near) {
                    "" => String::new(),
                    near => format!(" ; le nom le plus proche du fichier est « {} »", excerpt(near)),
                };
                format!("la colonne « {} » manque{near}", self.words.get(name))
            }
            (Code::FecRepeatedColumn, _) => format!("la colonne « {word} » est deux fois dans le fichier"),
            (Code::FecAccount, _) => format!("« {word} » n'est pas un compte du plan comptable"),
            (Code::FecBothSides, Detail::Amounts { found, expected }) => format!(
                "un débit de {} et un crédit de {} sur la même ligne",
                found.to_euros(),
                expected.to_euros()
            ),
            (Code::FecSide, _) => format!("sens illisible : « {word} »"),
            (Code::FecMixedDecimals, _) => {
                "« 1,000 » vaut un euro ou mille : d'autres montants du fichier ont un point décimal".into()
            }
            (Code::FecUnbalanced, Detail::Entry { gap, .. }) => {
                format!("{} : débits moins crédits = {}", self.entry(finding), gap.to_euros())
            }
            (Code::FecUnbalanced, _) if lines > 1 => {
                format!(
                    "et {} autres écritures déséquilibrées, la première ici",
                    group_thousands(lines.into())
                )
            }
            (Code::FecUnbalanced, _) => "et une autre écriture déséquilibrée, ici".into(),
            (Code::FecRefused, _) => format!(
                "{} : un FEC s'importe entier ou pas du tout, rien n'est écrit",
                counted(lines, "refus", "refus")
            ),
            (Code::FecSeparator, _) => format!("les colonnes sont séparées par « {word} »"),
            (Code::FecEncoding, _) => format!("le fichier est en {word}"),
            (Code::FecEmpty, _) => format!("valeur vide sur {}", on_lines(lines)),
            (Code::FecPythonBytes, _) => {
                format!("texte écrit b'…' sur {} : seul l'intérieur est gardé", on_lines(lines))
            }
            (Code::FecDateForm, _) => format!("date écrite autrement que AAAAMMJJ sur {}", on_lines(lines)),
            (Code::FecPoint, _) => format!("point décimal au lieu de la virgule sur {}", on_lines(lines)),
            (Code::FecNegative, _) => format!("montant négatif, passé de l'autre côté, sur {}", on_lines(lines)),
            (Code::FecZero, _) => format!("montant nul sur {}", on_lines(lines)),
            (Code::FecTwoLabels, Detail::Accounts { first, accounts }) => {
                let account = excerpt(self.words.get(first));
                match accounts {
                    1 => format!("le compte {account} a plusieurs libellés"),
                    _ => format!(
                        "{} comptes ont plusieurs libellés, le premier est {account}",
                        group_thousands(accounts.into())
                    ),
                }
            }
            (Code::FecSeveralDates, _) => format!(
                "{} de plusieurs dates",
                counted(lines, "écriture", "écritures")
            ),
            (Code::FecOpeningResult, _) => {
                format!("charge ou produit dans un journal d'à-nouveaux sur {}", on_lines(lines))
            }
            (Code::FecClosing, Detail::Entries { entries, sum }) => format!(
                "{} (résultat : {})",
                counted(entries, "écriture de clôture mise à part", "écritures de clôture mises à part"),
                sum.to_euros()
            ),
            (Code::FecRounding, Detail::Entry { gap, .. }) => {
                format!("{} : écart d'arrondi de {}", self.entry(finding), gap.to_euros())
            }
            (code, _) => code.text().replace('_', " "),
        }
    }

    /// Writes `écriture BQ 12 du 05/03/2024 (lignes 14 à 17)`.
    fn entry(&self, finding: &Finding) -> String {
        let Detail::Entry { journal, number, date, last, .. } = finding.detail else { return String::new() };
        let words: Vec<String> = [journal, number]
            .into_iter()
            .map(|word| excerpt(self.words.get(word)))
            .filter(|word| !word.is_empty())
            .map(|word| format!(" {word}"))
            .collect();
        let lines = match finding.line {
            first if first < last => format!("lignes {first} à {last}"),
            _ => format!("ligne {last}"),
        };
        format!("écriture{} du {} ({lines})", words.concat(), date.to_french())
    }
}

/// What else can be done about an amount due that is exceeded.
const DECLARE_AGAIN: &str = "corrigez les ressources déclarées (denier importer declarations)";

/// What another body has already paid is told to it.
fn told_to_the_payer(left: Amount) -> String {
    if left.is_positive() {
        format!("signalez l'écart au payeur : {} étaient possibles", left.to_euros())
    } else {
        "signalez l'écart au payeur : plus rien n'était possible".to_string()
    }
}

/// Writes `« rsa », « prime_activite »`.
fn quoted_list(codes: &[&str]) -> String {
    codes.iter().map(|code| format!("« {code} »")).collect::<Vec<_>>().join(", ")
}

/// Writes `1 ligne`, `2 lignes`.
fn counted(count: u32, one: &str, several: &str) -> String {
    format!("{} {}", group_thousands(count.into()), if count < 2 { one } else { several })
}

/// Writes `1 ligne`, or `2 lignes, la première ici`.
fn on_lines(lines: u32) -> String {
    let first = if lines < 2 { "" } else { ", la première ici" };
    format!("{}{first}", counted(lines, "ligne", "lignes"))
}

/// The longest word quoted in a message, in characters.
const MAX_QUOTED: usize = 40;

fn excerpt(word: &str) -> String {
    match word.char_indices().nth(MAX_QUOTED) {
        Some((at, _)) => format!("{}…", &word[..at]),
        None => word.to_string(),
    }
}

fn envelope(bound: Amount, used: Amount, asked: Amount) -> String {
    format!(
        "enveloppe de {} : déjà accordé {}, demandé {}, reste {}",
        bound.to_euros(),
        used.to_euros(),
        asked.to_euros(),
        (bound - used).or_zero().to_euros()
    )
}

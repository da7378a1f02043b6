//! A TOML file read key by key, for its author: every fault is kept, with its place and excerpt.

use super::toml::{RuleFileError, in_french};
use super::{likely, nearest};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The text of a rule file, and the faults found in it so far.
pub struct Sheet<'t> {
    path: &'t str,
    text: &'t str,
    faults: RefCell<Vec<RuleFileError>>,
    /// What is not even TOML: one such fault is often read as several.
    unread: RefCell<Vec<RuleFileError>>,
}

impl<'t> Sheet<'t> {
    /// Takes a file; `path` is only for the messages.
    pub fn new(path: &'t str, text: &'t str) -> Sheet<'t> {
        Sheet { path, text, faults: RefCell::default(), unread: RefCell::default() }
    }

    /// Reads the text as TOML; what cannot be read is a fault.
    pub fn root(&self) -> Spanned<DeTable<'t>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let fault = self.told(error.span().unwrap_or(0..0), in_french(error.message()));
            self.unread.borrow_mut().push(fault);
        }
        root
    }

    /// Keeps a fault of this place.
    pub fn fault(&self, span: Range<usize>, message: String) {
        let fault = self.told(span, message);
        self.faults.borrow_mut().push(fault);
    }

    /// Makes a fault of this place without keeping it; an empty place is the whole file.
    pub fn told(&self, span: Range<usize>, message: String) -> RuleFileError {
        if span == (0..0) {
            return RuleFileError::of_file(self.path, message);
        }
        RuleFileError::at(self.path, self.text, span.start, message)
    }

    /// Returns the line and column of a place.
    pub fn place(&self, span: &Range<usize>) -> (usize, usize) {
        super::place(self.text, span.start)
    }

    /// Returns the faults, in the order of the lines.
    pub fn into_faults(self) -> Vec<RuleFileError> {
        let mut faults = self.faults.into_inner();
        let line = |fault: &RuleFileError| fault.line.map_or(0, |(line, _)| line);
        let mut unread = self.unread.into_inner();
        unread.sort_by_key(|fault| fault.line);
        let mut last = None;
        for fault in unread {
            let at = line(&fault);
            let follows = last.is_some_and(|last| at <= last + 1);
            last = Some(at);
            // Its author is told once, and in the words of what the line should hold where they are known.
            if !follows && !faults.iter().any(|known| line(known) == at) {
                faults.push(fault);
            }
        }
        faults.sort_by_key(|fault| fault.line);
        faults.dedup_by(|a, b| a.line == b.line && a.message == b.message);
        faults
    }
}

/// One table of the file. What is asked of it is what it may hold: [`Keys::finish`] reports the rest.
pub struct Keys<'s, 't> {
    sheet: &'s Sheet<'t>,
    table: &'s DeTable<'t>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
    failed: Cell<bool>,
}

impl<'s, 't> Keys<'s, 't> {
    /// Reads a table.
    pub fn new(sheet: &'s Sheet<'t>, table: &'s DeTable<'t>, span: Range<usize>) -> Keys<'s, 't> {
        Keys { sheet, table, span, asked: RefCell::default(), failed: Cell::new(false) }
    }

    fn find(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Returns where the value of a key is, or the table itself.
    pub fn span(&self, key: &str) -> Range<usize> {
        let found = self.table.iter().find(|(name, _)| name.get_ref() == key);
        found.map_or_else(|| self.span.clone(), |(_, value)| value.span())
    }

    /// Keeps a fault of the value of a key.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        self.failed.set(true);
        self.sheet.fault(self.span(key), message.into());
    }

    /// Makes a fault of the value of a key without keeping it.
    pub fn told(&self, key: &str, message: String) -> RuleFileError {
        self.sheet.told(self.span(key), message)
    }

    /// Returns true when the key is written.
    pub fn has(&self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    /// Returns true when a fault was found in this table itself.
    pub fn failed(&self) -> bool {
        self.failed.get()
    }

    /// Returns the line and column of the table.
    pub fn place(&self) -> (usize, usize) {
        self.sheet.place(&self.span)
    }

    fn required<T>(&self, key: &'static str, found: Option<T>, example: &str) -> Option<T> {
        if found.is_none() && !self.table.iter().any(|(name, _)| name.get_ref() == key) {
            self.fault(key, lacking(key, example));
        }
        found
    }

    fn read<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&'s DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let value = self.find(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            self.fault(key, format!("« {key} » : {expected}"));
        }
        found
    }

    /// Returns a text, which may not be empty.
    pub fn text(&self, key: &'static str) -> Option<String> {
        let found = self.optional_text(key);
        self.required(key, found, "\"…\"")
    }

    /// Returns the text of a number, which is between quotation marks.
    pub fn number(&self, key: &'static str) -> Option<String> {
        let found = self.read(key, "écrivez le nombre entre guillemets, comme \"552,29\"", |value| {
            value.as_str().map(str::to_string)
        });
        self.required(key, found, "\"552,29\"")
    }

    /// Returns a text, if the key is there.
    pub fn optional_text(&self, key: &'static str) -> Option<String> {
        self.read(key, "écrivez un texte entre guillemets, qui ne soit pas vide", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_string)
        })
    }

    /// Returns a day.
    pub fn date(&self, key: &'static str) -> Option<crate::calendar::Date> {
        let found = self.optional_date(key);
        self.required(key, found, "2024-04-01")
    }

    /// Returns a day, if the key is there.
    pub fn optional_date(&self, key: &'static str) -> Option<crate::calendar::Date> {
        self.read(key, "écrivez un jour qui existe, sans guillemets, comme 2024-04-01", |value| {
            value.as_datetime().and_then(|day| crate::calendar::Date::parse(&day.to_string()))
        })
    }

    /// Returns a whole number between these bounds, if the key is there.
    pub fn whole<N: TryFrom<i64>>(&self, key: &'static str, least: i64, most: i64) -> Option<N> {
        self.read(key, &format!("écrivez un nombre entier de {least} à {most}, sans guillemets"), |value| {
            let number = value.as_integer()?;
            let number = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()?;
            (least..=most).contains(&number).then(|| N::try_from(number).ok())?
        })
    }

    /// Returns true when the key says true.
    pub fn flag(&self, key: &'static str) -> bool {
        self.read(key, "écrivez true ou false, sans guillemets", DeValue::as_bool).unwrap_or(false)
    }

    /// Returns what a text means, among known words.
    pub fn word<T: Copy>(&self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let found = self.optional_word(key, known);
        let words: Vec<String> = known.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.required(key, found, &words.join(" ou "))
    }

    /// Returns what a text means, among known words, if the key is there.
    pub fn optional_word<T: Copy>(&self, key: &'static str, known: &[(&str, T)]) -> Option<T> {
        let text = self.optional_text(key)?;
        self.meaning(key, &text, known)
    }

    /// Returns what each text of a list means.
    pub fn words<T: Copy>(&self, key: &'static str, known: &[(&str, T)]) -> Vec<T> {
        self.texts(key).iter().filter_map(|text| self.meaning(key, text, known)).collect()
    }

    fn meaning<T: Copy>(&self, key: &str, text: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            self.fault(key, format!("« {key} » : {}", unknown(text, &words)));
        }
        found
    }

    /// Returns a list of texts, none of them empty; an empty list where the key is not.
    pub fn texts(&self, key: &'static str) -> Vec<String> {
        let texts = self.read(key, "écrivez une liste de textes, comme [\"a\", \"b\"]", |value| {
            let texts: Option<Vec<String>> = value
                .as_array()?
                .iter()
                .map(|item| {
                    item.get_ref().as_str().filter(|text| !text.trim().is_empty()).map(str::to_string)
                })
                .collect();
            texts.filter(|texts| !texts.is_empty())
        });
        texts.unwrap_or_default()
    }

    /// Returns a table inside this one, if the key is there.
    pub fn table(&self, key: &'static str) -> Option<Keys<'s, 't>> {
        let table = self.read(key, "écrivez une section, ou { clé = valeur }", DeValue::as_table)?;
        Some(Keys::new(self.sheet, table, self.span(key)))
    }

    /// Returns a list of tables inside this one.
    pub fn tables(&self, key: &'static str) -> Vec<Keys<'s, 't>> {
        let tables =
            self.read(key, "écrivez une section [[…]], ou une liste de { clé = valeur }", |value| {
                let tables: Option<Vec<Keys<'s, 't>>> = value
                    .as_array()?
                    .iter()
                    .map(|item| Some(Keys::new(self.sheet, item.get_ref().as_table()?, item.span())))
                    .collect();
                tables
            });
        tables.unwrap_or_default()
    }

    /// Returns every key of the table with its list of texts: a table whose keys the author names.
    pub fn named_lists(&self) -> Vec<(String, Vec<String>)> {
        let texts = |value: &DeValue<'_>| {
            let items = value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_string));
            items.collect::<Option<Vec<String>>>().filter(|texts| !texts.is_empty())
        };
        let mut lists = Vec::new();
        for (name, value) in self.table {
            match texts(value.get_ref()) {
                Some(texts) => lists.push((name.get_ref().to_string(), texts)),
                None => self.sheet.fault(
                    value.span(),
                    format!("« {} » : écrivez une liste de textes, comme [\"a\", \"b\"]", name.get_ref()),
                ),
            }
        }
        lists
    }

    /// Reports the keys that nobody asked for: they would be ignored.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table {
            if !asked.contains(&name.get_ref().as_ref()) {
                self.failed.set(true);
                let key = name.get_ref().as_ref();
                let mut known: Vec<&str> = asked.clone();
                known.sort_unstable();
                known.dedup();
                let near = likely(key, known.iter().copied());
                let hint = near.map_or_else(String::new, |near| format!(" ; vouliez-vous « {near} » ?"));
                // A key that is misspelt is not missing too.
                let absent = near.map(|near| format!("{} « {near} »", LACKING));
                let own = self.sheet.told(self.span.clone(), String::new()).line;
                self.sheet.faults.borrow_mut().retain(|fault| {
                    let here = fault.line == own;
                    !(here && absent.as_ref().is_some_and(|absent| fault.message.starts_with(absent)))
                });
                self.sheet.fault(
                    name.span(),
                    format!("clé inconnue ici « {key} »{hint} (clés possibles : {})", known.join(", ")),
                );
            }
        }
    }
}

/// What is said first of a key that must be there.
const LACKING: &str = "clé obligatoire absente :";

/// Says that a key must be there, and how to write it.
pub fn lacking(key: &str, example: &str) -> String {
    format!("{LACKING} « {key} » ; écrivez {key} = {example}")
}

/// So many words are told when one is not known.
const MOST_TOLD: usize = 15;

/// Says that a word is not among those known, and which is near.
pub fn unknown(word: &str, known: &[&str]) -> String {
    let hint = likely(word, known.iter().copied())
        .map_or_else(String::new, |near| format!(" ; vouliez-vous « {near} » ?"));
    let told = match known.len() {
        0 => "il n'y en a aucun".to_string(),
        1..=MOST_TOLD => format!("possibles : {}", known.join(", ")),
        _ => format!("les plus proches : {}", nearest(word, known.iter().copied(), 5).join(", ")),
    };
    format!("« {word} » n'est pas connu{hint} ({told})")
}

//! Reference tables: codes once, keys in the rows.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::keys::KeyOf;
use super::value::Value;
use crate::ledger::Axes;
use crate::ledger::seal::Digest;
use rustc_hash::FxHashMap;

/// The codes of one reference table, both ways.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// Key of each code.
    pub keys: FxHashMap<String, u32>,
    /// Code and label of each key.
    pub codes: FxHashMap<u32, (String, String)>,
}

impl Dictionary {
    /// Returns the code of a key.
    ///
    /// # Errors
    /// When the base holds no such key.
    pub fn code(&self, key: u32) -> Result<&str, StoreError> {
        let found = self.codes.get(&key).map(|(code, _)| code.as_str());
        found.ok_or_else(|| StoreError::Inconsistent(format!("clé {key} sans code")))
    }

    /// Returns the label of a key, or its code.
    ///
    /// # Errors
    /// When the base holds no such key.
    pub fn label(&self, key: u32) -> Result<&str, StoreError> {
        let (code, label) =
            self.codes.get(&key).ok_or_else(|| StoreError::Inconsistent(format!("clé {key} sans code")))?;
        Ok(if label.is_empty() { code } else { label })
    }

    fn add(&mut self, row: &Row) -> Result<(), StoreError> {
        let (key, code) = (row.small(0)?, row.text(1)?);
        self.codes.insert(key, (code.clone(), row.text(2)?));
        self.keys.insert(code, key);
        Ok(())
    }
}

/// Makes a query of a table of codes; `more` names those that are read only.
macro_rules! per_table {
    (@among $table:expr, $before:literal, $after:literal $(, $name:literal)*) => {
        match $table {
            $($name => concat!($before, $name, $after),)*
            other => unreachable!("no reference table {other}"),
        }
    };
    ($table:expr, $before:literal, $after:literal $(, more $more:literal)*) => {
        per_table!(
            @among $table, $before, $after, "dispositif", "funder", "payer", "nature", "committee",
            "convention", "site", "source", "declarable", "giver" $(, $more)*
        )
    };
}

impl Tx {
    /// Returns a whole reference table: `dispositif`, `funder`, `payer`, `nature`, `committee`,
    /// `payee`, `convention`, `site`, `source`, `declarable`, `giver` or `account`.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn dictionary(&mut self, table: &str) -> Result<Dictionary, StoreError> {
        let sql =
            per_table!(table, "select id, code, label from ", " order by id", more "payee", more "account");
        let mut dictionary = Dictionary::default();
        for row in self.all(sql, &[]).await? {
            dictionary.add(&row)?;
        }
        Ok(dictionary)
    }

    pub(super) async fn insert_code(
        &mut self,
        table: &str,
        id: i64,
        code: &str,
        label: &str,
    ) -> Result<(), StoreError> {
        let sql = per_table!(table, "insert into ", " (id, code, label) values ($1, $2, $3)");
        self.exec(sql, &[id.into(), code.into(), label.into()]).await?;
        Ok(())
    }

    /// Makes sure that each of these codes has a key; labels are kept up to date where given.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ensure_codes(
        &mut self,
        table: &str,
        codes: &[(&str, &str)],
    ) -> Result<Dictionary, StoreError> {
        let mut dictionary = self.dictionary(table).await?;
        let mut next = dictionary.codes.keys().max().map_or(1, |key| key + 1);
        for (code, label) in codes {
            match dictionary.keys.get(*code) {
                None => {
                    self.insert_code(table, next.into(), code, label).await?;
                    dictionary.keys.insert((*code).to_string(), next);
                    dictionary.codes.insert(next, ((*code).to_string(), (*label).to_string()));
                    next += 1;
                }
                Some(key) if !label.is_empty() && dictionary.codes[key].1 != *label => {
                    let sql = per_table!(table, "update ", " set label = $2 where id = $1");
                    self.exec(sql, &[(*key).into(), (*label).into()]).await?;
                }
                Some(_) => {}
            }
        }
        Ok(dictionary)
    }

    /// Makes sure that a payee has a key; a new one gets this salt.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ensure_payee(&mut self, name: &str, salt: &[u8]) -> Result<u32, StoreError> {
        if let Some(row) = self.one("select id from payee where code = $1", &[name.into()]).await? {
            return row.small(0);
        }
        let id = self.next_key(KeyOf::Payee).await?;
        let digest = crate::ledger::seal::salted(salt, name);
        self.exec(
            "insert into payee (id, code, label, salt, digest) values ($1, $2, $3, $4, $5)",
            &[id.into(), name.into(), name.into(), salt.into(), digest.as_slice().into()],
        )
        .await?;
        u32::try_from(id).map_err(|_| StoreError::Inconsistent("trop de créanciers".into()))
    }

    /// Returns, for each payee, the salted digest that seals keep.
    ///
    /// A payee is erased with its salt: its code becomes `effacé n° ` and its key, and only the
    /// digest stays.
    ///
    /// # Errors
    /// When the engine refuses, or where a name no longer gives its digest.
    pub async fn payee_digests(&mut self) -> Result<FxHashMap<u32, Digest>, StoreError> {
        let mut digests = FxHashMap::default();
        for row in self.all("select id, code, label, salt, digest from payee where id > 0", &[]).await? {
            let (key, code): (u32, String) = (row.small(0)?, row.text(1)?);
            let digest: Digest = row
                .blob(4)?
                .try_into()
                .map_err(|_| StoreError::Inconsistent("empreinte de créancier".into()))?;
            let whole = match row.opt_blob(3)? {
                Some(salt) => crate::ledger::seal::salted(&salt, &code) == digest && row.text(2)? == code,
                None => code == format!("effacé n° {key}") && row.text(2)?.is_empty(),
            };
            if !whole {
                return Err(StoreError::Inconsistent(format!(
                    "le créancier n° {key} n'est pas celui qui a été scellé"
                )));
            }
            digests.insert(key, digest);
        }
        Ok(digests)
    }

    /// Returns all sets of axes.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn axes(&mut self) -> Result<FxHashMap<u32, Axes>, StoreError> {
        let mut all = FxHashMap::default();
        for row in self
            .all("select id, dispositif_id, funder_id, convention_id, site_id, envelope_year from axes", &[])
            .await?
        {
            let axes = Axes {
                dispositif: row.small(1)?,
                funder: row.small(2)?,
                convention: row.small(3)?,
                site: row.small(4)?,
                envelope_year: row.small(5)?,
            };
            all.insert(row.small(0)?, axes);
        }
        Ok(all)
    }

    /// Returns the key of a set of axes, adding it if it is new.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ensure_axes(
        &mut self,
        known: &mut FxHashMap<u32, Axes>,
        axes: Axes,
    ) -> Result<u32, StoreError> {
        if let Some((key, _)) = known.iter().find(|(_, other)| **other == axes) {
            return Ok(*key);
        }
        let key = known.keys().max().map_or(1, |key| key + 1);
        let values: [Value; 6] = [
            key.into(),
            axes.dispositif.into(),
            axes.funder.into(),
            axes.convention.into(),
            axes.site.into(),
            axes.envelope_year.into(),
        ];
        self.exec(
            "insert into axes (id, dispositif_id, funder_id, convention_id, site_id, envelope_year) values ($1, $2, $3, $4, $5, $6)",
            &values,
        )
        .await?;
        known.insert(key, axes);
        Ok(key)
    }

    /// Returns the key of a set of terms, adding it if it is new. `terms` holds the keys of
    /// dispositif, nature, payer, committee, payee, axes and rules.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ensure_terms(&mut self, terms: [u32; 7], mode: &str) -> Result<u32, StoreError> {
        let mut values: Vec<Value> = terms.iter().map(|key| (*key).into()).collect();
        values.push(mode.into());
        let found = self
            .one(
                "select id from terms where dispositif_id = $1 and nature_id = $2 and payer_id = $3 and committee_id = $4
                 and payee_id = $5 and axes_id = $6 and rules_id = $7 and mode = $8",
                &values,
            )
            .await?;
        if let Some(row) = found {
            return row.small(0);
        }
        let id = self.next_key(KeyOf::Terms).await?;
        values.push(id.into());
        self.exec(
            "insert into terms (dispositif_id, nature_id, payer_id, committee_id, payee_id, axes_id, rules_id, mode, id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &values,
        )
        .await?;
        u32::try_from(id).map_err(|_| StoreError::Inconsistent("trop de modalités".into()))
    }
}

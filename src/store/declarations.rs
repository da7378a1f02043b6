//! What is declared of people: appended, never changed; the last of a lot in force counts.

use super::engine::{Row, Tx};
use super::error::StoreError;
use super::value::Value;
use crate::calendar::Date;

/// A declaration of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationRow {
    /// Its key.
    pub id: i64,
    /// Its lot.
    pub lot: i64,
    /// Its line in the file.
    pub line: i64,
    /// The person.
    pub beneficiary: i64,
    /// Key of what is declared.
    pub declarable: u32,
    /// Key of the dispositif, or 0.
    pub dispositif: u32,
    /// Key of the nature of an aid received elsewhere, or 0.
    pub nature: u32,
    /// Key of the body that gave it, or 0.
    pub giver: u32,
    /// First day.
    pub from: Date,
    /// Last day; none is until further notice.
    pub to: Option<Date>,
    /// Decision of an aid received elsewhere.
    pub decided_on: Option<Date>,
    /// Hundredths of the unit.
    pub value: i64,
    /// Reference of an aid received elsewhere, or empty.
    pub reference: String,
    /// Why, in free text, unless erased.
    pub reason: String,
}

/// What tells a declaration from another: what is declared, and of whom, about which dispositif, from
/// which day; or, for an aid received elsewhere, its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclarationIdentity<'a> {
    /// Person, declarable, dispositif, first day.
    Of(i64, u32, u32, Date),
    /// Declarable, reference.
    Reference(u32, &'a str),
}

impl DeclarationRow {
    /// Returns what tells it from another: two rows of one identity say the same thing differently.
    pub fn identity(&self) -> DeclarationIdentity<'_> {
        if self.reference.is_empty() {
            DeclarationIdentity::Of(self.beneficiary, self.declarable, self.dispositif, self.from)
        } else {
            DeclarationIdentity::Reference(self.declarable, &self.reference)
        }
    }

    /// Returns the values in the order of the table's columns.
    pub fn values(&self) -> [Value; 14] {
        [
            self.id.into(),
            self.lot.into(),
            self.line.into(),
            self.beneficiary.into(),
            self.declarable.into(),
            self.dispositif.into(),
            self.nature.into(),
            self.giver.into(),
            self.from.number().into(),
            self.to.map(Date::number).into(),
            self.decided_on.map(Date::number).into(),
            self.value.into(),
            (&self.reference).into(),
            (&self.reason).into(),
        ]
    }
}

fn day(number: i64) -> Result<Date, StoreError> {
    Date::from_number(number).ok_or_else(|| StoreError::Inconsistent(format!("date {number}")))
}

fn declaration(row: &Row) -> Result<DeclarationRow, StoreError> {
    Ok(DeclarationRow {
        id: row.int(0)?,
        lot: row.int(1)?,
        line: row.int(2)?,
        beneficiary: row.int(3)?,
        declarable: row.small(4)?,
        dispositif: row.small(5)?,
        nature: row.small(6)?,
        giver: row.small(7)?,
        from: day(row.int(8)?)?,
        to: row.opt_int(9)?.map(day).transpose()?,
        decided_on: row.opt_int(10)?.map(day).transpose()?,
        value: row.int(11)?,
        reference: row.text(12)?,
        reason: row.text(13)?,
    })
}

/// Keeps, of rows that declare the same thing, the one of highest key.
fn last_of_each(mut rows: Vec<DeclarationRow>) -> Vec<DeclarationRow> {
    rows.sort_unstable_by(|a, b| a.identity().cmp(&b.identity()).then(b.id.cmp(&a.id)));
    rows.dedup_by(|later, first| later.identity() == first.identity());
    rows.sort_unstable_by_key(|row| (row.beneficiary, row.from, row.id));
    rows
}

macro_rules! declarations {
    ($where:literal) => {
        concat!(
            "select d.id, d.lot_id, d.line, d.beneficiary_id, d.declarable_id, d.dispositif_id, d.nature_id, d.giver_id,
             d.from_day, d.to_day, d.decided_on, d.value, d.reference, d.reason from declaration d where ",
            $where
        )
    };
}

impl Tx {
    /// Returns what is declared of these people, by person then first day: what was replaced or undone
    /// is left out.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn declared(&mut self, people: &[Value]) -> Result<Vec<DeclarationRow>, StoreError> {
        let sql = declarations!(
            "d.beneficiary_id in ({keys}) and not exists (select 1 from lot c where c.cancels_id = d.lot_id)"
        );
        self.last_declared(sql, 0, people).await
    }

    /// Returns all that was ever declared of a person, replaced and cancelled included, oldest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn ever_declared(&mut self, beneficiary: i64) -> Result<Vec<DeclarationRow>, StoreError> {
        let sql = declarations!("d.beneficiary_id = $1 order by d.id");
        self.all(sql, &[beneficiary.into()]).await?.iter().map(declaration).collect()
    }

    /// Returns the same from a day on, and all their parcours.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn declared_since(
        &mut self,
        day: Date,
        people: &[Value],
    ) -> Result<Vec<DeclarationRow>, StoreError> {
        let sql = declarations!(
            "d.beneficiary_id in ({keys}) and not exists (select 1 from lot c where c.cancels_id = d.lot_id)
             and (d.from_day >= {fixed} or d.declarable_id in (select id from declarable where code = 'parcours'))"
        );
        self.last_declared(sql, day.number(), people).await
    }

    /// Returns the aids received elsewhere that bear these references, whoever received them.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn declared_as(&mut self, references: &[Value]) -> Result<Vec<DeclarationRow>, StoreError> {
        let sql = declarations!(
            "d.reference in ({keys}) and d.reference <> '' and not exists (select 1 from lot c where c.cancels_id = d.lot_id)"
        );
        self.last_declared(sql, 0, references).await
    }

    async fn last_declared(
        &mut self,
        sql: &'static str,
        fixed: i64,
        keys: &[Value],
    ) -> Result<Vec<DeclarationRow>, StoreError> {
        let mut rows = Vec::new();
        self.lookup(sql, fixed, keys, |row| {
            rows.push(declaration(row)?);
            Ok(())
        })
        .await?;
        Ok(last_of_each(rows))
    }

    /// Returns all that a lot declared.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn declared_by_lot(&mut self, lot: i64) -> Result<Vec<DeclarationRow>, StoreError> {
        let rows = self.all(declarations!("d.lot_id = $1 order by d.id"), &[lot.into()]).await?;
        rows.iter().map(declaration).collect()
    }

    /// Returns how many lines of files of declarations are in force, those that were replaced included.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn count_declarations(&mut self) -> Result<u64, StoreError> {
        let sql = "select cast(coalesce(sum(l.accepted), 0) as bigint) from lot l where l.kind in ('parcours', 'declarations', 'aides-ailleurs')
                   and not exists (select 1 from lot c where c.cancels_id = l.id)";
        self.one(sql, &[]).await?.map_or(Ok(0), |row| row.small(0))
    }

    /// Returns whether anything was ever declared.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn any_declaration(&mut self) -> Result<bool, StoreError> {
        Ok(self.one("select id from declaration limit 1", &[]).await?.is_some())
    }

    /// Returns the numbers of the people whom a lot brought and of whom something is declared.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn people_held_by_declarations(&mut self, lot: i64) -> Result<Vec<String>, StoreError> {
        let rows = self
            .all(
                "select i.number from beneficiary b join identity i on i.beneficiary_id = b.id
                 where b.lot_id = $1 and exists (
                     select 1 from declaration d where d.beneficiary_id = b.id
                     and not exists (select 1 from lot c where c.cancels_id = d.lot_id))
                 order by i.number",
                &[lot.into()],
            )
            .await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}

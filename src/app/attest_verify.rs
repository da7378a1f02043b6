//! Recognising an attestation: the file that was given out, or the code that it prints.

use super::attest::{PREFIX, facts_today, head_of};
use super::attestation_page::made_again;
use super::clock::local;
use super::error::AppError;
use crate::calendar::{Date, Month};
use crate::funding::DateKind;
use crate::ledger::seal::hex;
use crate::money::Amount;
use crate::store::{IssuedAttestation, Store, Tx};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What an attestation is found to be.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttestationVerdict {
    /// `authentique`, `alteree` or `inconnue`.
    pub verdict: String,
    /// Its number.
    pub numero: Option<String>,
    /// The day it was issued, `2024-12-31`.
    pub delivree_le: Option<String>,
    /// The instant, as people of the structure read it.
    pub enregistree_le: Option<String>,
    /// Who issued it.
    pub par: Option<String>,
    /// Number of the person's file, unless erased.
    pub beneficiaire: Option<String>,
    /// Its first and last months.
    pub du: Option<String>,
    /// Its last month.
    pub au: Option<String>,
    /// Its fingerprint.
    pub empreinte: Option<String>,
    /// Of an authentic one: whether the base still says the same; none where the person is erased.
    pub a_jour: Option<bool>,
    /// The last entry of the chain on that day, and the beginning of its seal.
    pub tete: Option<(String, String)>,
}

const TRUE: &str = "authentique";
const ALTERED: &str = "alteree";
const UNKNOWN: &str = "inconnue";

/// How many characters of the fingerprint a code holds.
const CODE_LENGTH: usize = 16;

impl AttestationVerdict {
    /// Returns the exit code: 1 when it is not authentic.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.verdict != TRUE)
    }
}

/// Recognises a file: given out as it is, given out otherwise, or never.
///
/// # Errors
/// When the base fails.
pub async fn verify_attestation_file(store: &Store, bytes: &[u8]) -> Result<AttestationVerdict, AppError> {
    let mut tx = store.read().await?;
    if let Some(issued) = tx.attestation_of_file(&Sha256::digest(bytes)).await? {
        return verdict(&mut tx, TRUE, issued).await;
    }
    match number_in(bytes) {
        Some(number) => match tx.attestation_numbered(&number).await? {
            Some(issued) => verdict(&mut tx, ALTERED, issued).await,
            None => Ok(AttestationVerdict {
                verdict: UNKNOWN.into(),
                numero: Some(number),
                ..AttestationVerdict::default()
            }),
        },
        None => Ok(AttestationVerdict { verdict: UNKNOWN.into(), ..AttestationVerdict::default() }),
    }
}

/// Recognises a printed code: a number, then sixteen characters of the fingerprint.
///
/// # Errors
/// When it is no code, or the base fails.
pub async fn verify_attestation_code(store: &Store, code: &str) -> Result<AttestationVerdict, AppError> {
    let (number, start) = read_code(code).ok_or_else(|| {
        AppError::Usage(format!(
            "« {code} » n'est ni un fichier ni un code d'attestation, comme AT-2024-000123-9f3a-11c0-77de-0a2b"
        ))
    })?;
    let mut tx = store.read().await?;
    match tx.attestation_numbered(&number).await? {
        Some(issued) => {
            let same = hex(&issued.fingerprint).starts_with(&start);
            verdict(&mut tx, if same { TRUE } else { ALTERED }, issued).await
        }
        None => Ok(AttestationVerdict {
            verdict: UNKNOWN.into(),
            numero: Some(number),
            ..AttestationVerdict::default()
        }),
    }
}

/// What anybody may learn of an attestation that they hold: nothing of the person, nobody's name. Who has
/// its code or its file has read its total: told again, it shows whether the paper was rewritten.
#[derive(Clone, Debug)]
pub struct Authentic {
    /// Its number.
    pub number: String,
    /// Name of the structure that issued it.
    pub structure: String,
    /// The day it was issued.
    pub issued_on: Date,
    /// Its first and last months.
    pub months: (Month, Month),
    /// The date that says in which month an aid counts.
    pub basis: DateKind,
    /// The sum of its aids; none where the base no longer holds what it says.
    pub total: Option<Amount>,
}

impl Authentic {
    async fn of(tx: &mut Tx, issued: IssuedAttestation) -> Result<Authentic, AppError> {
        Ok(Authentic {
            total: made_again(tx, &issued).await?.map(|attestation| attestation.total()),
            number: issued.number,
            structure: tx.info().await?.name,
            issued_on: issued.issued_on,
            months: issued.months,
            basis: issued.basis,
        })
    }
}

/// Tells anybody whether a printed code is that of an attestation given out. Of every other code nothing
/// is said: not even whether its number exists.
///
/// # Errors
/// When it is no code, or the base fails.
pub async fn authentic_code(store: &Store, code: &str) -> Result<Option<Authentic>, AppError> {
    let (number, start) = read_code(code).ok_or_else(|| {
        AppError::Usage(
            "Recopiez le code entier, imprimé au bas de chaque page, comme AT-2024-000123-9f3a-11c0-77de-0a2b".into(),
        )
    })?;
    let mut tx = store.read().await?;
    match tx.attestation_numbered(&number).await? {
        Some(issued) if hex(&issued.fingerprint).starts_with(&start) => {
            Authentic::of(&mut tx, issued).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// A file that somebody sends to be recognised: none of it is kept.
#[derive(Default)]
pub struct ReceivedFile(Sha256);

impl ReceivedFile {
    /// Takes the next bytes of it.
    pub fn take(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Tells anybody whether it is, to the byte, a file that was given out.
    ///
    /// # Errors
    /// When the base fails.
    pub async fn authentic(self, store: &Store) -> Result<Option<Authentic>, AppError> {
        let mut tx = store.read().await?;
        match tx.attestation_of_file(&self.0.finalize()).await? {
            Some(issued) => Authentic::of(&mut tx, issued).await.map(Some),
            None => Ok(None),
        }
    }
}

async fn verdict(
    tx: &mut Tx,
    verdict: &str,
    issued: IssuedAttestation,
) -> Result<AttestationVerdict, AppError> {
    let number = tx.numbers_by_key(&[issued.beneficiary.into()]).await?.pop().map(|(_, number)| number);
    let zone = tx.info().await?.zone;
    let head = head_of(tx, issued.head).await?;
    let today = facts_today(tx, &issued).await?;
    Ok(AttestationVerdict {
        a_jour: today.map(|digest| issued.facts == digest),
        verdict: verdict.into(),
        numero: Some(issued.number),
        delivree_le: Some(issued.issued_on.to_string()),
        enregistree_le: Some(local(&issued.at, &zone)),
        par: Some(issued.user),
        beneficiaire: number,
        du: Some(issued.months.0.to_string()),
        au: Some(issued.months.1.to_string()),
        empreinte: Some(hex(&issued.fingerprint)),
        tete: Some((head.entry, head.seal)),
    })
}

/// Reads a code as people type it: any case, spaces or dashes between its groups.
fn read_code(code: &str) -> Option<(String, String)> {
    let code = code.to_ascii_uppercase();
    let mut groups = code.split(|c: char| c.is_whitespace() || c == '-').filter(|group| !group.is_empty());
    if groups.next() != Some(PREFIX.trim_end_matches('-')) {
        return None;
    }
    let (year, rank) = (groups.next()?, groups.next()?);
    let start = groups.collect::<String>().to_ascii_lowercase();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = start.len() == CODE_LENGTH && start.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits(year) && digits(rank) && whole).then(|| (format!("{PREFIX}{year}-{rank}"), start))
}

/// Finds the number that a file says it has, in its metadata.
fn number_in(bytes: &[u8]) -> Option<String> {
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&bytes[from..], PREFIX.as_bytes()) {
        let start = from + at;
        let end = bytes[start + PREFIX.len()..]
            .iter()
            .position(|byte| !byte.is_ascii_digit() && *byte != b'-')
            .map_or(bytes.len(), |length| start + PREFIX.len() + length);
        let digits = std::str::from_utf8(&bytes[start + PREFIX.len()..end]).ok()?;
        let mut parts = digits.split('-');
        if let (Some(year), Some(rank)) = (parts.next(), parts.next())
            && year.len() == 4
            && rank.len() >= 6
        {
            return Some(format!("{PREFIX}{year}-{rank}"));
        }
        from = start + PREFIX.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let expected = Some(("AT-2024-000123".to_string(), "9f3a11c077de0a2b".to_string()));
        for code in [
            "AT-2024-000123-9f3a-11c0-77de-0a2b",
            " at-2024-000123-9F3A-11C0-77DE-0A2B ",
            "AT-2024-000123-9f3a 11c0 77de 0a2b",
            "AT 2024 000123 9f3a11c0 77de0a2b",
        ] {
            assert_eq!(read_code(code), expected, "{code}");
        }
        for code in ["", "AT-2024-000123", "AT-2024-000123-9f3a", "fichier.pdf", "AT-x-1-9f3a-11c0-77de-0a2b"]
        {
            assert_eq!(read_code(code), None, "{code}");
        }
        assert_eq!(
            number_in("… AT- n° AT-2024-000123, empreinte".as_bytes()).as_deref(),
            Some("AT-2024-000123")
        );
        for bytes in [b"rien AT-12".as_slice(), b"AT-", b"AT-x", b"AT--", b"\xffAT-2024"] {
            assert_eq!(number_in(bytes), None, "{bytes:?}");
        }
    }
}

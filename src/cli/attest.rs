//! `attester`: PDF files, and the recognition of one.

use super::args::{Attester, RegistreAttestations};
use super::import::counted;
use super::run::Session;
use crate::app::{self, AppError, AttestRequest, AttestationVerdict, AttestedFile};
use crate::calendar::{Date, Month};
use std::path::{Path, PathBuf};

/// The folder of attestations where none is asked.
const FOLDER: &str = "attestations";

/// Issues attestations, or recognises one.
pub(super) async fn attest(session: &Session<'_>, what: Attester) -> Result<u8, AppError> {
    match what.what {
        Some(RegistreAttestations::Verifier { quoi }) => return verify(session, &quoi).await,
        Some(RegistreAttestations::Lister) => {
            let store = session.open().await?;
            let register = app::list_attestations(&store).await?;
            return session.tables(store, &[register]).await;
        }
        None => {}
    }
    let request = AttestRequest {
        who: what.numero,
        year: what.exercice,
        months: what.du.zip(what.au),
        basis: what.selon,
        dispositif: what.dispositif,
        site: what.site,
    };
    let store = session.open().await?;
    let one = request.who.is_some();
    let asked = session.output.file().map(PathBuf::from);
    let folder = if one { None } else { Some(asked.clone().unwrap_or_else(|| PathBuf::from(FOLDER))) };
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder).map_err(|error| failure(folder, error))?;
    }
    let mut written: Vec<(PathBuf, AttestedFile)> = Vec::new();
    let give = |mut file: AttestedFile| -> Result<(), AppError> {
        let path = match (&folder, &asked) {
            (Some(folder), _) => folder.join(&file.name),
            (None, Some(path)) => path.clone(),
            (None, None) => PathBuf::from(&file.name),
        };
        std::fs::write(&path, &file.bytes).map_err(|error| failure(&path, error))?;
        file.bytes = Vec::new();
        written.push((path, file));
        Ok(())
    };
    let report = app::attest(&store, session.clock, &session.actor, &request, session.progress, give).await?;
    store.close().await;
    let mut text = match (one, written.first()) {
        (true, Some((path, file))) => format!(
            "Attestation {} {} : {}\nCode de vérification : {}",
            file.number,
            if file.again { "déjà délivrée, la même à l'octet près" } else { "délivrée" },
            path.display(),
            file.code
        ),
        _ => format!(
            "{}, {}, dans {}",
            counted(report.nouvelles, "attestation délivrée", "attestations délivrées"),
            counted(report.reeditions, "réédition à l'identique", "rééditions à l'identique"),
            folder.as_deref().unwrap_or(Path::new(".")).display()
        ),
    };
    if report.sans_identite > 0 {
        text.push_str(&format!(
            "\n{} sans attestation : identité effacée",
            counted(report.sans_identite, "personne", "personnes")
        ));
    }
    for (number, why) in &report.refusees {
        text.push_str(&format!("\n{number} : refusée, {why}"));
    }
    let files: Vec<serde_json::Value> = written
        .iter()
        .map(|(path, file)| {
            serde_json::json!({"fichier": path.display().to_string(), "numero": file.number, "code": file.code, "deja_delivree": file.again})
        })
        .collect();
    let mut document = serde_json::to_value(&report).unwrap_or_default();
    document["attestations"] = files.into();
    session.shown(&text, &document)?;
    Ok(u8::from(!report.refusees.is_empty()))
}

async fn verify(session: &Session<'_>, what: &str) -> Result<u8, AppError> {
    let store = session.open().await?;
    let path = Path::new(what);
    let verdict = if path.is_file() {
        let bytes = std::fs::read(path).map_err(|error| failure(path, error))?;
        app::verify_attestation_file(&store, &bytes).await?
    } else {
        app::verify_attestation_code(&store, what).await?
    };
    store.close().await;
    session.said(&verdict_text(&verdict), &serde_json::to_value(&verdict).unwrap_or_default())?;
    Ok(verdict.exit_code())
}

fn verdict_text(verdict: &AttestationVerdict) -> String {
    let number = verdict.numero.as_deref().unwrap_or("");
    let mut text = match verdict.verdict.as_str() {
        "authentique" => format!("AUTHENTIQUE : attestation {number}, telle qu'elle a été délivrée."),
        "alteree" => format!(
            "ALTÉRÉE : l'attestation {number} existe, mais ce n'est pas ce qui a été délivré. Un code se recopie parfois mal : relisez-le ; sinon, ne vous y fiez pas."
        ),
        _ if number.is_empty() => "INCONNUE : cette base n'a jamais délivré ce document.".to_string(),
        _ => format!("INCONNUE : cette base n'a jamais délivré d'attestation {number}."),
    };
    let (Some(issued), Some(first), Some(last)) = (&verdict.delivree_le, &verdict.du, &verdict.au) else {
        return text;
    };
    let month = |text: &str| Month::parse(text).map_or_else(|| text.to_string(), Month::in_words);
    text.push_str(&format!(
        "\n  délivrée le {} par {}, dossier {}, de {} à {}",
        Date::parse(issued).map_or_else(|| issued.clone(), Date::to_french),
        verdict.par.as_deref().unwrap_or(""),
        verdict.beneficiaire.as_deref().unwrap_or("effacé"),
        month(first),
        month(last),
    ));
    if verdict.verdict == "authentique" && verdict.a_jour == Some(false) {
        text.push_str(
            "\n  ATTENTION : le carnet a changé depuis ; la même demande dirait aujourd'hui autre chose",
        );
    }
    if let Some(fingerprint) = &verdict.empreinte {
        text.push_str(&format!("\n  empreinte {fingerprint}"));
    }
    if let Some((entry, seal)) = &verdict.tete {
        text.push_str(&format!("\n  dernière écriture du carnet ce jour-là : {entry}, sceau {seal}"));
    }
    text
}

fn failure(path: &Path, source: std::io::Error) -> AppError {
    AppError::File {
        path: path.display().to_string(),
        reason: "écriture ou lecture impossible".into(),
        source,
    }
}

-- Denier, schema 1. Amounts in centimes; dates as 20241231, months as 202412; posted rows are never changed.
-- One row per fact about the base itself.
create table meta (
    key TEXT COLLATE "C" primary key,
    value TEXT COLLATE "C" not null
);

create table structure (
    id BIGINT primary key check (id = 1),
    name TEXT COLLATE "C" not null,
    siren TEXT COLLATE "C",
    zone TEXT COLLATE "C" not null,
    books TEXT COLLATE "C" not null check (books in ('importee', 'tenue')),
    created_at TEXT COLLATE "C" not null
);

create table fiscal_year (
    code BIGINT primary key,
    first_month BIGINT not null check (first_month between 190001 and 219912),
    last_month BIGINT not null check (last_month >= first_month),
    opened_at TEXT COLLATE "C" not null
);

create table app_user (
    id BIGINT primary key,
    name TEXT COLLATE "C" not null unique,
    role TEXT COLLATE "C" not null check (role in ('lecture', 'saisie', 'validation', 'direction')),
    password TEXT COLLATE "C",
    created_at TEXT COLLATE "C" not null
);

-- Who did what, when; no personal data.
create table audit_log (
    id BIGINT primary key,
    at TEXT COLLATE "C" not null,
    user_name TEXT COLLATE "C" not null,
    claimed BIGINT not null check (claimed in (0, 1)),
    action TEXT COLLATE "C" not null,
    detail TEXT COLLATE "C" not null
);

-- Answers given to a key of idempotency (--cle).
create table request_key (
    key TEXT COLLATE "C" primary key,
    digest BYTEA not null,
    answer TEXT COLLATE "C" not null,
    at TEXT COLLATE "C" not null
);

create table account (
    id BIGINT primary key,
    book TEXT COLLATE "C" not null,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null,
    side TEXT COLLATE "C" not null check (side in ('debit', 'credit'))
);

create table source (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table dispositif (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table funder (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table payer (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table nature (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table committee (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table convention (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

create table site (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

-- A free text that may hold a name: sealed as a salted digest, erasable with its salt.
create table payee (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null,
    salt BYTEA,
    digest BYTEA not null
);

create table rule_text (
    digest TEXT COLLATE "C" primary key,
    body TEXT COLLATE "C" not null
);

-- In force: for each path, the publication of highest id.
create table rule_publication (
    id BIGINT primary key,
    path TEXT COLLATE "C" not null,
    digest TEXT COLLATE "C" not null references rule_text,
    at TEXT COLLATE "C" not null,
    user_name TEXT COLLATE "C" not null,
    approver TEXT COLLATE "C" check (approver is null or approver <> user_name)
);

-- The axes that lines share; 0 is "sans".
create table axes (
    id BIGINT primary key,
    dispositif_id BIGINT not null references dispositif,
    funder_id BIGINT not null references funder,
    convention_id BIGINT not null references convention,
    site_id BIGINT not null references site,
    envelope_year BIGINT not null,
    unique (dispositif_id, funder_id, convention_id, site_id, envelope_year)
);

-- What many aids share.
create table terms (
    id BIGINT primary key,
    dispositif_id BIGINT not null references dispositif,
    nature_id BIGINT not null references nature,
    payer_id BIGINT not null references payer,
    committee_id BIGINT not null references committee,
    payee_id BIGINT not null references payee,
    axes_id BIGINT not null references axes,
    rules_id BIGINT not null references rule_publication,
    mode TEXT COLLATE "C" not null check (mode in ('decider', 'constater')),
    unique (dispositif_id, nature_id, payer_id, committee_id, payee_id, axes_id, rules_id, mode)
);

-- A batch: one file imported, or one undoing.
create table lot (
    id BIGINT primary key,
    kind TEXT COLLATE "C" not null,
    source_id BIGINT not null references source,
    file TEXT COLLATE "C" not null,
    file_digest BYTEA,
    at TEXT COLLATE "C" not null,
    user_name TEXT COLLATE "C" not null,
    records BIGINT not null,
    accepted BIGINT not null,
    irregular BIGINT not null,
    known BIGINT not null,
    refused BIGINT not null,
    cancels_id BIGINT references lot,
    reason TEXT COLLATE "C",
    reason_salt BYTEA,
    reason_digest BYTEA,
    check (records = accepted + known + refused),
    check (irregular <= accepted)
);

-- A person in the ledger: a pseudonym and nothing else.
create table beneficiary (
    id BIGINT primary key,
    pseudonym TEXT COLLATE "C" not null unique,
    lot_id BIGINT not null references lot
);

-- Who the person is: one erasable row, apart from the ledger.
create table identity (
    beneficiary_id BIGINT primary key references beneficiary,
    number TEXT COLLATE "C" not null unique,
    last_name TEXT COLLATE "C" not null,
    first_name TEXT COLLATE "C" not null,
    sort_key TEXT COLLATE "C" not null,
    born_on BIGINT,
    sex TEXT COLLATE "C" not null,
    commune TEXT COLLATE "C" not null,
    insee TEXT COLLATE "C" not null,
    qpv BIGINT,
    rqth BIGINT,
    situation TEXT COLLATE "C" not null,
    iban TEXT COLLATE "C" not null,
    site_id BIGINT not null references site
);

-- What a batch changed, to undo it.
create table identity_before (
    lot_id BIGINT not null references lot,
    beneficiary_id BIGINT not null references beneficiary,
    number TEXT COLLATE "C" not null,
    last_name TEXT COLLATE "C" not null,
    first_name TEXT COLLATE "C" not null,
    sort_key TEXT COLLATE "C" not null,
    born_on BIGINT,
    sex TEXT COLLATE "C" not null,
    commune TEXT COLLATE "C" not null,
    insee TEXT COLLATE "C" not null,
    qpv BIGINT,
    rqth BIGINT,
    situation TEXT COLLATE "C" not null,
    iban TEXT COLLATE "C" not null,
    site_id BIGINT not null,
    primary key (lot_id, beneficiary_id)
);

create table decision (
    id BIGINT primary key,
    beneficiary_id BIGINT not null references beneficiary,
    dispositif_id BIGINT not null references dispositif,
    decided_on BIGINT not null check (decided_on between 19000101 and 21991231),
    undated BIGINT not null check (undated in (0, 1))
);

-- One line accepted: an amount granted for a month of right, under a decision.
create table aid (
    id BIGINT primary key,
    lot_id BIGINT not null references lot,
    line BIGINT not null,
    beneficiary_id BIGINT not null references beneficiary,
    decision_id BIGINT not null references decision,
    month BIGINT not null check (month between 190001 and 219912),
    terms_id BIGINT not null references terms,
    amount BIGINT not null check (amount > 0),
    requested_on BIGINT,
    reference TEXT COLLATE "C" not null
);

-- Shares of an aid with several funders; otherwise its terms name the one.
create table aid_share (
    aid_id BIGINT not null references aid,
    rank BIGINT not null,
    axes_id BIGINT not null references axes,
    amount BIGINT not null check (amount > 0),
    primary key (aid_id, rank)
);

-- Why an aid is irregular, in the words said on that day.
create table aid_finding (
    aid_id BIGINT not null references aid,
    rank BIGINT not null,
    code TEXT COLLATE "C" not null,
    rule TEXT COLLATE "C",
    column_name TEXT COLLATE "C",
    message TEXT COLLATE "C" not null,
    article TEXT COLLATE "C",
    room BIGINT,
    advice TEXT COLLATE "C" not null,
    primary key (aid_id, rank)
);

create table payment (
    aid_id BIGINT not null references aid,
    rank BIGINT not null,
    paid_on BIGINT not null check (paid_on between 19000101 and 21991231),
    amount BIGINT not null check (amount > 0),
    primary key (aid_id, rank)
);

-- References in use, unique per source; freed by a cancellation.
create table living_reference (
    source_id BIGINT not null,
    reference TEXT COLLATE "C" not null,
    record_id BIGINT not null,
    fingerprint BIGINT not null,
    primary key (source_id, reference)
);

create table aid_cancellation (
    aid_id BIGINT primary key references aid,
    lot_id BIGINT not null references lot
);

-- The guard of each envelope: nothing is consumed beyond what is notified or recognised as an overrun.
create table envelope (
    dispositif_id BIGINT not null references dispositif,
    funder_id BIGINT not null references funder,
    year BIGINT not null,
    notified BIGINT not null check (notified >= 0),
    consumed BIGINT not null check (consumed >= 0),
    overrun BIGINT not null check (overrun >= 0),
    primary key (dispositif_id, funder_id, year),
    check (consumed <= notified + overrun)
);

create table envelope_notice (
    id BIGINT primary key,
    lot_id BIGINT not null references lot,
    line BIGINT not null,
    reference TEXT COLLATE "C" not null,
    axes_id BIGINT not null references axes,
    amount BIGINT not null check (amount > 0),
    notified_on BIGINT not null,
    entry_id BIGINT not null unique
);

create table envelope_notice_cancellation (
    notice_id BIGINT primary key references envelope_notice,
    lot_id BIGINT not null references lot
);

-- One chain: id is the sequence of the seal.
create table entry (
    id BIGINT primary key,
    book TEXT COLLATE "C" not null,
    year BIGINT not null,
    number BIGINT not null,
    dated BIGINT not null check (dated between 19000101 and 21991231),
    event TEXT COLLATE "C" not null,
    lot_id BIGINT not null references lot,
    reverses BIGINT references entry,
    line_count BIGINT not null check (line_count >= 2),
    root BYTEA not null,
    seal BYTEA not null,
    unique (book, year, number)
);

-- Positive is debit, negative is credit.
create table line (
    entry_id BIGINT not null,
    rank BIGINT not null,
    account_id BIGINT not null,
    axes_id BIGINT not null,
    aid_id BIGINT,
    amount BIGINT not null check (amount <> 0),
    primary key (entry_id, rank)
);

-- Maintained from the lines; recomputed by verifier.
create table balance (
    account_id BIGINT not null references account,
    month BIGINT not null,
    axes_id BIGINT not null references axes,
    amount BIGINT not null,
    primary key (account_id, month, axes_id)
);

-- Maintained: amounts of living aids by date of right (1), decision (2), payment (3).
create table aid_amount (
    kind BIGINT not null check (kind in (1, 2, 3)),
    month BIGINT not null,
    axes_id BIGINT not null references axes,
    nature_id BIGINT not null references nature,
    amount BIGINT not null,
    primary key (kind, month, axes_id, nature_id)
);

-- Maintained: instalments, decisions or payments, distinct people and irregular aids, by month (202403) and fiscal year (2024); dispositif 0 is all of them.
create table aid_count (
    kind BIGINT not null check (kind in (1, 2, 3)),
    period BIGINT not null,
    dispositif_id BIGINT not null,
    number BIGINT not null check (number >= 0),
    people BIGINT not null check (people >= 0),
    irregular BIGINT not null check (irregular >= 0),
    primary key (kind, period, dispositif_id)
);

create index aid_beneficiary_id on aid (beneficiary_id);

create index identity_sort_key on identity (sort_key);

-- Nothing posted is changed or deleted, whoever asks.
create function forbid() returns trigger language plpgsql as $$
begin
    raise exception 'ligne definitive : % de % interdit', lower(tg_op), tg_table_name;
end
$$;

create trigger fiscal_year_no_update before update on fiscal_year for each row execute function forbid();
create trigger fiscal_year_no_delete before delete on fiscal_year for each row execute function forbid();
create trigger fiscal_year_no_truncate before truncate on fiscal_year for each statement execute function forbid();
create trigger audit_log_no_update before update on audit_log for each row execute function forbid();
create trigger audit_log_no_delete before delete on audit_log for each row execute function forbid();
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function forbid();
create trigger request_key_no_update before update on request_key for each row execute function forbid();
create trigger request_key_no_delete before delete on request_key for each row execute function forbid();
create trigger request_key_no_truncate before truncate on request_key for each statement execute function forbid();
create trigger account_no_update before update of id, code on account for each row execute function forbid();
create trigger account_no_delete before delete on account for each row execute function forbid();
create trigger account_no_truncate before truncate on account for each statement execute function forbid();
create trigger source_no_update before update of id, code on source for each row execute function forbid();
create trigger source_no_delete before delete on source for each row execute function forbid();
create trigger source_no_truncate before truncate on source for each statement execute function forbid();
create trigger dispositif_no_update before update of id, code on dispositif for each row execute function forbid();
create trigger dispositif_no_delete before delete on dispositif for each row execute function forbid();
create trigger dispositif_no_truncate before truncate on dispositif for each statement execute function forbid();
create trigger funder_no_update before update of id, code on funder for each row execute function forbid();
create trigger funder_no_delete before delete on funder for each row execute function forbid();
create trigger funder_no_truncate before truncate on funder for each statement execute function forbid();
create trigger payer_no_update before update of id, code on payer for each row execute function forbid();
create trigger payer_no_delete before delete on payer for each row execute function forbid();
create trigger payer_no_truncate before truncate on payer for each statement execute function forbid();
create trigger nature_no_update before update of id, code on nature for each row execute function forbid();
create trigger nature_no_delete before delete on nature for each row execute function forbid();
create trigger nature_no_truncate before truncate on nature for each statement execute function forbid();
create trigger committee_no_update before update of id, code on committee for each row execute function forbid();
create trigger committee_no_delete before delete on committee for each row execute function forbid();
create trigger committee_no_truncate before truncate on committee for each statement execute function forbid();
create trigger convention_no_update before update of id, code on convention for each row execute function forbid();
create trigger convention_no_delete before delete on convention for each row execute function forbid();
create trigger convention_no_truncate before truncate on convention for each statement execute function forbid();
create trigger site_no_update before update of id, code on site for each row execute function forbid();
create trigger site_no_delete before delete on site for each row execute function forbid();
create trigger site_no_truncate before truncate on site for each statement execute function forbid();
create trigger rule_text_no_update before update on rule_text for each row execute function forbid();
create trigger rule_text_no_delete before delete on rule_text for each row execute function forbid();
create trigger rule_text_no_truncate before truncate on rule_text for each statement execute function forbid();
create trigger rule_publication_no_update before update on rule_publication for each row execute function forbid();
create trigger rule_publication_no_delete before delete on rule_publication for each row execute function forbid();
create trigger rule_publication_no_truncate before truncate on rule_publication for each statement execute function forbid();
create trigger axes_no_update before update on axes for each row execute function forbid();
create trigger axes_no_delete before delete on axes for each row execute function forbid();
create trigger axes_no_truncate before truncate on axes for each statement execute function forbid();
create trigger terms_no_update before update on terms for each row execute function forbid();
create trigger terms_no_delete before delete on terms for each row execute function forbid();
create trigger terms_no_truncate before truncate on terms for each statement execute function forbid();
create trigger lot_no_update before update of id, kind, source_id, file, file_digest, at, user_name, records, accepted, irregular, known, refused, cancels_id, reason_digest on lot for each row execute function forbid();
create trigger lot_no_delete before delete on lot for each row execute function forbid();
create trigger lot_no_truncate before truncate on lot for each statement execute function forbid();
create trigger beneficiary_no_update before update on beneficiary for each row execute function forbid();
create trigger beneficiary_no_truncate before truncate on beneficiary for each statement execute function forbid();
create trigger decision_no_update before update on decision for each row execute function forbid();
create trigger decision_no_delete before delete on decision for each row execute function forbid();
create trigger decision_no_truncate before truncate on decision for each statement execute function forbid();
create trigger aid_no_update before update on aid for each row execute function forbid();
create trigger aid_no_delete before delete on aid for each row execute function forbid();
create trigger aid_no_truncate before truncate on aid for each statement execute function forbid();
create trigger aid_share_no_update before update on aid_share for each row execute function forbid();
create trigger aid_share_no_delete before delete on aid_share for each row execute function forbid();
create trigger aid_share_no_truncate before truncate on aid_share for each statement execute function forbid();
create trigger aid_finding_no_update before update on aid_finding for each row execute function forbid();
create trigger aid_finding_no_delete before delete on aid_finding for each row execute function forbid();
create trigger aid_finding_no_truncate before truncate on aid_finding for each statement execute function forbid();
create trigger payment_no_update before update on payment for each row execute function forbid();
create trigger payment_no_delete before delete on payment for each row execute function forbid();
create trigger payment_no_truncate before truncate on payment for each statement execute function forbid();
create trigger aid_cancellation_no_update before update on aid_cancellation for each row execute function forbid();
create trigger aid_cancellation_no_delete before delete on aid_cancellation for each row execute function forbid();
create trigger aid_cancellation_no_truncate before truncate on aid_cancellation for each statement execute function forbid();
create trigger envelope_notice_no_update before update on envelope_notice for each row execute function forbid();
create trigger envelope_notice_no_delete before delete on envelope_notice for each row execute function forbid();
create trigger envelope_notice_no_truncate before truncate on envelope_notice for each statement execute function forbid();
create trigger envelope_notice_cancellation_no_update before update on envelope_notice_cancellation for each row execute function forbid();
create trigger envelope_notice_cancellation_no_delete before delete on envelope_notice_cancellation for each row execute function forbid();
create trigger envelope_notice_cancellation_no_truncate before truncate on envelope_notice_cancellation for each statement execute function forbid();
create trigger entry_no_update before update on entry for each row execute function forbid();
create trigger entry_no_delete before delete on entry for each row execute function forbid();
create trigger entry_no_truncate before truncate on entry for each statement execute function forbid();
create trigger line_no_update before update on line for each row execute function forbid();
create trigger line_no_delete before delete on line for each row execute function forbid();
create trigger line_no_truncate before truncate on line for each statement execute function forbid();

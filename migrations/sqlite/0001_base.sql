-- Denier, schema 1. Amounts in centimes; dates as 20241231, months as 202412; posted rows are never changed.
-- One row per fact about the base itself.
create table meta (
    key TEXT primary key,
    value TEXT not null
) STRICT;

create table structure (
    id INTEGER primary key check (id = 1),
    name TEXT not null,
    siren TEXT,
    zone TEXT not null,
    books TEXT not null check (books in ('importee', 'tenue')),
    created_at TEXT not null
) STRICT;

create table fiscal_year (
    code INTEGER primary key,
    first_month INTEGER not null check (first_month between 190001 and 219912),
    last_month INTEGER not null check (last_month >= first_month),
    opened_at TEXT not null
) STRICT;

create table app_user (
    id INTEGER primary key,
    name TEXT not null unique,
    role TEXT not null check (role in ('lecture', 'saisie', 'validation', 'direction')),
    password TEXT,
    created_at TEXT not null
) STRICT;

-- Who did what, when; no personal data.
create table audit_log (
    id INTEGER primary key,
    at TEXT not null,
    user_name TEXT not null,
    claimed INTEGER not null check (claimed in (0, 1)),
    action TEXT not null,
    detail TEXT not null
) STRICT;

-- Answers given to a key of idempotency (--cle).
create table request_key (
    key TEXT primary key,
    digest BLOB not null,
    answer TEXT not null,
    at TEXT not null
) STRICT;

create table account (
    id INTEGER primary key,
    book TEXT not null,
    code TEXT not null unique,
    label TEXT not null,
    side TEXT not null check (side in ('debit', 'credit'))
) STRICT;

create table source (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table dispositif (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table funder (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table payer (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table nature (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table committee (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table convention (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

create table site (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null
) STRICT;

-- A free text that may hold a name: sealed as a salted digest, erasable with its salt.
create table payee (
    id INTEGER primary key,
    code TEXT not null unique,
    label TEXT not null,
    salt BLOB,
    digest BLOB not null
) STRICT;

create table rule_text (
    digest TEXT primary key,
    body TEXT not null
) STRICT;

-- In force: for each path, the publication of highest id.
create table rule_publication (
    id INTEGER primary key,
    path TEXT not null,
    digest TEXT not null references rule_text,
    at TEXT not null,
    user_name TEXT not null,
    approver TEXT check (approver is null or approver <> user_name)
) STRICT;

-- The axes that lines share; 0 is "sans".
create table axes (
    id INTEGER primary key,
    dispositif_id INTEGER not null references dispositif,
    funder_id INTEGER not null references funder,
    convention_id INTEGER not null references convention,
    site_id INTEGER not null references site,
    envelope_year INTEGER not null,
    unique (dispositif_id, funder_id, convention_id, site_id, envelope_year)
) STRICT;

-- What many aids share.
create table terms (
    id INTEGER primary key,
    dispositif_id INTEGER not null references dispositif,
    nature_id INTEGER not null references nature,
    payer_id INTEGER not null references payer,
    committee_id INTEGER not null references committee,
    payee_id INTEGER not null references payee,
    axes_id INTEGER not null references axes,
    rules_id INTEGER not null references rule_publication,
    mode TEXT not null check (mode in ('decider', 'constater')),
    unique (dispositif_id, nature_id, payer_id, committee_id, payee_id, axes_id, rules_id, mode)
) STRICT;

-- A batch: one file imported, or one undoing.
create table lot (
    id INTEGER primary key,
    kind TEXT not null,
    source_id INTEGER not null references source,
    file TEXT not null,
    file_digest BLOB,
    at TEXT not null,
    user_name TEXT not null,
    records INTEGER not null,
    accepted INTEGER not null,
    irregular INTEGER not null,
    known INTEGER not null,
    refused INTEGER not null,
    cancels_id INTEGER references lot,
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB,
    check (records = accepted + known + refused),
    check (irregular <= accepted)
) STRICT;

-- A person in the ledger: a pseudonym and nothing else.
create table beneficiary (
    id INTEGER primary key,
    pseudonym TEXT not null unique,
    lot_id INTEGER not null references lot
) STRICT;

-- Who the person is: one erasable row, apart from the ledger.
create table identity (
    beneficiary_id INTEGER primary key references beneficiary,
    number TEXT not null unique,
    last_name TEXT not null,
    first_name TEXT not null,
    sort_key TEXT not null,
    born_on INTEGER,
    sex TEXT not null,
    commune TEXT not null,
    insee TEXT not null,
    qpv INTEGER,
    rqth INTEGER,
    situation TEXT not null,
    iban TEXT not null,
    site_id INTEGER not null references site
) STRICT;

-- What a batch changed, to undo it.
create table identity_before (
    lot_id INTEGER not null references lot,
    beneficiary_id INTEGER not null references beneficiary,
    number TEXT not null,
    last_name TEXT not null,
    first_name TEXT not null,
    sort_key TEXT not null,
    born_on INTEGER,
    sex TEXT not null,
    commune TEXT not null,
    insee TEXT not null,
    qpv INTEGER,
    rqth INTEGER,
    situation TEXT not null,
    iban TEXT not null,
    site_id INTEGER not null,
    primary key (lot_id, beneficiary_id)
) STRICT, WITHOUT ROWID;

create table decision (
    id INTEGER primary key,
    beneficiary_id INTEGER not null references beneficiary,
    dispositif_id INTEGER not null references dispositif,
    decided_on INTEGER not null check (decided_on between 19000101 and 21991231),
    undated INTEGER not null check (undated in (0, 1))
) STRICT;

-- One line accepted: an amount granted for a month of right, under a decision.
create table aid (
    id INTEGER primary key,
    lot_id INTEGER not null references lot,
    line INTEGER not null,
    beneficiary_id INTEGER not null references beneficiary,
    decision_id INTEGER not null references decision,
    month INTEGER not null check (month between 190001 and 219912),
    terms_id INTEGER not null references terms,
    amount INTEGER not null check (amount > 0),
    requested_on INTEGER,
    reference TEXT not null
) STRICT;

-- Shares of an aid with several funders; otherwise its terms name the one.
create table aid_share (
    aid_id INTEGER not null references aid,
    rank INTEGER not null,
    axes_id INTEGER not null references axes,
    amount INTEGER not null check (amount > 0),
    primary key (aid_id, rank)
) STRICT, WITHOUT ROWID;

-- Why an aid is irregular, in the words said on that day.
create table aid_finding (
    aid_id INTEGER not null references aid,
    rank INTEGER not null,
    code TEXT not null,
    rule TEXT,
    column_name TEXT,
    message TEXT not null,
    article TEXT,
    room INTEGER,
    advice TEXT not null,
    primary key (aid_id, rank)
) STRICT, WITHOUT ROWID;

create table payment (
    aid_id INTEGER not null references aid,
    rank INTEGER not null,
    paid_on INTEGER not null check (paid_on between 19000101 and 21991231),
    amount INTEGER not null check (amount > 0),
    primary key (aid_id, rank)
) STRICT, WITHOUT ROWID;

-- References in use, unique per source; freed by a cancellation.
create table living_reference (
    source_id INTEGER not null,
    reference TEXT not null,
    record_id INTEGER not null,
    fingerprint INTEGER not null,
    primary key (source_id, reference)
) STRICT, WITHOUT ROWID;

create table aid_cancellation (
    aid_id INTEGER primary key references aid,
    lot_id INTEGER not null references lot
) STRICT;

-- The guard of each envelope: nothing is consumed beyond what is notified or recognised as an overrun.
create table envelope (
    dispositif_id INTEGER not null references dispositif,
    funder_id INTEGER not null references funder,
    year INTEGER not null,
    notified INTEGER not null check (notified >= 0),
    consumed INTEGER not null check (consumed >= 0),
    overrun INTEGER not null check (overrun >= 0),
    primary key (dispositif_id, funder_id, year),
    check (consumed <= notified + overrun)
) STRICT, WITHOUT ROWID;

create table envelope_notice (
    id INTEGER primary key,
    lot_id INTEGER not null references lot,
    line INTEGER not null,
    reference TEXT not null,
    axes_id INTEGER not null references axes,
    amount INTEGER not null check (amount > 0),
    notified_on INTEGER not null,
    entry_id INTEGER not null unique
) STRICT;

create table envelope_notice_cancellation (
    notice_id INTEGER primary key references envelope_notice,
    lot_id INTEGER not null references lot
) STRICT;

-- One chain: id is the sequence of the seal.
create table entry (
    id INTEGER primary key,
    book TEXT not null,
    year INTEGER not null,
    number INTEGER not null,
    dated INTEGER not null check (dated between 19000101 and 21991231),
    event TEXT not null,
    lot_id INTEGER not null references lot,
    reverses INTEGER references entry,
    line_count INTEGER not null check (line_count >= 2),
    root BLOB not null,
    seal BLOB not null,
    unique (book, year, number)
) STRICT;

-- Positive is debit, negative is credit.
create table line (
    entry_id INTEGER not null,
    rank INTEGER not null,
    account_id INTEGER not null,
    axes_id INTEGER not null,
    aid_id INTEGER,
    amount INTEGER not null check (amount <> 0),
    primary key (entry_id, rank)
) STRICT, WITHOUT ROWID;

-- Maintained from the lines; recomputed by verifier.
create table balance (
    account_id INTEGER not null references account,
    month INTEGER not null,
    axes_id INTEGER not null references axes,
    amount INTEGER not null,
    primary key (account_id, month, axes_id)
) STRICT, WITHOUT ROWID;

-- Maintained: amounts of living aids by date of right (1), decision (2), payment (3).
create table aid_amount (
    kind INTEGER not null check (kind in (1, 2, 3)),
    month INTEGER not null,
    axes_id INTEGER not null references axes,
    nature_id INTEGER not null references nature,
    amount INTEGER not null,
    primary key (kind, month, axes_id, nature_id)
) STRICT, WITHOUT ROWID;

-- Maintained: instalments, decisions or payments, distinct people and irregular aids, by month (202403) and fiscal year (2024); dispositif 0 is all of them.
create table aid_count (
    kind INTEGER not null check (kind in (1, 2, 3)),
    period INTEGER not null,
    dispositif_id INTEGER not null,
    number INTEGER not null check (number >= 0),
    people INTEGER not null check (people >= 0),
    irregular INTEGER not null check (irregular >= 0),
    primary key (kind, period, dispositif_id)
) STRICT, WITHOUT ROWID;

create index aid_beneficiary_id on aid (beneficiary_id);

create index identity_sort_key on identity (sort_key);

-- Nothing posted is changed or deleted, whoever asks.
create trigger fiscal_year_no_update before update on fiscal_year begin select raise(abort, 'ligne definitive : fiscal_year'); end;
create trigger fiscal_year_no_delete before delete on fiscal_year begin select raise(abort, 'ligne definitive : fiscal_year'); end;
create trigger audit_log_no_update before update on audit_log begin select raise(abort, 'ligne definitive : audit_log'); end;
create trigger audit_log_no_delete before delete on audit_log begin select raise(abort, 'ligne definitive : audit_log'); end;
create trigger request_key_no_update before update on request_key begin select raise(abort, 'ligne definitive : request_key'); end;
create trigger request_key_no_delete before delete on request_key begin select raise(abort, 'ligne definitive : request_key'); end;
create trigger account_no_update before update of id, code on account begin select raise(abort, 'ligne definitive : account'); end;
create trigger account_no_delete before delete on account begin select raise(abort, 'ligne definitive : account'); end;
create trigger source_no_update before update of id, code on source begin select raise(abort, 'ligne definitive : source'); end;
create trigger source_no_delete before delete on source begin select raise(abort, 'ligne definitive : source'); end;
create trigger dispositif_no_update before update of id, code on dispositif begin select raise(abort, 'ligne definitive : dispositif'); end;
create trigger dispositif_no_delete before delete on dispositif begin select raise(abort, 'ligne definitive : dispositif'); end;
create trigger funder_no_update before update of id, code on funder begin select raise(abort, 'ligne definitive : funder'); end;
create trigger funder_no_delete before delete on funder begin select raise(abort, 'ligne definitive : funder'); end;
create trigger payer_no_update before update of id, code on payer begin select raise(abort, 'ligne definitive : payer'); end;
create trigger payer_no_delete before delete on payer begin select raise(abort, 'ligne definitive : payer'); end;
create trigger nature_no_update before update of id, code on nature begin select raise(abort, 'ligne definitive : nature'); end;
create trigger nature_no_delete before delete on nature begin select raise(abort, 'ligne definitive : nature'); end;
create trigger committee_no_update before update of id, code on committee begin select raise(abort, 'ligne definitive : committee'); end;
create trigger committee_no_delete before delete on committee begin select raise(abort, 'ligne definitive : committee'); end;
create trigger convention_no_update before update of id, code on convention begin select raise(abort, 'ligne definitive : convention'); end;
create trigger convention_no_delete before delete on convention begin select raise(abort, 'ligne definitive : convention'); end;
create trigger site_no_update before update of id, code on site begin select raise(abort, 'ligne definitive : site'); end;
create trigger site_no_delete before delete on site begin select raise(abort, 'ligne definitive : site'); end;
create trigger rule_text_no_update before update on rule_text begin select raise(abort, 'ligne definitive : rule_text'); end;
create trigger rule_text_no_delete before delete on rule_text begin select raise(abort, 'ligne definitive : rule_text'); end;
create trigger rule_publication_no_update before update on rule_publication begin select raise(abort, 'ligne definitive : rule_publication'); end;
create trigger rule_publication_no_delete before delete on rule_publication begin select raise(abort, 'ligne definitive : rule_publication'); end;
create trigger axes_no_update before update on axes begin select raise(abort, 'ligne definitive : axes'); end;
create trigger axes_no_delete before delete on axes begin select raise(abort, 'ligne definitive : axes'); end;
create trigger terms_no_update before update on terms begin select raise(abort, 'ligne definitive : terms'); end;
create trigger terms_no_delete before delete on terms begin select raise(abort, 'ligne definitive : terms'); end;
create trigger lot_no_update before update of id, kind, source_id, file, file_digest, at, user_name, records, accepted, irregular, known, refused, cancels_id, reason_digest on lot begin select raise(abort, 'ligne definitive : lot'); end;
create trigger lot_no_delete before delete on lot begin select raise(abort, 'ligne definitive : lot'); end;
create trigger beneficiary_no_update before update on beneficiary begin select raise(abort, 'ligne definitive : beneficiary'); end;
create trigger decision_no_update before update on decision begin select raise(abort, 'ligne definitive : decision'); end;
create trigger decision_no_delete before delete on decision begin select raise(abort, 'ligne definitive : decision'); end;
create trigger aid_no_update before update on aid begin select raise(abort, 'ligne definitive : aid'); end;
create trigger aid_no_delete before delete on aid begin select raise(abort, 'ligne definitive : aid'); end;
create trigger aid_share_no_update before update on aid_share begin select raise(abort, 'ligne definitive : aid_share'); end;
create trigger aid_share_no_delete before delete on aid_share begin select raise(abort, 'ligne definitive : aid_share'); end;
create trigger aid_finding_no_update before update on aid_finding begin select raise(abort, 'ligne definitive : aid_finding'); end;
create trigger aid_finding_no_delete before delete on aid_finding begin select raise(abort, 'ligne definitive : aid_finding'); end;
create trigger payment_no_update before update on payment begin select raise(abort, 'ligne definitive : payment'); end;
create trigger payment_no_delete before delete on payment begin select raise(abort, 'ligne definitive : payment'); end;
create trigger aid_cancellation_no_update before update on aid_cancellation begin select raise(abort, 'ligne definitive : aid_cancellation'); end;
create trigger aid_cancellation_no_delete before delete on aid_cancellation begin select raise(abort, 'ligne definitive : aid_cancellation'); end;
create trigger envelope_notice_no_update before update on envelope_notice begin select raise(abort, 'ligne definitive : envelope_notice'); end;
create trigger envelope_notice_no_delete before delete on envelope_notice begin select raise(abort, 'ligne definitive : envelope_notice'); end;
create trigger envelope_notice_cancellation_no_update before update on envelope_notice_cancellation begin select raise(abort, 'ligne definitive : envelope_notice_cancellation'); end;
create trigger envelope_notice_cancellation_no_delete before delete on envelope_notice_cancellation begin select raise(abort, 'ligne definitive : envelope_notice_cancellation'); end;
create trigger entry_no_update before update on entry begin select raise(abort, 'ligne definitive : entry'); end;
create trigger entry_no_delete before delete on entry begin select raise(abort, 'ligne definitive : entry'); end;
create trigger line_no_update before update on line begin select raise(abort, 'ligne definitive : line'); end;
create trigger line_no_delete before delete on line begin select raise(abort, 'ligne definitive : line'); end;

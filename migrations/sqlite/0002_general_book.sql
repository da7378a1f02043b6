-- Denier, schema 2: the general book as imported, who funds its lines, attestations.
-- Accounts, journals and auxiliaries as files name them: the same code under another label is another row.
create table general_account (
    id INTEGER primary key,
    code TEXT not null,
    label TEXT not null,
    unique (code, label)
) STRICT;

create table general_journal (
    id INTEGER primary key,
    code TEXT not null,
    label TEXT not null,
    unique (code, label)
) STRICT;

-- A label may be a person's name: it is sealed as a salted digest, and erasable.
create table general_auxiliary (
    id INTEGER primary key,
    code TEXT not null,
    label TEXT not null,
    unique (code, label)
) STRICT;

-- A FEC whose lines are in the base: the one in force for its year is the one of highest lot; the one before it is kept until the next, to be able to come back.
create table fec_version (
    lot_id INTEGER primary key references lot,
    year INTEGER not null references fiscal_year,
    definitive INTEGER not null check (definitive in (0, 1)),
    first_day INTEGER not null,
    last_day INTEGER not null check (last_day >= first_day),
    entry_key TEXT not null,
    entry_count INTEGER not null check (entry_count >= 0),
    line_count INTEGER not null check (line_count >= 0),
    unvalidated_line INTEGER not null,
    entry_id INTEGER unique references entry,
    check ((definitive = 1) = (entry_id is not null))
) STRICT;

-- One line of a FEC, positive is debit. Kind: 1 opening, 2 movement, 3 closing of classes 6 and 7, set aside. Identity: what stays when all is renumbered; details: a digest of the rest, to compare two FECs. Texts: the salted digest of labels that may hold a name, once sealed; label and salt can be erased.
create table general_line (
    lot_id INTEGER not null,
    rank INTEGER not null,
    line INTEGER not null,
    entry INTEGER not null,
    kind INTEGER not null check (kind in (1, 2, 3)),
    journal_id INTEGER not null,
    number TEXT not null,
    dated INTEGER not null check (dated between 19000101 and 21991231),
    account_id INTEGER not null,
    auxiliary_id INTEGER not null,
    piece TEXT not null,
    piece_on INTEGER,
    label TEXT not null,
    amount INTEGER not null,
    letter TEXT not null,
    lettered_on INTEGER,
    validated_on INTEGER,
    currency_amount TEXT not null,
    currency TEXT not null,
    analytic TEXT not null,
    details INTEGER not null,
    identity BLOB not null,
    salt BLOB,
    texts BLOB,
    primary key (lot_id, rank)
) STRICT, WITHOUT ROWID;

-- Who funds a line: by a rule, or by hand (rule 0).
create table general_assignment (
    lot_id INTEGER not null,
    rank INTEGER not null,
    rule INTEGER not null check (rule >= 0),
    funder_id INTEGER not null references funder,
    convention_id INTEGER not null references convention,
    primary key (lot_id, rank)
) STRICT, WITHOUT ROWID;

-- Maintained from the lines and their assignments; recomputed by verifier. Funder 0 is "non affecté".
create table general_balance (
    lot_id INTEGER not null,
    account_id INTEGER not null,
    kind INTEGER not null,
    month INTEGER not null,
    funder_id INTEGER not null,
    convention_id INTEGER not null,
    debit INTEGER not null,
    credit INTEGER not null,
    line_count INTEGER not null,
    primary key (lot_id, account_id, kind, funder_id, convention_id, month)
) STRICT, WITHOUT ROWID;

-- The rules of who funds what, in order; those of the last lot not cancelled are in force.
create table assignment_rule (
    lot_id INTEGER not null references lot,
    rank INTEGER not null,
    account TEXT not null,
    journal TEXT not null,
    auxiliary TEXT not null,
    analytic TEXT not null,
    label_part TEXT not null,
    piece TEXT not null,
    funder_id INTEGER not null references funder,
    convention_id INTEGER not null references convention,
    label TEXT not null,
    primary key (lot_id, rank)
) STRICT, WITHOUT ROWID;

-- A line assigned by hand, by the identity that survives a renumbering; the last one of an identity counts. Without funder: taken back.
create table assignment_by_hand (
    id INTEGER primary key,
    year INTEGER not null references fiscal_year,
    identity BLOB not null,
    funder_id INTEGER references funder,
    convention_id INTEGER references convention,
    dated INTEGER not null,
    account TEXT not null,
    piece TEXT not null,
    amount INTEGER not null,
    reason TEXT not null,
    user_name TEXT not null,
    at TEXT not null
) STRICT;

-- Attestations issued: the same request on the same facts finds the same one.
create table attestation (
    id INTEGER primary key,
    number TEXT not null unique,
    beneficiary_id INTEGER not null references beneficiary,
    first_month INTEGER not null,
    last_month INTEGER not null check (last_month >= first_month),
    kind INTEGER not null check (kind in (1, 2, 3)),
    issued_on INTEGER not null,
    head_id INTEGER not null,
    facts BLOB not null,
    fingerprint BLOB not null,
    user_name TEXT not null,
    at TEXT not null
) STRICT;

-- The files given out: a later program may draw the same attestation otherwise.
create table attestation_file (
    attestation_id INTEGER not null references attestation,
    digest BLOB not null,
    primary key (attestation_id, digest)
) STRICT, WITHOUT ROWID;

create index general_line_account on general_line (lot_id, account_id);

create index attestation_beneficiary_id on attestation (beneficiary_id);

create index attestation_file_digest on attestation_file (digest);

create trigger general_account_no_update before update on general_account begin select raise(abort, 'ligne definitive : general_account'); end;
create trigger general_account_no_delete before delete on general_account begin select raise(abort, 'ligne definitive : general_account'); end;
create trigger general_journal_no_update before update on general_journal begin select raise(abort, 'ligne definitive : general_journal'); end;
create trigger general_journal_no_delete before delete on general_journal begin select raise(abort, 'ligne definitive : general_journal'); end;
create trigger general_auxiliary_no_update before update of id, code on general_auxiliary begin select raise(abort, 'ligne definitive : general_auxiliary'); end;
create trigger general_auxiliary_no_delete before delete on general_auxiliary begin select raise(abort, 'ligne definitive : general_auxiliary'); end;
create trigger fec_version_no_second before insert on fec_version when exists (select 1 from fec_version v where v.year = new.year and v.definitive = 1) begin select raise(abort, 'exercice scelle : fec_version'); end;
create trigger fec_version_no_update before update on fec_version begin select raise(abort, 'ligne definitive : fec_version'); end;
create trigger fec_version_no_delete before delete on fec_version when old.definitive = 1 begin select raise(abort, 'exercice scelle : fec_version'); end;
create trigger general_line_no_update before update of lot_id, rank, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, texts on general_line begin select raise(abort, 'ligne definitive : general_line'); end;
create trigger general_line_no_delete before delete on general_line when exists (select 1 from fec_version v where v.lot_id = old.lot_id and v.definitive = 1) begin select raise(abort, 'exercice scelle : general_line'); end;
create trigger general_assignment_no_update before update on general_assignment begin select raise(abort, 'ligne definitive : general_assignment'); end;
create trigger general_assignment_no_delete before delete on general_assignment when exists (select 1 from fec_version v where v.lot_id = old.lot_id and v.definitive = 1) begin select raise(abort, 'exercice scelle : general_assignment'); end;
create trigger assignment_rule_no_update before update on assignment_rule begin select raise(abort, 'ligne definitive : assignment_rule'); end;
create trigger assignment_rule_no_delete before delete on assignment_rule begin select raise(abort, 'ligne definitive : assignment_rule'); end;
create trigger assignment_by_hand_no_update before update of id, year, identity, funder_id, convention_id, dated, account, piece, amount, user_name, at on assignment_by_hand begin select raise(abort, 'ligne definitive : assignment_by_hand'); end;
create trigger assignment_by_hand_no_delete before delete on assignment_by_hand begin select raise(abort, 'ligne definitive : assignment_by_hand'); end;
create trigger attestation_no_update before update on attestation begin select raise(abort, 'ligne definitive : attestation'); end;
create trigger attestation_no_delete before delete on attestation begin select raise(abort, 'ligne definitive : attestation'); end;
create trigger attestation_file_no_update before update on attestation_file begin select raise(abort, 'ligne definitive : attestation_file'); end;
create trigger attestation_file_no_delete before delete on attestation_file begin select raise(abort, 'ligne definitive : attestation_file'); end;

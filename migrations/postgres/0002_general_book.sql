-- Denier, schema 2: the general book as imported, who funds its lines, attestations.
-- Accounts, journals and auxiliaries as files name them: the same code under another label is another row.
create table general_account (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null,
    label TEXT COLLATE "C" not null,
    unique (code, label)
);

create table general_journal (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null,
    label TEXT COLLATE "C" not null,
    unique (code, label)
);

-- A label may be a person's name: it is sealed as a salted digest, and erasable.
create table general_auxiliary (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null,
    label TEXT COLLATE "C" not null,
    unique (code, label)
);

-- A FEC whose lines are in the base: the one in force for its year is the one of highest lot; the one before it is kept until the next, to be able to come back.
create table fec_version (
    lot_id BIGINT primary key references lot,
    year BIGINT not null references fiscal_year,
    definitive BIGINT not null check (definitive in (0, 1)),
    first_day BIGINT not null,
    last_day BIGINT not null check (last_day >= first_day),
    entry_key TEXT COLLATE "C" not null,
    entry_count BIGINT not null check (entry_count >= 0),
    line_count BIGINT not null check (line_count >= 0),
    unvalidated_line BIGINT not null,
    entry_id BIGINT unique references entry,
    check ((definitive = 1) = (entry_id is not null))
);

-- One line of a FEC, positive is debit. Kind: 1 opening, 2 movement, 3 closing of classes 6 and 7, set aside. Identity: what stays when all is renumbered; details: a digest of the rest, to compare two FECs. Texts: the salted digest of labels that may hold a name, once sealed; label and salt can be erased.
create table general_line (
    lot_id BIGINT not null,
    rank BIGINT not null,
    line BIGINT not null,
    entry BIGINT not null,
    kind BIGINT not null check (kind in (1, 2, 3)),
    journal_id BIGINT not null,
    number TEXT COLLATE "C" not null,
    dated BIGINT not null check (dated between 19000101 and 21991231),
    account_id BIGINT not null,
    auxiliary_id BIGINT not null,
    piece TEXT COLLATE "C" not null,
    piece_on BIGINT,
    label TEXT COLLATE "C" not null,
    amount BIGINT not null,
    letter TEXT COLLATE "C" not null,
    lettered_on BIGINT,
    validated_on BIGINT,
    currency_amount TEXT COLLATE "C" not null,
    currency TEXT COLLATE "C" not null,
    analytic TEXT COLLATE "C" not null,
    details BIGINT not null,
    identity BYTEA not null,
    salt BYTEA,
    texts BYTEA,
    primary key (lot_id, rank)
);

-- Who funds a line: by a rule, or by hand (rule 0).
create table general_assignment (
    lot_id BIGINT not null,
    rank BIGINT not null,
    rule BIGINT not null check (rule >= 0),
    funder_id BIGINT not null references funder,
    convention_id BIGINT not null references convention,
    primary key (lot_id, rank)
);

-- Maintained from the lines and their assignments; recomputed by verifier. Funder 0 is "non affecté".
create table general_balance (
    lot_id BIGINT not null,
    account_id BIGINT not null,
    kind BIGINT not null,
    month BIGINT not null,
    funder_id BIGINT not null,
    convention_id BIGINT not null,
    debit BIGINT not null,
    credit BIGINT not null,
    line_count BIGINT not null,
    primary key (lot_id, account_id, kind, funder_id, convention_id, month)
);

-- The rules of who funds what, in order; those of the last lot not cancelled are in force.
create table assignment_rule (
    lot_id BIGINT not null references lot,
    rank BIGINT not null,
    account TEXT COLLATE "C" not null,
    journal TEXT COLLATE "C" not null,
    auxiliary TEXT COLLATE "C" not null,
    analytic TEXT COLLATE "C" not null,
    label_part TEXT COLLATE "C" not null,
    piece TEXT COLLATE "C" not null,
    funder_id BIGINT not null references funder,
    convention_id BIGINT not null references convention,
    label TEXT COLLATE "C" not null,
    primary key (lot_id, rank)
);

-- A line assigned by hand, by the identity that survives a renumbering; the last one of an identity counts. Without funder: taken back.
create table assignment_by_hand (
    id BIGINT primary key,
    year BIGINT not null references fiscal_year,
    identity BYTEA not null,
    funder_id BIGINT references funder,
    convention_id BIGINT references convention,
    dated BIGINT not null,
    account TEXT COLLATE "C" not null,
    piece TEXT COLLATE "C" not null,
    amount BIGINT not null,
    reason TEXT COLLATE "C" not null,
    user_name TEXT COLLATE "C" not null,
    at TEXT COLLATE "C" not null
);

-- Attestations issued: the same request on the same facts finds the same one.
create table attestation (
    id BIGINT primary key,
    number TEXT COLLATE "C" not null unique,
    beneficiary_id BIGINT not null references beneficiary,
    first_month BIGINT not null,
    last_month BIGINT not null check (last_month >= first_month),
    kind BIGINT not null check (kind in (1, 2, 3)),
    issued_on BIGINT not null,
    head_id BIGINT not null,
    facts BYTEA not null,
    fingerprint BYTEA not null,
    user_name TEXT COLLATE "C" not null,
    at TEXT COLLATE "C" not null
);

-- The files given out: a later program may draw the same attestation otherwise.
create table attestation_file (
    attestation_id BIGINT not null references attestation,
    digest BYTEA not null,
    primary key (attestation_id, digest)
);

create index general_line_account on general_line (lot_id, account_id);

create index attestation_beneficiary_id on attestation (beneficiary_id);

create index attestation_file_digest on attestation_file (digest);

create function forbid_sealed_fec() returns trigger language plpgsql as $$
begin
    if exists (select 1 from fec_version v where v.lot_id = old.lot_id and v.definitive = 1) then
        raise exception 'exercice scelle : %', tg_table_name;
    end if;
    return old;
end $$;

create trigger general_account_no_update before update on general_account for each row execute function forbid();
create trigger general_account_no_delete before delete on general_account for each row execute function forbid();
create trigger general_account_no_truncate before truncate on general_account for each statement execute function forbid();
create trigger general_journal_no_update before update on general_journal for each row execute function forbid();
create trigger general_journal_no_delete before delete on general_journal for each row execute function forbid();
create trigger general_journal_no_truncate before truncate on general_journal for each statement execute function forbid();
create trigger general_auxiliary_no_update before update of id, code on general_auxiliary for each row execute function forbid();
create trigger general_auxiliary_no_delete before delete on general_auxiliary for each row execute function forbid();
create trigger general_auxiliary_no_truncate before truncate on general_auxiliary for each statement execute function forbid();
create function forbid_second_fec() returns trigger language plpgsql as $$
begin
    if exists (select 1 from fec_version v where v.year = new.year and v.definitive = 1) then
        raise exception 'exercice scelle : %', tg_table_name;
    end if;
    return new;
end $$;

create trigger fec_version_no_second before insert on fec_version for each row execute function forbid_second_fec();
create trigger fec_version_no_update before update on fec_version for each row execute function forbid();
create trigger fec_version_no_delete before delete on fec_version for each row execute function forbid_sealed_fec();
create trigger fec_version_no_truncate before truncate on fec_version for each statement execute function forbid();
create trigger general_line_no_update before update of lot_id, rank, line, entry, kind, journal_id, number, dated, account_id, auxiliary_id, piece, piece_on, amount, letter, lettered_on, validated_on, currency_amount, currency, analytic, details, identity, texts on general_line for each row execute function forbid();
create trigger general_line_no_delete before delete on general_line for each row execute function forbid_sealed_fec();
create trigger general_line_no_truncate before truncate on general_line for each statement execute function forbid();
create trigger general_assignment_no_update before update on general_assignment for each row execute function forbid();
create trigger general_assignment_no_delete before delete on general_assignment for each row execute function forbid_sealed_fec();
create trigger general_assignment_no_truncate before truncate on general_assignment for each statement execute function forbid();
create trigger assignment_rule_no_update before update on assignment_rule for each row execute function forbid();
create trigger assignment_rule_no_delete before delete on assignment_rule for each row execute function forbid();
create trigger assignment_rule_no_truncate before truncate on assignment_rule for each statement execute function forbid();
create trigger assignment_by_hand_no_update before update of id, year, identity, funder_id, convention_id, dated, account, piece, amount, user_name, at on assignment_by_hand for each row execute function forbid();
create trigger assignment_by_hand_no_delete before delete on assignment_by_hand for each row execute function forbid();
create trigger assignment_by_hand_no_truncate before truncate on assignment_by_hand for each statement execute function forbid();
create trigger attestation_no_update before update on attestation for each row execute function forbid();
create trigger attestation_no_delete before delete on attestation for each row execute function forbid();
create trigger attestation_no_truncate before truncate on attestation for each statement execute function forbid();
create trigger attestation_file_no_update before update on attestation_file for each row execute function forbid();
create trigger attestation_file_no_delete before delete on attestation_file for each row execute function forbid();
create trigger attestation_file_no_truncate before truncate on attestation_file for each statement execute function forbid();

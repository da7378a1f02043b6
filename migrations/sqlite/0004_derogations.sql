-- Denier, schema 4: derogations: an aid that a second person allows though rules fail. What state one is in follows from these rows.
-- One that was asked. The reason is erasable with its salt; what seals keep is its salted digest.
create table derogation (
    id INTEGER primary key,
    beneficiary_id INTEGER not null references beneficiary,
    dispositif_id INTEGER not null references dispositif,
    month INTEGER not null check (month between 190001 and 219912),
    amount INTEGER not null check (amount > 0),
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB not null,
    asked_by TEXT not null,
    asked_on INTEGER not null check (asked_on between 19000101 and 21991231),
    unique (id, asked_by)
) STRICT;

-- The rules that it lifts, by code.
create table derogation_rule (
    derogation_id INTEGER not null references derogation,
    rule TEXT not null,
    primary key (derogation_id, rule)
) STRICT, WITHOUT ROWID;

-- One decision each: who asked is repeated so that the base itself refuses that they approve.
create table derogation_decision (
    derogation_id INTEGER primary key,
    asked_by TEXT not null,
    approved INTEGER not null check (approved in (0, 1)),
    decided_by TEXT not null,
    decided_on INTEGER not null check (decided_on between 19000101 and 21991231),
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB,
    foreign key (derogation_id, asked_by) references derogation (id, asked_by),
    constraint second_person check (approved = 0 or decided_by <> asked_by)
) STRICT;

-- The aids that it serves: at most one of them living.
create table derogation_use (
    aid_id INTEGER primary key references aid,
    derogation_id INTEGER not null references derogation_decision
) STRICT;

create index derogation_use_derogation_id on derogation_use (derogation_id);

create trigger derogation_no_update before update of id, beneficiary_id, dispositif_id, month, amount, reason_digest, asked_by, asked_on on derogation begin select raise(abort, 'ligne definitive : derogation'); end;
create trigger derogation_no_delete before delete on derogation begin select raise(abort, 'ligne definitive : derogation'); end;
create trigger derogation_rule_no_update before update on derogation_rule begin select raise(abort, 'ligne definitive : derogation_rule'); end;
create trigger derogation_rule_no_delete before delete on derogation_rule begin select raise(abort, 'ligne definitive : derogation_rule'); end;
create trigger derogation_decision_no_update before update of derogation_id, asked_by, approved, decided_by, decided_on, reason_digest on derogation_decision begin select raise(abort, 'ligne definitive : derogation_decision'); end;
create trigger derogation_decision_no_delete before delete on derogation_decision begin select raise(abort, 'ligne definitive : derogation_decision'); end;
create trigger derogation_use_no_second before insert on derogation_use when exists (select 1 from derogation_use u where u.derogation_id = new.derogation_id and not exists (select 1 from aid_cancellation c where c.aid_id = u.aid_id)) begin select raise(abort, 'derogation deja utilisee : derogation_use'); end;
create trigger derogation_use_no_update before update on derogation_use begin select raise(abort, 'ligne definitive : derogation_use'); end;
create trigger derogation_use_no_delete before delete on derogation_use begin select raise(abort, 'ligne definitive : derogation_use'); end;

-- Denier, schema 4: derogations: an aid that a second person allows though rules fail. What state one is in follows from these rows.
-- One that was asked. The reason is erasable with its salt; what seals keep is its salted digest.
create table derogation (
    id BIGINT primary key,
    beneficiary_id BIGINT not null references beneficiary,
    dispositif_id BIGINT not null references dispositif,
    month BIGINT not null check (month between 190001 and 219912),
    amount BIGINT not null check (amount > 0),
    reason TEXT,
    reason_salt BYTEA,
    reason_digest BYTEA not null,
    asked_by TEXT not null,
    asked_on BIGINT not null check (asked_on between 19000101 and 21991231),
    unique (id, asked_by)
);

-- The rules that it lifts, by code.
create table derogation_rule (
    derogation_id BIGINT not null references derogation,
    rule TEXT not null,
    primary key (derogation_id, rule)
);

-- One decision each: who asked is repeated so that the base itself refuses that they approve.
create table derogation_decision (
    derogation_id BIGINT primary key,
    asked_by TEXT not null,
    approved BIGINT not null check (approved in (0, 1)),
    decided_by TEXT not null,
    decided_on BIGINT not null check (decided_on between 19000101 and 21991231),
    reason TEXT,
    reason_salt BYTEA,
    reason_digest BYTEA,
    foreign key (derogation_id, asked_by) references derogation (id, asked_by),
    constraint second_person check (approved = 0 or decided_by <> asked_by)
);

-- The aids that it serves: at most one of them living.
create table derogation_use (
    aid_id BIGINT primary key references aid,
    derogation_id BIGINT not null references derogation_decision
);

create index derogation_use_derogation_id on derogation_use (derogation_id);

create trigger derogation_no_update before update of id, beneficiary_id, dispositif_id, month, amount, reason_digest, asked_by, asked_on on derogation for each row execute function forbid();
create trigger derogation_no_delete before delete on derogation for each row execute function forbid();
create trigger derogation_no_truncate before truncate on derogation for each statement execute function forbid();
create trigger derogation_rule_no_update before update on derogation_rule for each row execute function forbid();
create trigger derogation_rule_no_delete before delete on derogation_rule for each row execute function forbid();
create trigger derogation_rule_no_truncate before truncate on derogation_rule for each statement execute function forbid();
create trigger derogation_decision_no_update before update of derogation_id, asked_by, approved, decided_by, decided_on, reason_digest on derogation_decision for each row execute function forbid();
create trigger derogation_decision_no_delete before delete on derogation_decision for each row execute function forbid();
create trigger derogation_decision_no_truncate before truncate on derogation_decision for each statement execute function forbid();
create function forbid_second_use() returns trigger language plpgsql as $$
begin
    if exists (select 1 from derogation_use u where u.derogation_id = new.derogation_id and not exists (select 1 from aid_cancellation c where c.aid_id = u.aid_id)) then
        raise exception 'derogation deja utilisee : %', tg_table_name;
    end if;
    return new;
end $$;

create trigger derogation_use_no_second before insert on derogation_use for each row execute function forbid_second_use();
create trigger derogation_use_no_update before update on derogation_use for each row execute function forbid();
create trigger derogation_use_no_delete before delete on derogation_use for each row execute function forbid();
create trigger derogation_use_no_truncate before truncate on derogation_use for each statement execute function forbid();

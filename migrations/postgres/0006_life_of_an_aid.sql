-- Denier, schema 6: the life of one aid decided by hand: proposed, granted or refused, paid in parts, found undue, recovered. What state one is in follows from these rows.
-- An aid granted by hand: its number in the year of its decision, without a gap, makes its reference.
create table hand_grant (
    aid_id BIGINT primary key references aid,
    year BIGINT not null check (year between 1900 and 2199),
    number BIGINT not null check (number > 0),
    unique (year, number)
);

-- A payment recorded by hand after the grant, and the lot that posted it.
create table hand_payment (
    lot_id BIGINT primary key references lot,
    aid_id BIGINT not null,
    rank BIGINT not null,
    unique (aid_id, rank),
    foreign key (aid_id, rank) references payment (aid_id, rank)
);

-- What was paid and should not have been ("indu"). Why is the reason of its lot, erasable there.
create table undue (
    id BIGINT primary key,
    aid_id BIGINT not null references aid,
    lot_id BIGINT not null unique references lot,
    amount BIGINT not null check (amount > 0),
    found_on BIGINT not null check (found_on between 19000101 and 21991231)
);

create index undue_aid_id on undue (aid_id);

-- What came back of it, or never will.
create table recovery (
    id BIGINT primary key,
    undue_id BIGINT not null references undue,
    lot_id BIGINT not null unique references lot,
    how TEXT not null check (how in ('reabonde', 'rendu_au_financeur', 'non_valeur')),
    amount BIGINT not null check (amount > 0),
    recovered_on BIGINT not null check (recovered_on between 19000101 and 21991231)
);

create index recovery_undue_id on recovery (undue_id);

-- An aid that somebody proposes. The reason is erasable with its salt; seals keep its salted digest.
create table proposal (
    id BIGINT primary key,
    beneficiary_id BIGINT not null references beneficiary,
    dispositif_id BIGINT not null references dispositif,
    nature TEXT not null,
    month BIGINT not null check (month between 190001 and 219912),
    amount BIGINT not null check (amount > 0),
    reason TEXT,
    reason_salt BYTEA,
    reason_digest BYTEA not null,
    proposed_by TEXT not null,
    proposed_on BIGINT not null check (proposed_on between 19000101 and 21991231),
    unique (id, proposed_by)
);

-- One decision each: who proposed is repeated so that the base itself refuses that they accept; an accepted one has the lot that granted its aid.
create table proposal_decision (
    proposal_id BIGINT primary key,
    proposed_by TEXT not null,
    lot_id BIGINT unique references lot,
    decided_by TEXT not null,
    decided_on BIGINT not null check (decided_on between 19000101 and 21991231),
    reason TEXT,
    reason_salt BYTEA,
    reason_digest BYTEA,
    foreign key (proposal_id, proposed_by) references proposal (id, proposed_by),
    constraint second_person check (lot_id is null or decided_by <> proposed_by)
);

-- A refusal notified: its number in its year, what was asked, the ways of appeal as the letter says them. The reason is erasable with its salt.
create table refusal (
    id BIGINT primary key,
    year BIGINT not null check (year between 1900 and 2199),
    number BIGINT not null check (number > 0),
    beneficiary_id BIGINT not null references beneficiary,
    dispositif_id BIGINT not null references dispositif,
    nature TEXT not null,
    month BIGINT not null check (month between 190001 and 219912),
    amount BIGINT not null check (amount > 0),
    refused_on BIGINT not null check (refused_on between 19000101 and 21991231),
    refused_by TEXT not null,
    reason TEXT,
    reason_salt BYTEA,
    reason_digest BYTEA,
    appeal TEXT not null,
    unique (year, number)
);

-- The rules that failed that day, in the words said that day.
create table refusal_rule (
    refusal_id BIGINT not null references refusal,
    rank BIGINT not null,
    code TEXT not null,
    rule TEXT,
    message TEXT not null,
    article TEXT not null,
    primary key (refusal_id, rank)
);

create function forbid_hand_payment_within_grant() returns trigger language plpgsql as $$
begin
    if (select sum(p.amount) from payment p where p.aid_id = new.aid_id) > (select a.amount from aid a where a.id = new.aid_id) then
        raise exception 'verse au-dela de l''accorde : hand_payment';
    end if;
    return new;
end $$;

create trigger hand_payment_within_grant before insert on hand_payment for each row execute function forbid_hand_payment_within_grant();
create function forbid_undue_within_paid() returns trigger language plpgsql as $$
begin
    if new.amount + coalesce((select sum(u.amount) from undue u where u.aid_id = new.aid_id), 0) > coalesce((select sum(p.amount) from payment p where p.aid_id = new.aid_id), 0) then
        raise exception 'indu au-dela du verse : undue';
    end if;
    return new;
end $$;

create trigger undue_within_paid before insert on undue for each row execute function forbid_undue_within_paid();
create function forbid_recovery_within_undue() returns trigger language plpgsql as $$
begin
    if new.amount + coalesce((select sum(r.amount) from recovery r where r.undue_id = new.undue_id), 0) > coalesce((select u.amount from undue u where u.id = new.undue_id), 0) then
        raise exception 'recouvre au-dela de l''indu : recovery';
    end if;
    return new;
end $$;

create trigger recovery_within_undue before insert on recovery for each row execute function forbid_recovery_within_undue();
create trigger hand_grant_no_update before update on hand_grant for each row execute function forbid();
create trigger hand_grant_no_delete before delete on hand_grant for each row execute function forbid();
create trigger hand_grant_no_truncate before truncate on hand_grant for each statement execute function forbid();
create trigger hand_payment_no_update before update on hand_payment for each row execute function forbid();
create trigger hand_payment_no_delete before delete on hand_payment for each row execute function forbid();
create trigger hand_payment_no_truncate before truncate on hand_payment for each statement execute function forbid();
create trigger undue_no_update before update on undue for each row execute function forbid();
create trigger undue_no_delete before delete on undue for each row execute function forbid();
create trigger undue_no_truncate before truncate on undue for each statement execute function forbid();
create trigger recovery_no_update before update on recovery for each row execute function forbid();
create trigger recovery_no_delete before delete on recovery for each row execute function forbid();
create trigger recovery_no_truncate before truncate on recovery for each statement execute function forbid();
create trigger proposal_no_update before update of id, beneficiary_id, dispositif_id, nature, month, amount, reason_digest, proposed_by, proposed_on on proposal for each row execute function forbid();
create trigger proposal_no_delete before delete on proposal for each row execute function forbid();
create trigger proposal_no_truncate before truncate on proposal for each statement execute function forbid();
create trigger proposal_decision_no_update before update of proposal_id, proposed_by, lot_id, decided_by, decided_on, reason_digest on proposal_decision for each row execute function forbid();
create trigger proposal_decision_no_delete before delete on proposal_decision for each row execute function forbid();
create trigger proposal_decision_no_truncate before truncate on proposal_decision for each statement execute function forbid();
create trigger refusal_no_update before update of id, year, number, beneficiary_id, dispositif_id, nature, month, amount, refused_on, refused_by, reason_digest, appeal on refusal for each row execute function forbid();
create trigger refusal_no_delete before delete on refusal for each row execute function forbid();
create trigger refusal_no_truncate before truncate on refusal for each statement execute function forbid();
create trigger refusal_rule_no_update before update on refusal_rule for each row execute function forbid();
create trigger refusal_rule_no_delete before delete on refusal_rule for each row execute function forbid();
create trigger refusal_rule_no_truncate before truncate on refusal_rule for each statement execute function forbid();

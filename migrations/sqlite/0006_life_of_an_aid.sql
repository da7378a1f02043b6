-- Denier, schema 6: the life of one aid decided by hand: proposed, granted or refused, paid in parts, found undue, recovered. What state one is in follows from these rows.
-- An aid granted by hand: its number in the year of its decision, without a gap, makes its reference.
create table hand_grant (
    aid_id INTEGER primary key references aid,
    year INTEGER not null check (year between 1900 and 2199),
    number INTEGER not null check (number > 0),
    unique (year, number)
) STRICT;

-- A payment recorded by hand after the grant, and the lot that posted it.
create table hand_payment (
    lot_id INTEGER primary key references lot,
    aid_id INTEGER not null,
    rank INTEGER not null,
    unique (aid_id, rank),
    foreign key (aid_id, rank) references payment (aid_id, rank)
) STRICT;

-- What was paid and should not have been ("indu"). Why is the reason of its lot, erasable there.
create table undue (
    id INTEGER primary key,
    aid_id INTEGER not null references aid,
    lot_id INTEGER not null unique references lot,
    amount INTEGER not null check (amount > 0),
    found_on INTEGER not null check (found_on between 19000101 and 21991231)
) STRICT;

create index undue_aid_id on undue (aid_id);

-- What came back of it, or never will.
create table recovery (
    id INTEGER primary key,
    undue_id INTEGER not null references undue,
    lot_id INTEGER not null unique references lot,
    how TEXT not null check (how in ('reabonde', 'rendu_au_financeur', 'non_valeur')),
    amount INTEGER not null check (amount > 0),
    recovered_on INTEGER not null check (recovered_on between 19000101 and 21991231)
) STRICT;

create index recovery_undue_id on recovery (undue_id);

-- An aid that somebody proposes. The reason is erasable with its salt; seals keep its salted digest.
create table proposal (
    id INTEGER primary key,
    beneficiary_id INTEGER not null references beneficiary,
    dispositif_id INTEGER not null references dispositif,
    nature TEXT not null,
    month INTEGER not null check (month between 190001 and 219912),
    amount INTEGER not null check (amount > 0),
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB not null,
    proposed_by TEXT not null,
    proposed_on INTEGER not null check (proposed_on between 19000101 and 21991231),
    unique (id, proposed_by)
) STRICT;

-- One decision each: who proposed is repeated so that the base itself refuses that they accept; an accepted one has the lot that granted its aid.
create table proposal_decision (
    proposal_id INTEGER primary key,
    proposed_by TEXT not null,
    lot_id INTEGER unique references lot,
    decided_by TEXT not null,
    decided_on INTEGER not null check (decided_on between 19000101 and 21991231),
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB,
    foreign key (proposal_id, proposed_by) references proposal (id, proposed_by),
    constraint second_person check (lot_id is null or decided_by <> proposed_by)
) STRICT;

-- A refusal notified: its number in its year, what was asked, the ways of appeal as the letter says them. The reason is erasable with its salt.
create table refusal (
    id INTEGER primary key,
    year INTEGER not null check (year between 1900 and 2199),
    number INTEGER not null check (number > 0),
    beneficiary_id INTEGER not null references beneficiary,
    dispositif_id INTEGER not null references dispositif,
    nature TEXT not null,
    month INTEGER not null check (month between 190001 and 219912),
    amount INTEGER not null check (amount > 0),
    refused_on INTEGER not null check (refused_on between 19000101 and 21991231),
    refused_by TEXT not null,
    reason TEXT,
    reason_salt BLOB,
    reason_digest BLOB,
    appeal TEXT not null,
    unique (year, number)
) STRICT;

-- The rules that failed that day, in the words said that day.
create table refusal_rule (
    refusal_id INTEGER not null references refusal,
    rank INTEGER not null,
    code TEXT not null,
    rule TEXT,
    message TEXT not null,
    article TEXT not null,
    primary key (refusal_id, rank)
) STRICT, WITHOUT ROWID;

create trigger hand_payment_within_grant before insert on hand_payment when (select sum(p.amount) from payment p where p.aid_id = new.aid_id) > (select a.amount from aid a where a.id = new.aid_id) begin select raise(abort, 'verse au-dela de l''accorde : hand_payment'); end;
create trigger undue_within_paid before insert on undue when new.amount + coalesce((select sum(u.amount) from undue u where u.aid_id = new.aid_id), 0) > coalesce((select sum(p.amount) from payment p where p.aid_id = new.aid_id), 0) begin select raise(abort, 'indu au-dela du verse : undue'); end;
create trigger recovery_within_undue before insert on recovery when new.amount + coalesce((select sum(r.amount) from recovery r where r.undue_id = new.undue_id), 0) > coalesce((select u.amount from undue u where u.id = new.undue_id), 0) begin select raise(abort, 'recouvre au-dela de l''indu : recovery'); end;
create trigger hand_grant_no_update before update on hand_grant begin select raise(abort, 'ligne definitive : hand_grant'); end;
create trigger hand_grant_no_delete before delete on hand_grant begin select raise(abort, 'ligne definitive : hand_grant'); end;
create trigger hand_payment_no_update before update on hand_payment begin select raise(abort, 'ligne definitive : hand_payment'); end;
create trigger hand_payment_no_delete before delete on hand_payment begin select raise(abort, 'ligne definitive : hand_payment'); end;
create trigger undue_no_update before update on undue begin select raise(abort, 'ligne definitive : undue'); end;
create trigger undue_no_delete before delete on undue begin select raise(abort, 'ligne definitive : undue'); end;
create trigger recovery_no_update before update on recovery begin select raise(abort, 'ligne definitive : recovery'); end;
create trigger recovery_no_delete before delete on recovery begin select raise(abort, 'ligne definitive : recovery'); end;
create trigger proposal_no_update before update of id, beneficiary_id, dispositif_id, nature, month, amount, reason_digest, proposed_by, proposed_on on proposal begin select raise(abort, 'ligne definitive : proposal'); end;
create trigger proposal_no_delete before delete on proposal begin select raise(abort, 'ligne definitive : proposal'); end;
create trigger proposal_decision_no_update before update of proposal_id, proposed_by, lot_id, decided_by, decided_on, reason_digest on proposal_decision begin select raise(abort, 'ligne definitive : proposal_decision'); end;
create trigger proposal_decision_no_delete before delete on proposal_decision begin select raise(abort, 'ligne definitive : proposal_decision'); end;
create trigger refusal_no_update before update of id, year, number, beneficiary_id, dispositif_id, nature, month, amount, refused_on, refused_by, reason_digest, appeal on refusal begin select raise(abort, 'ligne definitive : refusal'); end;
create trigger refusal_no_delete before delete on refusal begin select raise(abort, 'ligne definitive : refusal'); end;
create trigger refusal_rule_no_update before update on refusal_rule begin select raise(abort, 'ligne definitive : refusal_rule'); end;
create trigger refusal_rule_no_delete before delete on refusal_rule begin select raise(abort, 'ligne definitive : refusal_rule'); end;

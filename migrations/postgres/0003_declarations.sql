-- Denier, schema 3: what is declared of people (parcours, incomes, aids received elsewhere). Facts for the rules: nothing here is in the book nor in a total.

-- What can be declared, by its code in declarations.toml.
create table declarable (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

-- Who gave an aid elsewhere; 0 is nobody.
create table giver (
    id BIGINT primary key,
    code TEXT COLLATE "C" not null unique,
    label TEXT COLLATE "C" not null
);

insert into giver (id, code, label) values (0, '', '');

-- One thing declared of a person; dispositif 0 is the person alone. Of two of the same person, declarable, dispositif and first day (of the same reference, for an aid elsewhere), the one of highest id whose lot is not cancelled counts. Value in hundredths: centimes, hundredths of an hour, 100 for yes. The reason is a free text that may hold a name: it can be erased.
create table declaration (
    id BIGINT primary key,
    lot_id BIGINT not null references lot,
    line BIGINT not null,
    beneficiary_id BIGINT not null references beneficiary,
    declarable_id BIGINT not null references declarable,
    dispositif_id BIGINT not null,
    nature_id BIGINT not null references nature,
    giver_id BIGINT not null references giver,
    from_day BIGINT not null check (from_day between 19000101 and 21991231),
    to_day BIGINT check (to_day between from_day and 21991231),
    decided_on BIGINT check (decided_on between 19000101 and 21991231),
    value BIGINT not null check (value >= 0),
    reference TEXT COLLATE "C" not null,
    reason TEXT COLLATE "C" not null
);

create index declaration_beneficiary_id on declaration (beneficiary_id);
create index declaration_lot_id on declaration (lot_id);
create index declaration_reference on declaration (reference) where reference <> '';
create index lot_cancels_id on lot (cancels_id);

create trigger declarable_no_update before update of id, code on declarable for each row execute function forbid();
create trigger declarable_no_delete before delete on declarable for each row execute function forbid();
create trigger declarable_no_truncate before truncate on declarable for each statement execute function forbid();
create trigger giver_no_update before update of id, code on giver for each row execute function forbid();
create trigger giver_no_delete before delete on giver for each row execute function forbid();
create trigger giver_no_truncate before truncate on giver for each statement execute function forbid();
create trigger declaration_no_update before update of id, lot_id, line, beneficiary_id, declarable_id, dispositif_id, nature_id, giver_id, from_day, to_day, decided_on, value, reference on declaration for each row execute function forbid();
create trigger declaration_no_delete before delete on declaration for each row execute function forbid();
create trigger declaration_no_truncate before truncate on declaration for each statement execute function forbid();

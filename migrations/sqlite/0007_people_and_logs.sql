-- Denier, schema 7: who looked at a person's file; answers that name somebody can be erased with them.
-- Who looked at what of whom, when; no name of the person. What: the word of what was shown.
create table view_log (
    id INTEGER primary key,
    at TEXT not null,
    user_name TEXT not null,
    claimed INTEGER not null check (claimed in (0, 1)),
    beneficiary_id INTEGER not null references beneficiary,
    what TEXT not null
) STRICT;

create index view_log_beneficiary_id on view_log (beneficiary_id);

create trigger view_log_no_update before update on view_log begin select raise(abort, 'ligne definitive : view_log'); end;
create trigger view_log_no_delete before delete on view_log begin select raise(abort, 'ligne definitive : view_log'); end;

-- The answer to a key may name people: it is erased with them, the key stays taken.
drop trigger request_key_no_update;
create trigger request_key_no_update before update of key, digest, at on request_key begin select raise(abort, 'ligne definitive : request_key'); end;

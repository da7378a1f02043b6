-- Denier, schema 5: users may be advisers of one site, or controllers; an account is closed, never removed.
create table app_user_of_5 (
    id INTEGER primary key,
    name TEXT not null unique,
    role TEXT not null check (role in ('conseiller', 'lecture', 'controle', 'saisie', 'validation', 'direction')),
    site TEXT not null check ((role = 'conseiller') = (site <> '')),
    password TEXT,
    closed INTEGER not null check (closed in (0, 1)),
    created_at TEXT not null
) STRICT;

insert into app_user_of_5 (id, name, role, site, password, closed, created_at)
select id, name, role, '', password, 0, created_at from app_user;

drop table app_user;

alter table app_user_of_5 rename to app_user;

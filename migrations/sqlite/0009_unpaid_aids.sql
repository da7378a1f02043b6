-- Denier, schema 9: the aids that are granted and not wholly paid, so that nobody reads all aids to find them.
-- Maintained as aids are granted, paid and cancelled; recomputed by verifier.
create table unpaid_aid (
    aid_id INTEGER primary key references aid
) STRICT;

insert into unpaid_aid (aid_id)
select a.id from aid a
left join (select aid_id, sum(amount) as paid from payment group by aid_id) p on p.aid_id = a.id
where a.amount > coalesce(p.paid, 0) and not exists (select 1 from aid_cancellation c where c.aid_id = a.id);

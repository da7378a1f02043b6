-- Denier, schema 8: from a figure to its aids: those of a month of right by their terms, those decided on a day.
create index aid_month on aid (month, terms_id, id);

create index decision_dispositif on decision (dispositif_id, decided_on, id);

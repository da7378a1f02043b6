-- Denier, schema 8: from a figure to its lines: aids of a month of right by their terms, aids decided on a day, lines of an account in the order of their days, lines of an entry.
create index aid_month on aid (month, terms_id, id);

create index decision_dispositif on decision (dispositif_id, decided_on, id);

drop index general_line_account;

create index general_line_account on general_line (lot_id, account_id, dated, rank);

create index general_line_entry on general_line (lot_id, entry);

#!/usr/bin/env python3
"""A second verifier of Denier's seals, written from docs/seal.md. Standard library only.

    python3 tests/second_verifier.py BASE.db                      0: whole; 4: what was altered first
    python3 tests/second_verifier.py --vectors DIR [--write]      golden vectors: compares, or writes
"""

import hashlib
import pathlib
import sqlite3
import sys
from collections import defaultdict

VERSION = b"\x01"
GENESIS = bytes(32)

TEXT, NUMBER, DIGEST, MARK = "text", "number", "digest", "mark"

# Name, tag and type, in the order of the bytes.
LINE = [
    ("account", 1, TEXT),
    ("amount", 2, NUMBER),
    ("dispositif", 3, TEXT),
    ("funder", 4, TEXT),
    ("convention", 5, TEXT),
    ("site", 6, TEXT),
    ("envelope_year", 7, NUMBER),
    ("lot", 52, NUMBER),
    ("source", 9, TEXT),
    ("reference", 10, TEXT),
    ("file", 22, TEXT),
    ("file_line", 23, NUMBER),
    ("pseudonym", 8, TEXT),
    ("decided_on", 11, NUMBER),
    ("decision_undated", 12, MARK),
    ("requested_on", 13, NUMBER),
    ("month", 14, NUMBER),
    ("aid_amount", 25, NUMBER),
    ("nature", 15, TEXT),
    ("committee", 16, TEXT),
    ("payer", 17, TEXT),
    ("payee", 18, DIGEST),
    ("mode", 19, TEXT),
    ("rules", 20, TEXT),
    ("finding", 21, TEXT),
    ("derogation", 61, NUMBER),
    ("derogation_amount", 62, NUMBER),
    ("derogation_rule", 63, TEXT),
    ("derogation_reason", 64, DIGEST),
    ("derogation_asked_by", 65, TEXT),
    ("derogation_asked_on", 66, NUMBER),
    ("derogation_approved_by", 67, TEXT),
    ("derogation_approved_on", 68, NUMBER),
]
# A line of a sealed FEC.
FEC_LINE = [
    ("account", 1, TEXT),
    ("amount", 2, NUMBER),
    ("funder", 4, TEXT),
    ("convention", 5, TEXT),
    ("assignment_rule", 60, NUMBER),
    ("lot", 52, NUMBER),
    ("file_line", 23, NUMBER),
    ("journal", 26, TEXT),
    ("journal_label", 27, TEXT),
    ("fec_entry", 28, NUMBER),
    ("fec_number", 29, TEXT),
    ("fec_date", 30, NUMBER),
    ("account_label", 31, TEXT),
    ("auxiliary", 32, TEXT),
    ("piece", 33, TEXT),
    ("piece_date", 34, NUMBER),
    ("texts", 35, DIGEST),
    ("letter", 36, TEXT),
    ("letter_date", 37, NUMBER),
    ("valid_date", 38, NUMBER),
    ("currency_amount", 39, TEXT),
    ("currency", 57, TEXT),
    ("analytic", 58, TEXT),
    ("line_kind", 59, NUMBER),
]
HEADER = [
    ("book", 40, TEXT),
    ("year", 41, NUMBER),
    ("number", 42, NUMBER),
    ("date", 43, NUMBER),
    ("event", 44, TEXT),
    ("reverses", 45, TEXT),
    ("lot", 52, NUMBER),
    ("lot_kind", 53, TEXT),
    ("recorded_at", 46, TEXT),
    ("author", 47, TEXT),
    ("file_digest", 54, DIGEST),
    ("lot_counts", 55, NUMBER),
    ("lot_cancels", 56, NUMBER),
    ("reason", 48, DIGEST),
    ("undue", 93, NUMBER),
    ("payment_rank", 94, NUMBER),
    ("proposal", 95, NUMBER),
    ("proposed_by", 96, TEXT),
    ("proposed_on", 97, NUMBER),
    ("proposal_reason", 98, DIGEST),
    ("line_count", 49, NUMBER),
    ("root", 50, DIGEST),
    ("previous", 51, DIGEST),
]

COUNTS = ("records", "accepted", "irregular", "known", "refused")


# ---- encoding ------------------------------------------------------------------------------------


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def field(tag, kind, value):
    """One field, or nothing where it is absent."""
    if value is None or (kind == TEXT and value == "") or (kind == MARK and not value):
        return b""
    if kind == TEXT:
        value = value.encode("utf-8")
    elif kind == NUMBER:
        value = value.to_bytes(8, "big", signed=True)
    elif kind == MARK:
        value = b""
    return bytes([tag]) + len(value).to_bytes(4, "big") + value


def encode(fields, content):
    """The preimage: a value that is a list makes one field for each."""
    out = [VERSION]
    for name, tag, kind in fields:
        value = content.get(name)
        for one in value if isinstance(value, list) else [value]:
            out.append(field(tag, kind, one))
    return b"".join(out)


def leaf_of(preimage):
    return sha256(b"\x00", preimage)


def root_of(leaves):
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", root_of(leaves[:split]), root_of(leaves[split:]))


def salted(salt, text):
    return sha256(b"\x02", salt, text.encode("utf-8"))


# ---- a base --------------------------------------------------------------------------------------


class Broken(Exception):
    """An entry is not what was sealed."""


def by_key(base, sql):
    return {row["id"]: row for row in base.execute(sql)}


def get(rows, key, what):
    if key not in rows:
        raise Broken(f"{what} {key} n'existe plus")
    return rows[key]


class Base:
    def __init__(self, path):
        self.base = sqlite3.connect(pathlib.Path(path).resolve().as_uri() + "?mode=ro", uri=True)
        self.base.row_factory = sqlite3.Row
        self.codes = {
            table: {row["id"]: row["code"] for row in self.base.execute(f"select id, code from {table}")}
            for table in ("account", "source", "dispositif", "funder", "convention", "site", "nature", "committee", "payer")
        }
        self.axes = by_key(self.base, "select * from axes")
        self.lots = by_key(self.base, "select * from lot")
        self.terms = by_key(self.base, "select * from terms")
        self.aids = by_key(self.base, "select * from aid")
        self.decisions = by_key(self.base, "select * from decision")
        self.people = by_key(self.base, "select * from beneficiary")
        self.payees = by_key(self.base, "select * from payee")
        self.notices = {row["entry_id"]: row for row in self.base.execute("select * from envelope_notice")}
        self.rules = {
            row["id"]: hashlib.sha256(row["body"].encode("utf-8")).hexdigest()
            for row in self.base.execute("select p.id, t.body from rule_publication p join rule_text t on t.digest = p.digest")
        }
        self.findings = defaultdict(list)
        for row in self.base.execute("select * from aid_finding order by aid_id, rank"):
            self.findings[row["aid_id"]].append(f"{row['code']}:{row['rule'] or ''}:{row['message']}")
        self.derogations = by_key(self.base, "select * from derogation")
        self.decided = {row["derogation_id"]: row for row in self.base.execute("select * from derogation_decision")}
        self.derogation_of = {
            row["aid_id"]: row["derogation_id"] for row in self.base.execute("select * from derogation_use")
        }
        self.derogation_rules = defaultdict(list)
        for row in self.base.execute("select * from derogation_rule"):
            self.derogation_rules[row["derogation_id"]].append(row["rule"])
        self.proposals = by_key(self.base, "select * from proposal")
        self.proposals_decided = {row["proposal_id"]: row for row in self.base.execute("select * from proposal_decision")}
        self.refusals = by_key(self.base, "select * from refusal")
        # What each lot did by hand.
        self.acts = {row["lot_id"]: {"payment_rank": row["rank"]} for row in self.base.execute("select * from hand_payment")}
        self.acts |= {row["lot_id"]: {"undue": row["id"]} for row in self.base.execute("select * from undue")}
        self.acts |= {row["lot_id"]: {"undue": row["undue_id"]} for row in self.base.execute("select * from recovery")}
        for key, decided in self.proposals_decided.items():
            if decided["lot_id"] is not None and key in self.proposals:
                proposal = self.proposals[key]
                self.acts[decided["lot_id"]] = {
                    "proposal": key,
                    "proposed_by": proposal["proposed_by"],
                    "proposed_on": proposal["proposed_on"],
                    "proposal_reason": proposal["reason_digest"],
                }
        self.lines = defaultdict(list)
        for row in self.base.execute("select * from line order by entry_id, rank"):
            self.lines[row["entry_id"]].append(row)
        # Of a FEC: codes with their labels, what is assigned, lines in the file's order, by entry.
        self.pairs = {
            table: by_key(self.base, f"select * from general_{table}") for table in ("account", "journal", "auxiliary")
        }
        self.assigned = {
            (row["lot_id"], row["rank"]): row for row in self.base.execute("select * from general_assignment")
        }
        self.fecs = {
            row["entry_id"]: row["lot_id"]
            for row in self.base.execute("select entry_id, lot_id from fec_version where definitive = 1")
        }
        self.entries = list(self.base.execute("select * from entry order by id"))

    def code(self, table, key):
        return get(self.codes[table], key, table)

    def origin(self, record):
        """Lot, source, reference, file and line of an aid or of a notice."""
        lot = get(self.lots, record["lot_id"], "lot")
        return {
            "lot": lot["id"],
            "source": self.code("source", lot["source_id"]),
            "reference": record["reference"],
            "file": lot["file"],
            "file_line": record["line"],
        }

    def aid(self, key):
        aid = get(self.aids, key, "aide")
        decision = get(self.decisions, aid["decision_id"], "décision")
        terms = get(self.terms, aid["terms_id"], "modalités")
        payee = None
        if terms["payee_id"] != 0:
            payee = get(self.payees, terms["payee_id"], "créancier")["digest"]
        return self.origin(aid) | {
            "pseudonym": get(self.people, aid["beneficiary_id"], "bénéficiaire")["pseudonym"],
            "decided_on": decision["decided_on"],
            "decision_undated": decision["undated"] == 1,
            "requested_on": aid["requested_on"],
            "month": aid["month"],
            "aid_amount": aid["amount"],
            "nature": self.code("nature", terms["nature_id"]),
            "committee": self.code("committee", terms["committee_id"]),
            "payer": self.code("payer", terms["payer_id"]),
            "payee": payee,
            "mode": terms["mode"],
            "rules": get(self.rules, terms["rules_id"], "règle publiée"),
            "finding": self.findings.get(key, []),
        } | self.derogation(self.derogation_of.get(key))

    def derogation(self, number):
        """What an aid's lines say of the derogation that allowed it; nothing where there is none."""
        if number is None:
            return {}
        asked = get(self.derogations, number, "dérogation")
        decided = get(self.decided, number, "décision de la dérogation")
        return {
            "derogation": number,
            "derogation_amount": asked["amount"],
            "derogation_rule": sorted(self.derogation_rules[number], key=lambda rule: rule.encode("utf-8")),
            "derogation_reason": asked["reason_digest"],
            "derogation_asked_by": asked["asked_by"],
            "derogation_asked_on": asked["asked_on"],
            "derogation_approved_by": decided["decided_by"],
            "derogation_approved_on": decided["decided_on"],
        }

    def line(self, line):
        axes = get(self.axes, line["axes_id"], "axes")
        content = {
            "account": self.code("account", line["account_id"]),
            "amount": line["amount"],
            "dispositif": self.code("dispositif", axes["dispositif_id"]),
            "funder": self.code("funder", axes["funder_id"]),
            "convention": self.code("convention", axes["convention_id"]),
            "site": self.code("site", axes["site_id"]),
            "envelope_year": axes["envelope_year"] or None,
        }
        if line["aid_id"] is not None:
            content |= self.aid(line["aid_id"])
        elif line["entry_id"] in self.notices:
            content |= self.origin(self.notices[line["entry_id"]])
        return encode(LINE, content)

    def fec_line(self, line):
        assigned = self.assigned.get((line["lot_id"], line["rank"]))
        account = get(self.pairs["account"], line["account_id"], "compte")
        journal = get(self.pairs["journal"], line["journal_id"], "journal")
        auxiliary = {"code": "", "label": ""}
        if line["auxiliary_id"] != 0:
            auxiliary = get(self.pairs["auxiliary"], line["auxiliary_id"], "auxiliaire")
        content = {
            "account": account["code"],
            "amount": line["amount"],
            "lot": line["lot_id"],
            "file_line": line["line"],
            "journal": journal["code"],
            "journal_label": journal["label"],
            "fec_entry": line["entry"],
            "fec_number": line["number"],
            "fec_date": line["dated"],
            "account_label": account["label"],
            "auxiliary": auxiliary["code"],
            "piece": line["piece"],
            "piece_date": line["piece_on"],
            "texts": line["texts"] if line["salt"] is None and not line["label"] else salted(line["salt"] or b"", line["label"] + "\x1f" + auxiliary["label"]),
            "letter": line["letter"],
            "letter_date": line["lettered_on"],
            "valid_date": line["validated_on"],
            "currency_amount": line["currency_amount"],
            "currency": line["currency"],
            "analytic": line["analytic"],
            "line_kind": line["kind"],
        }
        if assigned is not None:
            content |= {
                "funder": self.code("funder", assigned["funder_id"]),
                "convention": self.code("convention", assigned["convention_id"]),
                "assignment_rule": assigned["rule"],
            }
        return encode(FEC_LINE, content)

    def fec_lines(self, entry):
        """The lines of the FEC that an entry seals; each of its own entries balances."""
        if entry["id"] not in self.fecs:
            raise Broken("le FEC qu'elle scelle n'existe plus")
        sql = "select * from general_line where lot_id = ? order by rank"
        lines = list(self.base.execute(sql, (self.fecs.pop(entry["id"]),)))
        sums = defaultdict(int)
        for line in lines:
            sums[line["entry"]] += line["amount"]
        if any(sums.values()):
            raise Broken("une écriture du FEC ne s'équilibre pas")
        return lines

    def header(self, entry, root, previous):
        lot = get(self.lots, entry["lot_id"], "lot")
        reverses = None
        if entry["reverses"] is not None:
            old = get({old["id"]: old for old in self.entries}, entry["reverses"], "écriture")
            reverses = f"{entry['book']}:{old['year']}:{old['number']}"
        content = {
            "book": entry["book"],
            "year": entry["year"],
            "number": entry["number"],
            "date": entry["dated"],
            "event": entry["event"],
            "reverses": reverses,
            "lot": lot["id"],
            "lot_kind": lot["kind"],
            "recorded_at": lot["at"],
            "author": lot["user_name"],
            "file_digest": lot["file_digest"],
            "lot_counts": [lot[name] for name in COUNTS],
            "lot_cancels": lot["cancels_id"],
            "reason": lot["reason_digest"],
            "line_count": entry["line_count"],
            "root": root,
            "previous": previous,
        } | self.acts.get(lot["id"], {})
        return encode(HEADER, content)

    def check(self, entry, number, previous):
        """Seals an entry again."""
        is_fec = entry["book"] == "GENERAL"
        lines = self.fec_lines(entry) if is_fec else self.lines.pop(entry["id"], [])
        if [line["rank"] for line in lines] != list(range(1, entry["line_count"] + 1)):
            raise Broken(f"{len(lines)} lignes au lieu de {entry['line_count']}")
        if sum(line["amount"] for line in lines) != 0:
            raise Broken("débit et crédit diffèrent")
        if entry["number"] != number or entry["dated"] // 10000 != entry["year"]:
            raise Broken(f"numéro {entry['number']} au lieu de {number}")
        preimage = self.fec_line if is_fec else self.line
        root = root_of([leaf_of(preimage(line)) for line in lines])
        if root != entry["root"]:
            raise Broken("ses lignes ne sont plus celles qui ont été scellées")
        if sha256(self.header(entry, root, previous)) != entry["seal"]:
            raise Broken("son en-tête n'est plus celui qui a été scellé")
        return len(lines)

    def texts(self):
        """The erasable texts that do not give the digest that is sealed, and are not erased either."""
        for key, row in self.payees.items():
            if key == 0:
                continue
            if row["salt"] is None:
                whole = (row["code"], row["label"]) == (f"effacé n° {key}", "")
            else:
                whole = salted(row["salt"], row["code"]) == row["digest"] and row["label"] == row["code"]
            if not whole:
                yield f"le créancier n° {key}"
        for key, row in self.lots.items():
            if row["reason"] is None:
                continue
            if row["reason_salt"] is None or salted(row["reason_salt"], row["reason"]) != row["reason_digest"]:
                yield f"le motif du lot {key}"
        for what, rows in (
            ("la dérogation", [*self.derogations.items(), *self.decided.items()]),
            ("la proposition", [*self.proposals.items(), *self.proposals_decided.items()]),
            ("le refus n°", self.refusals.items()),
        ):
            for key, row in rows:
                if row["reason"] is None:
                    continue
                if row["reason_salt"] is None or salted(row["reason_salt"], row["reason"]) != row["reason_digest"]:
                    yield f"le motif de {what} {key}".replace("de le", "du")


def verify(path):
    base = Base(path)
    previous, head, count = GENESIS, 0, 0
    numbers = defaultdict(int)
    for entry in base.entries:
        numbers[entry["book"], entry["year"]] += 1
        try:
            count += base.check(entry, numbers[entry["book"], entry["year"]], previous)
        except Broken as why:
            day = str(entry["dated"])
            print(f"écriture {entry['book']} {entry['year']}-{entry['number']} du {day[6:]}/{day[4:6]}/{day[:4]} : {why}")
            return 4
        previous, head = entry["seal"], entry["id"]
    if base.lines:
        print(f"{sum(map(len, base.lines.values()))} lignes sans écriture")
        return 4
    if base.fecs:
        print(f"{len(base.fecs)} FEC sans l'écriture qui les scelle")
        return 4
    texts = list(base.texts())
    if texts:
        print("\n".join(f"{text} n'est pas celui qui a été scellé" for text in texts))
        return 4
    print(f"{len(base.entries)} écritures, {count} lignes : chaîne conforme, tête n° {head} {previous.hex()[:8]}")
    return 0


# ---- golden vectors ------------------------------------------------------------------------------

# A file is one entry: sections `line` (or `fec_line`) and `header` at the margin; then `name value`, two spaces in.
# What is computed comes last in its section: bytes and leaf of a line; line_count, root, bytes and
# seal of the header. `payee`, `reason`, `texts`, `derogation_reason` and `proposal_reason` are `salt text`, the salt in hexadecimal, the byte
# 0x1F as its picture `␟`; `lot_counts` are five numbers.
LINES = {"line": LINE, "fec_line": FEC_LINE}
COMPUTED = {"bytes", "leaf", "line_count", "root", "seal"}


def read_case(text):
    """The comment above, and the sections: name and inputs."""
    comment, sections = [], []
    for row in text.splitlines():
        if row.startswith("#"):
            comment.append(row)
        elif row.startswith("  "):
            name, _, value = row.strip().partition(" ")
            if name not in COMPUTED:
                sections[-1][1].append((name, value))
        elif row:
            sections.append((row, []))
    return comment, sections


def content_of(fields, inputs):
    kinds = {name: kind for name, _, kind in fields}
    content = {}
    for name, value in inputs:
        if name in ("payee", "reason", "texts", "derogation_reason", "proposal_reason"):
            salt, _, text = value.partition(" ")
            content[name] = salted(bytes.fromhex(salt), text.replace("␟", "\x1f"))
        elif name in ("finding", "derogation_rule"):
            content.setdefault(name, []).append(value)
        elif name == "lot_counts":
            content[name] = [int(one) for one in value.split()]
        elif kinds[name] == NUMBER:
            content[name] = int(value)
        elif kinds[name] == DIGEST:
            content[name] = bytes.fromhex(value)
        else:
            content[name] = True if kinds[name] == MARK else value
    return content


def write_case(comment, sections):
    out, leaves = list(comment), []
    for section, inputs in sections:
        computed = []
        if section in LINES:
            preimage = encode(LINES[section], content_of(LINES[section], inputs))
            leaves.append(leaf_of(preimage))
            computed = [("bytes", preimage.hex()), ("leaf", leaves[-1].hex())]
        else:
            root = root_of(leaves)
            header = content_of(HEADER, inputs) | {"line_count": len(leaves), "root": root}
            preimage = encode(HEADER, header)
            computed = [("line_count", str(len(leaves))), ("root", root.hex()), ("bytes", preimage.hex()), ("seal", sha256(preimage).hex())]
        out += ["", section] + [f"  {name} {value}".rstrip() for name, value in inputs + computed]
    return "\n".join(out) + "\n"


def vectors(folder, write):
    files = sorted(pathlib.Path(folder).glob("*.txt"))
    wrong = [] if files else [folder]
    for path in files:
        text = path.read_text(encoding="utf-8")
        expected = write_case(*read_case(text))
        if write:
            path.write_text(expected, encoding="utf-8")
        elif text != expected:
            wrong.append(path.name)
    print(f"{len(files)} vecteurs" + (f", différents : {', '.join(wrong)}" if wrong else " conformes"))
    return 4 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) in (3, 4) and sys.argv[1] == "--vectors" and sys.argv[3:] in ([], ["--write"]):
        sys.exit(vectors(sys.argv[2], sys.argv[3:] == ["--write"]))
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(verify(sys.argv[1]))

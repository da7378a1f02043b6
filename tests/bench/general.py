#!/usr/bin/env python3
"""Measures the general book and attestations; nothing here can fail a test.

usage: python3 tests/bench/general.py [LINES ...] [--attestations 1000]

Needs: cargo. Sizes default to 10000 and 1000000 lines of FEC.
Prints, for each size, of whole processes:
  fec           importing a FEC of so many lines, seconds and peak MiB; again, another FEC that renumbers it
  statement     `etats compte-de-resultat` as a process, milliseconds (median of 21), and `--version` beside it
then, on littoral-2024:
  attestations  `attester --tous` for everyone, and what it is for so many people, seconds
"""
import argparse, pathlib, random, shutil, statistics, subprocess, sys, tempfile
import os, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DENIER = ROOT / "target/release/denier"
EXAMPLE = ROOT / "examples/littoral-2024"
NAMES = ("JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate "
         "EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise").split()


def timed(command):
    """Runs a command; returns seconds and its own peak memory in MiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) > 1:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def write_fec(path, lines, first):
    """Entries of two lines on 300 accounts, one in fifty a grant; `first` is the first EcritureNum."""
    chance = random.Random(7)
    accounts = [(f"60{n:04d}", f"Achats {n}") for n in range(300)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        row = lambda *cells: file.write("\t".join(cells) + "\r\n")
        row(*NAMES)
        for entry in range(lines // 2):
            day = f"2024{1 + entry * 24 // lines:02d}{chance.randrange(1, 28):02d}"
            centimes = chance.randrange(100, 900_000)
            amount = f"{centimes // 100},{centimes % 100:02d}"
            number, (account, label) = str(first + entry), chance.choice(accounts)
            common = lambda *cells: row(*cells[:2], number, day, *cells[2:])
            if entry % 50 == 0:
                text = (f"S{entry}", day, f"Notification {entry}")
                common("SU", "Subventions", "441000", "Subventions à recevoir", "ETAT-CEJ", "État", *text, amount, "0,00", "", "", day, "", "")
                common("SU", "Subventions", "741100", "Subventions État", "", "", *text, "0,00", amount, "", "", day, "", "")
            else:
                text = (f"F{entry}", day, f"Facture {entry} {label}")
                common("AC", "Achats", account, label, "", "", *text, amount, "0,00", "", "", day, "", "")
                common("AC", "Achats", "401000", "Fournisseurs", f"F{entry % 5000:05d}", f"Fournisseur {entry % 5000}", *text,
                       "0,00", amount, f"L{entry % 999}", day, day, "", "")


def statement(command):
    return statistics.median(timed(command)[0] for _ in range(21)) * 1000


def attestations(work, wanted):
    base = work / "attestations.db"
    run = lambda *command: timed([DENIER, "--base", base, *command])
    run("init", "--nom", "Banc", "--exercice", "2024")
    for kind in ("beneficiaires", "enveloppes", "aides"):
        run("importer", kind, EXAMPLE / f"{kind}.csv")
    folder = work / "attestations"
    everyone, _ = run("attester", "--tous", "--exercice", "2024", "--sortie", folder)
    count = len(list(folder.iterdir()))
    return count, everyone, everyone / count * wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 1_000_000])
    parser.add_argument("--attestations", type=int, default=1000)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="denier-banc-"))
    for size in options.sizes:
        base = work / f"{size}.db"
        run = lambda *command: timed([DENIER, "--base", base, *command])
        run("init", "--nom", "Banc", "--exercice", "2024")
        run("importer", "affectation", EXAMPLE / "affectation.csv")
        write_fec(work / "un.txt", size, 1)
        write_fec(work / "deux.txt", size, 1_000_001)
        seconds, peak = run("importer", "fec", work / "un.txt")
        again, again_peak = run("importer", "fec", work / "deux.txt")
        shown = statement([DENIER, "--base", base, "etats", "compte-de-resultat", "--modele", "rapport"])
        start = statement([DENIER, "--version"])
        print(f"{size} lines: FEC {seconds:.2f} s, {peak:.0f} MiB; renumbered {again:.2f} s, {again_peak:.0f} MiB; "
              f"statement {shown:.1f} ms ({start:.1f} ms to start)", flush=True)
    count, seconds, scaled = attestations(work, options.attestations)
    print(f"{count} attestations: {seconds:.2f} s, that is {scaled:.2f} s for {options.attestations}")
    shutil.rmtree(work)


main()

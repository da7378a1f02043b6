#!/usr/bin/env python3
"""Measures imports and statements as ratios; nothing here can fail a test.

usage: python3 tests/bench/run.py [N ...] [--runs 3] [--postgres URL]

Needs: cargo, gcc, libsqlite3-dev; for --postgres, psql. Sizes default to 100000 and 1000000.
Prints, for each size, medians over interleaved runs of whole processes:
  import / raw      importing N aids against the raw SQLite C API inserting the same payments
                    with two postings each and four indexes in one transaction
  shuffled          the same file in random order, against the ordered one
  growth            the largest size against the smallest
  memory            peak of the import, MiB
  statement         `etats aides` as a process, milliseconds
  import / COPY     with --postgres: importing, against COPY of the very same rows into the same tables
"""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DENIER = ROOT / "target/release/denier"
# What an import of aids fills, and what must be there before.
TABLES = ["decision", "aid", "payment", "living_reference", "entry", "line"]
BEFORE = ["source", "dispositif", "funder", "payer", "nature", "committee", "convention", "site", "payee", "account",
          "rule_text", "rule_publication", "axes", "terms", "lot", "beneficiary", "identity"]


def timed(command, **options):
    """Runs a command; returns seconds and its own peak memory in MiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def fresh(base, folder):
    for command in (["init", "--nom", "Banc", "--exercice", "2024"], ["importer", "beneficiaires", folder / "beneficiaires.csv"],
                    ["importer", "enveloppes", folder / "enveloppes.csv"]):
        timed([DENIER, "--base", base, *command])


def imported(base, folder):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{base}{suffix}").unlink(missing_ok=True)
    fresh(base, folder)
    return timed([DENIER, "--base", base, "importer", "aides", folder / "aides.csv"])


def raw(program, folder, work):
    for path in work.glob("raw.db*"):
        path.unlink()
    return timed([program, folder / "pay.csv", work / "raw.db", "full"], env={**os.environ, "CACHE_KIB": "65536"})[0]


def statement(base):
    command = [DENIER, "--base", base, "etats", "aides", "--exercice", "2024"]
    return statistics.median(timed(command)[0] for _ in range(21)) * 1000


def postgres(url, folder, work, runs):
    """Importing against COPY of the same rows into the same tables, constraints and indexes alike."""
    psql = ["psql", "-q", url, "-v", "ON_ERROR_STOP=1"]
    ratios = []
    for run in range(runs):
        name, other = f"banc_{os.getpid()}_{run}", f"copie_{os.getpid()}_{run}"
        base = f"{url}?schema={name}"
        fresh(base, folder)
        seconds, _ = timed([DENIER, "--base", base, "importer", "aides", folder / "aides.csv"])
        schema = subprocess.run(["pg_dump", "--schema-only", "-n", name, url], check=True, capture_output=True, text=True).stdout
        subprocess.run(psql, input=schema.replace(name, other), check=True, text=True, stdout=subprocess.DEVNULL)
        copy = lambda tables, way, of: "".join(f"\\copy {of}.{table} {way} '{work}/{table}.copy'\n" for table in tables)
        subprocess.run(psql, input=copy(BEFORE + TABLES, "to", name) + copy(BEFORE, "from", other), check=True, text=True)
        script = work / "copy.sql"
        script.write_text("begin;\n" + copy(TABLES, "from", other) + "commit;\n")
        copied, _ = timed([*psql, "-f", script])
        ratios.append((seconds / copied, seconds, copied))
        subprocess.run(psql, input=f"drop schema {name} cascade; drop schema {other} cascade;", check=True, text=True, stderr=subprocess.DEVNULL)
    return sorted(ratios)[len(ratios) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--postgres", metavar="URL")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="denier-banc-"))
    program = work / "raw"
    source = ROOT / "tests/bench/raw_sqlite"
    subprocess.run(["gcc", "-O2", "-o", program, source / "raw_sqlite.c", "-lsqlite3"], check=True)
    for name in ("schema.sql", "index.sql"):
        shutil.copy(source / name, work)
    medians = {}
    for size in options.sizes:
        folder, mixed = work / str(size), work / f"{size}-melange"
        subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", str(size), folder, "--peers"], check=True)
        subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", str(size), mixed, "--shuffle"], check=True)
        base = work / "banc.db"
        ours, reference, shuffled, memory = [], [], [], []
        for _ in range(options.runs):
            seconds, peak = imported(base, folder)
            ours.append(seconds)
            memory.append(peak)
            reference.append(raw(program, folder, work))
            shuffled.append(imported(work / "melange.db", mixed)[0])
        medians[size] = statistics.median(ours)
        ratio = statistics.median(a / b for a, b in zip(ours, reference))
        mix = statistics.median(a / b for a, b in zip(shuffled, ours))
        print(f"{size} aids: import {medians[size]:.2f} s, raw {statistics.median(reference):.2f} s, import / raw {ratio:.2f}, "
              f"shuffled x{mix:.2f}, memory {max(memory):.0f} MiB, statement {statement(base):.1f} ms", flush=True)
        if options.postgres:
            ratio, seconds, copied = postgres(options.postgres, folder, work, options.runs)
            print(f"{size} aids: PostgreSQL {seconds:.2f} s, COPY {copied:.2f} s, import / COPY {ratio:.2f}", flush=True)
    if len(medians) > 1:
        small, large = min(medians), max(medians)
        print(f"growth from {small} to {large}: x{medians[large] / medians[small]:.1f}")
    shutil.rmtree(work)


main()

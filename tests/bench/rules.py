#!/usr/bin/env python3
"""Measures what judging costs in an import of aids; nothing here can fail a test.

usage: python3 tests/bench/rules.py [N ...] [--runs 7]

Method: the same file is imported in two bases that differ by their rule files only: those shipped, and
the same without values, rules and examples, under which every line is accepted. Both load the same people, past
aids and declarations, post the same entries and write the same rows. The cost of the rules is the
difference of the CPU times (user and system, all threads) of the two processes, over that of the
first; of interleaved runs, the least of each is kept: what else runs on the machine only adds. Once without any declaration, once with a parcours for everyone
and twelve monthly incomes for a third. Sizes default to 100000 and 1000000.
"""
import argparse, os, pathlib, re, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DENIER = ROOT / "target/release/denier"


def cpu(command):
    """Runs a command; returns the CPU seconds of its own process, all threads together."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime


def without_rules(folder):
    """Writes the shipped dispositifs without their values, rules and examples."""
    folder.mkdir()
    for path in (ROOT / "ledger-rules/dispositifs").glob("*.toml"):
        text = re.split(r"^\[\[(?:valeur|regle)\]\]$", path.read_text(), maxsplit=1, flags=re.M)[0]
        (folder / path.name).write_text(text)
    return folder


def prepared(base, folder, rules, declare):
    steps = [["init", "--nom", "Banc", "--exercice", "2024"]]
    if rules:
        steps.append(["regles", "publier", rules])
    steps += [["importer", "beneficiaires", folder / "beneficiaires.csv"], ["importer", "enveloppes", folder / "enveloppes.csv"]]
    if declare:
        steps += [["importer", what, folder / f"{what}.csv"] for what in ("parcours", "declarations")]
    for step in steps:
        cpu([DENIER, "--base", base, *step])
    return base


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="denier-regles-"))
    stripped = without_rules(work / "sans-regles")
    for size in options.sizes:
        folder = work / str(size)
        subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", str(size), folder, "--declare"], check=True)
        for declare in (False, True):
            bases = [prepared(work / f"{name}.db", folder, rules, declare) for name, rules in (("avec", None), ("sans", stripped))]
            times = []
            for _ in range(options.runs):
                pair = []
                for base in bases:
                    shutil.copy(base, work / "banc.db")
                    pair.append(cpu([DENIER, "--base", work / "banc.db", "importer", "aides", folder / "aides.csv"]))
                times.append(pair)
            full, bare = (min(column) for column in zip(*times))
            share = (full - bare) / full
            what = "with declarations" if declare else "without declarations"
            print(f"{size} aids, {what}: {full:.2f} s of CPU, {bare:.2f} s without rules, rules {share:.0%}", flush=True)
            for path in work.glob("*.db*"):
                path.unlink()
    shutil.rmtree(work)


main()

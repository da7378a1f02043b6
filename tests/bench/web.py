#!/usr/bin/env python3
"""Measures the pages of `denier servir` under load; nothing here can fail a test.

usage: python3 tests/bench/web.py [--aids 1000000] [--users 20] [--requests 4000] [--think 0] [--keep DIR]
                                  [--writes] [--import N]

Needs: cargo. Makes a base of so many aids (kept in DIR, and taken from there the next time), serves it, signs
in so many users and has all of them ask at once, each for a page after the other, with so many seconds between
an answer and the next request. A user stays under the 40 requests a second that the server grants.
Prints, for each page: requests, p50, p95, p99 and most, in milliseconds, the largest answer in KiB; then
requests a second, the memory and the CPU time of the server.
--writes has one user in ten grant aids. --import imports so many aids from another process meanwhile, and
counts the pages that were asked to come back later.
"""
import argparse, asyncio, collections, pathlib, random, re, shutil, statistics, subprocess, sys, tempfile, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
DENIER = ROOT / "target/release/denier"
PASSWORD = "une phrase assez longue"
DATE = "2024-12-15"
FIRST = 500_000_000    # references of the aids imported meanwhile


def command(base, *words, **options):
    return subprocess.run([DENIER, "--base", base, "--date", DATE, "--utilisateur", "claire", *words], check=True,
                          stdout=subprocess.DEVNULL, **options)


def prepared(folder, aids):
    """Makes the base unless it is there; returns it."""
    base = folder / f"web-{aids}.db"
    if not base.exists():
        files = folder / str(aids)
        subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", str(aids), files], check=True)
        command(base, "init", "--nom", "Banc", "--exercice", "2024")
        for kind in ("beneficiaires", "enveloppes", "aides"):
            command(base, "importer", kind, files / f"{kind}.csv")
        fec = ROOT / "examples/littoral-2024/FEC-2024.txt"
        if fec.exists():
            command(base, "importer", "fec", fec)
    return base


def more_aids(folder, rows):
    """Writes aids of people of the base, of a month that none has."""
    path = folder / "en-plus.csv"
    with open(path, "w") as file:
        file.write("reference;dispositif;numero_beneficiaire;nature;mois;date_demande;date_decision;date_paiement;montant;financeur;payeur;instance\n")
        for n in range(rows):
            file.write(f"X{FIRST + n};PACEA;B{n % (rows // 8 or 1):07d};aide;2024-12;;02/12/2024;10/12/2024;1,00;ETAT;ASP;\n")
    return path


class Browser:
    """One connection that is kept, one session."""

    def __init__(self, host, port):
        self.host, self.port, self.cookie, self.secret, self.reader = host, port, "", "", None

    async def ask(self, method, path, fields=None):
        """Returns status, headers, body and seconds."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        body = urllib.parse.urlencode(fields or {}).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\n"
        head += f"cookie: {self.cookie}\r\n" if self.cookie else ""
        if method == "POST":
            head += f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n"
        start = time.perf_counter()
        self.writer.write(head.encode() + b"\r\n" + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) if not line.lower().startswith("set-cookie") else ("set-cookie", line.split(": ", 1)[1])
                       for line in lines[1:] if line)
        if headers.get("transfer-encoding") == "chunked":
            content = b""
            while size := int(await self.reader.readline(), 16):
                content += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
        else:
            content = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].split(";")[0]
        return int(lines[0].split(" ")[1]), headers, content, time.perf_counter() - start

    async def sign_in(self, name):
        status, *_ = await self.ask("POST", "/connexion", {"nom": name, "mot_de_passe": PASSWORD})
        if status != 303:
            sys.exit(f"{name} cannot sign in: {status}")
        _, _, page, _ = await self.ask("GET", "/compte")
        self.secret = re.search(rb'name="jeton" value="([^"]+)"', page)[1].decode()

    async def grant(self, chance, people):
        """Asks for the form that grants an aid, and sends it."""
        query = urllib.parse.urlencode({"numero": f"B{chance.randrange(people):07d}", "dispositif": "PACEA", "nature": "aide", "montant": "1",
                                        "mois": "12/2024", "le": "02/12/2024"})
        status, _, page, _ = await self.ask("GET", f"/decider/accorder?{query}")
        form = page.split(b'action="/decider/accorder"', 1)[-1].split(b"</form>", 1)[0] if status == 200 else b""
        fields = {name.decode(): value.decode() for name, value in re.findall(rb'type="hidden" name="([^"]+)" value="([^"]*)"', form)}
        return await self.ask("POST", "/decider/accorder", fields)


def memory(pid):
    """Returns the resident memory and its peak, in MiB, and the CPU seconds of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    kib = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) / 1024
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return kib("VmRSS"), kib("VmHWM"), (int(stat[11]) + int(stat[12])) / 100


async def opened(process, users):
    """Sets the base up if need be; returns a browser signed in for each user."""
    line = process.stderr.readline() + process.stderr.readline()
    place = urllib.parse.urlsplit(re.search(r"http://\S+", line)[0])
    first = Browser(place.hostname, place.port)
    if place.path == "/installation":
        code = urllib.parse.parse_qs(place.query)["code"][0]
        await first.ask("POST", "/installation", {"code": code, "nom": "claire", "mot_de_passe": PASSWORD, "encore": PASSWORD})
    browsers = [Browser(place.hostname, place.port) for _ in range(users)]
    for rank, browser in enumerate(browsers):
        await browser.sign_in(f"agent{rank}")
    return browsers


def pages(chance, people):
    """Returns what a user asks for next: a name to print it under, a path."""
    number = f"B{chance.randrange(people):07d}"
    return chance.choice([
        ("/", "/?exercice=2024"),
        ("/etats/aides", "/etats/aides?exercice=2024"),
        ("/etats/compte-de-resultat", "/etats/compte-de-resultat?exercice=2024"),
        ("/personnes/{n}", f"/personnes/{number}?exercice=2024"),
        ("/decider", f"/decider?exercice=2024&numero={number}&dispositif=CEJ&montant=100&le=02%2F12%2F2024"),
        ("/aides", f"/aides?exercice=2024&dispositif={chance.choice(('CEJ', 'PACEA'))}&mois=2024-{chance.randrange(1, 13):02d}"),
        ("/aides?financeur", "/aides?exercice=2024&financeur=ETAT"),
        ("/aides?etat=non-versees", "/aides?exercice=2024&etat=non-versees"),
        ("/etats/engagements", "/etats/engagements?exercice=2024&au=31%2F12%2F2024"),
        ("/etats/irregularites", "/etats/irregularites?exercice=2024"),
        ("/etats/journal", "/etats/journal?exercice=2024"),
        ("/etats/enveloppes", "/etats/enveloppes?exercice=2024"),
        ("/etats/balance", "/etats/balance?exercice=2024"),
        ("/etats/bilan", "/etats/bilan?exercice=2024"),
        ("/attestations", "/attestations?exercice=2024"),
        ("/imports", "/imports?exercice=2024"),
    ])


async def load(browsers, options, people):
    """Has everybody ask until enough was; returns the times by page, the sizes, and the statuses."""
    times, sizes, statuses = collections.defaultdict(list), collections.Counter(), collections.Counter()
    left = options.requests

    async def user(rank, browser):
        nonlocal left
        chance = random.Random(rank)
        await asyncio.sleep(chance.random() * options.think)
        while left > 0:
            left -= 1
            begun = time.perf_counter()
            if options.writes and rank % 10 == 0:
                name, answer = "granting", await browser.grant(chance, people)
            else:
                name, path = pages(chance, people)
                answer = await browser.ask("GET", path)
            status, _, body, seconds = answer
            statuses[name, status] += 1
            if status in (200, 303):
                times[name].append(seconds * 1000)
            sizes[name] = max(sizes[name], len(body))
            # One user is granted 40 requests a second, two for a form.
            await asyncio.sleep(max(options.think * (0.5 + chance.random()), begun + 0.055 - time.perf_counter(), 0))

    start = time.perf_counter()
    await asyncio.gather(*(user(rank, browser) for rank, browser in enumerate(browsers)))
    return times, sizes, statuses, time.perf_counter() - start


def told(times, sizes, statuses):
    for name in sorted(sizes):
        found = sorted(times[name]) or [0.0]
        at = lambda part: found[min(len(found) - 1, int(len(found) * part))]
        others = ", ".join(f"{count} answered {status}" for (of, status), count in sorted(statuses.items()) if of == name and status not in (200, 303))
        print(f"  {name:28} {len(times[name]):6}   p50 {at(.5):7.1f}   p95 {at(.95):7.1f}   p99 {at(.99):7.1f}   most {found[-1]:7.1f} ms"
              f"   {sizes[name] / 1024:6.1f} KiB   {others}", flush=True)


async def measured(base, process, options, folder):
    browsers = await opened(process, options.users)
    people = max(1, options.aids // 8)
    await load(browsers, argparse.Namespace(requests=8 * options.users, think=0, writes=False), people)
    _, _, before = memory(process.pid)
    importing = None
    if options.importing:
        path = more_aids(folder, options.importing)
        importing = subprocess.Popen([DENIER, "--base", base, "--date", DATE, "--utilisateur", "claire", "importer", "aides", path],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started = time.perf_counter()
    times, sizes, statuses, seconds = await load(browsers, options, people)
    resident, peak, cpu = memory(process.pid)
    print(f"{options.aids} aids, {options.users} users, {options.think} s between an answer and the next request", flush=True)
    told(times, sizes, statuses)
    count = sum(statuses.values())
    print(f"  {count} requests, {count / seconds:.0f} a second, {(cpu - before) / count * 1000:.2f} ms of CPU each; "
          f"memory {resident:.0f} MiB, peak {peak:.0f} MiB", flush=True)
    if importing:
        running = importing.poll() is None
        importing.wait()
        print(f"  meanwhile {options.importing} aids imported" + (f", in {time.perf_counter() - started:.1f} s: ask more requests" if running else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aids", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--think", type=float, default=0)
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--writes", action="store_true")
    parser.add_argument("--import", type=int, default=0, dest="importing", metavar="N")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="denier-web-"))
    kept = options.keep or work
    kept.mkdir(parents=True, exist_ok=True)
    whole = prepared(kept, options.aids)
    base = work / "banc.db"
    shutil.copy(whole, base)
    for rank in range(options.users):
        command(base, "utilisateur", "creer", f"agent{rank}", "--role", "saisie", env={"DENIER_MOT_DE_PASSE": PASSWORD})
    process = subprocess.Popen([DENIER, "--base", base, "--date", DATE, "servir", "--adresse", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    try:
        asyncio.run(measured(base, process, options, work))
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(work)


main()

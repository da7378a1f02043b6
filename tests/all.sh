#!/usr/bin/env bash
# Runs every test: format, lints, both engines, the demonstration. Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

# --- what the tests need from Debian -------------------------------------------------------------
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
missing=()
need() { # need COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
[ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null | head -1)" ] || missing+=(postgresql)
need chromium chromium
need chromedriver chromium-driver
need pdftoppm poppler-utils
need qpdf qpdf
need xmllint libxml2-utils
need hledger hledger
need python3 python3
need cc build-essential
if [ ${#missing[@]} -gt 0 ]; then
  say "installation : ${missing[*]}"
  apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq)
  as_root "${apt[@]}" update
  DEBIAN_FRONTEND=noninteractive as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# --- format, lints -------------------------------------------------------------------------------
say "format"
cargo fmt --check
say "lints"
cargo clippy --all-targets --quiet -- -D warnings

# --- a PostgreSQL of our own ---------------------------------------------------------------------
say "PostgreSQL"
bin=$(dirname "$(find /usr/lib/postgresql -name initdb | sort -V | tail -1)")
data=$(mktemp -d)
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
stop() {
  as_postgres "$bin/pg_ctl" -D "$data/db" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap stop EXIT
[ "$(id -u)" = 0 ] && chown postgres "$data"
as_postgres "$bin/initdb" -D "$data/db" -U denier -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_postgres "$bin/pg_ctl" -D "$data/db" -w -l "$data/log" \
  -o "-p $port -k $data -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" start >/dev/null
export TEST_POSTGRES_URL="postgres://denier@127.0.0.1:$port/postgres"

# --- tests ---------------------------------------------------------------------------------------
say "tests, sur SQLite et PostgreSQL"
# One more at once than cores: many wait for the disk, the server or the browser.
RUST_TEST_THREADS=$(($(nproc) + 1)) cargo test --quiet

# --- the main job, on the build that the tests made --------------------------------------------
say "démonstration"
demo=$(mktemp -d)
cargo run --quiet -- demo --dossier "$demo/demo" >"$demo/sortie.txt"
grep -q '3.*664.*976,00' "$demo/sortie.txt" || { cat "$demo/sortie.txt"; exit 1; }
tail -8 "$demo/sortie.txt"
say "le second vérificateur de sceaux"
grep -q '5.*692.*218,20' "$demo/sortie.txt" || { cat "$demo/sortie.txt"; exit 1; }
for pdf in "$demo"/demo/documents/*.pdf; do qpdf --check "$pdf" >/dev/null; done
cargo run --quiet -- --base "$demo/demo/denier.db" importer fec "$demo/demo/fichiers/FEC-2023.txt" --definitif >/dev/null
cargo run --quiet -- --base "$demo/demo/denier.db" verifier >/dev/null
python3 tests/second_verifier.py "$demo/demo/denier.db"
rm -rf "$demo"

say "tout est vert"

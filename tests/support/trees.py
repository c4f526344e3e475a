"""Trees of real programs for tests and benches: PostgreSQL with TimescaleDB, and Mosquitto.

`python -m tests.support.trees [NAME…]` prepares them (CI calls it first); `tree(NAME)` prepares on demand and returns
the folder. On a machine that cannot have one, `TreeUnavailable` says why; where CI is set, that fails the build.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREES = HERE.parents[1] / ".cache" / "trees"
SCRIPT = HERE / "debian_tree.sh"

SUITE = "trixie"
PACKAGES = {
    "timescale": (
        "postgresql-17 postgresql-client-17 postgresql-17-timescaledb libpq5 libc6 libgcc-s1 libstdc++6 libicu76"
        " libxml2 libxslt1.1 libssl3t64 libpam0g libaudit1 libcap-ng0 libldap2 libsasl2-2 libgssapi-krb5-2 libkrb5-3"
        " libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 liblz4-1 libzstd1 liblzma5 zlib1g libsystemd0 libcap2"
        " libgcrypt20 libgpg-error0 libselinux1 libpcre2-8-0 libreadline8t64 libtinfo6 libxxhash0 libuuid1 libnuma1"
    ),
    "mosquitto": (
        "mosquitto mosquitto-clients libmosquitto1 libcjson1 libwebsockets19t64 libwrap0 libssl3t64 libsystemd0 libcap2"
        " libc6 libgcc-s1 zlib1g libzstd1 libev4t64 libuv1t64 libnsl2 libtirpc3t64 libgssapi-krb5-2 libkrb5-3"
        " libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libdlt2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5"
    ),
}


class TreeUnavailable(Exception):
    """This machine cannot have that tree, and the message says why."""


def folder(name: str) -> Path:
    """Return where the tree of that name lies; another recipe or list of packages lies elsewhere."""
    recipe = SCRIPT.read_bytes() + f"{SUITE} {PACKAGES[name]}".encode()
    return TREES / f"{name}-{hashlib.sha256(recipe).hexdigest()[:12]}"


def tree(name: str) -> Path:
    """Return the tree's folder (programs in `bin/`), made if need be. Raises TreeUnavailable."""
    dest = folder(name)
    if (dest / ".complete").exists():
        return dest
    TREES.mkdir(parents=True, exist_ok=True)
    with (TREES / f"{name}.lock").open("w") as lock:
        # One maker at a time; the script returns at once when another was quicker.
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [str(SCRIPT), str(dest), SUITE, *PACKAGES[name].split()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise TreeUnavailable(f"no {name} from {SUITE} here: {_reason(done)}")
    return dest


def _reason(done: "subprocess.CompletedProcess[str]") -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return "; ".join(lines[-3:]) or f"debian_tree.sh ended with {done.returncode}"


def main() -> int:
    """Prepare the named trees, or all; return 1 when one is missing and CI is set."""
    failed = False
    for name in sys.argv[1:] or PACKAGES:
        try:
            sys.stdout.write(f"{name}: {tree(name)}\n")
        except TreeUnavailable as trouble:
            failed = True
            sys.stdout.write(f"{name}: {trouble}\n")
    return 1 if failed and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())

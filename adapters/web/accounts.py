"""Users, sessions, API tokens and one-time codes, kept in `web.db` of the state folder (SQLite).

Secrets are random 256-bit (codes 128-bit) and stored only as HMAC-SHA-256 under the key in `web.key`, so that neither
a copy of the database nor a guess helps. Passwords are argon2id (module `passwords`). Several processes may open it:
the hub and `citywatch user` and `citywatch token`.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from hub.model import DAY, HOUR, MINUTE, Clock, StorageError, Timestamp
from hub.roles import Role

CODE_LIFE = 15 * MINUTE
SESSION_LIFE = 12 * HOUR
IDLE = {Role.VIEWER: 12 * HOUR, Role.OPERATOR: 12 * HOUR, Role.ENGINEER: HOUR, Role.ADMIN: HOUR}
SESSIONS_PER_USER = 10
TOUCH_EVERY = MINUTE

_TABLES = """
create table if not exists user (name text primary key, role text not null, password text not null,
    created integer not null) strict;
create table if not exists session (digest blob primary key, user text not null, role text not null,
    created integer not null, seen integer not null, expires integer not null) strict;
create table if not exists token (id text primary key, name text not null unique, role text not null,
    digest blob not null, created integer not null, expires integer not null) strict;
create table if not exists code (digest blob primary key, user text not null, role text not null,
    expires integer not null) strict;
"""


class Who(Struct, frozen=True):
    """Who is asking, and by what: `credential` names the session or token so that it can be looked at again."""

    user: str
    role: Role
    credential: tuple[str, bytes]
    """(`session` | `token`, key of its row)."""
    expires: Timestamp

    @property
    def by_cookie(self) -> bool:
        """Whether a browser sends this credential by itself, so that the request's origin must be checked."""
        return self.credential[0] == "session"


class Account(Struct, frozen=True):
    """A local user or an API token, as it is listed."""

    name: str
    role: Role
    created: Timestamp
    expires: Timestamp | None = None


class Accounts:
    """The accounts of one state folder. Every method may raise StorageError."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._key = _key(folder / "web.key")
        with _storing():
            os.close(os.open(folder / "web.db", os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(folder / "web.db", timeout=2.0, isolation_level=None)
            self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;" + _TABLES)

    @property
    def nickname(self) -> str:
        """Eight digits that differ between state folders: part of the cookie's name."""
        return hashlib.sha256(self._key).hexdigest()[:8]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # users

    def add_user(self, name: str, role: Role, password: str) -> None:
        """Add a user, or give an existing one a new role and password (already hashed); their sessions end."""
        with _storing():
            self._db.execute(
                "insert into user values (?,?,?,?) on conflict (name) do update"
                " set role = excluded.role, password = excluded.password",
                (name, role, password, self._clock.now()),
            )
            self._db.execute("delete from session where user = ?", (name,))

    def remove_user(self, name: str) -> bool:
        """Remove a user and end their sessions; tell whether there was one."""
        with _storing():
            self._db.execute("delete from session where user = ?", (name,))
            return self._db.execute("delete from user where name = ?", (name,)).rowcount > 0

    def user(self, name: str) -> tuple[Role, str] | None:
        """Return a user's role and password hash."""
        with _storing():
            row = self._db.execute("select role, password from user where name = ?", (name,)).fetchone()
        return (Role(row[0]), row[1]) if row else None

    def users(self) -> list[Account]:
        """Return every user by name."""
        with _storing():
            rows = self._db.execute("select name, role, created from user order by name").fetchall()
        return [Account(name, Role(role), created) for name, role, created in rows]

    # sessions

    def open_session(self, user: str, role: Role) -> str:
        """Open a session and return its secret; the oldest of too many of one user ends."""
        secret, now = secrets.token_urlsafe(32), self._clock.now()
        with _storing():
            self._db.execute("delete from session where expires < ?", (now,))
            self._db.execute(
                "delete from session where digest in (select digest from session where user = ?"
                " order by created desc limit -1 offset ?)",
                (user, SESSIONS_PER_USER - 1),
            )
            self._db.execute(
                "insert into session values (?,?,?,?,?,?)",
                (self._digest(secret), user, role, now, now, now + SESSION_LIFE),
            )
        return secret

    def session(self, secret: str) -> Who | None:
        """Return who holds a session's secret, and note that they are there."""
        key = self._digest(secret)
        found = self._session(key)
        if found is None:
            return None
        who, seen = found
        now = self._clock.now()
        if now - seen > TOUCH_EVERY:
            with _storing():
                self._db.execute("update session set seen = ? where digest = ?", (now, key))
        return who

    def _session(self, key: bytes) -> tuple[Who, Timestamp] | None:
        with _storing():
            row = self._db.execute("select user, role, seen, expires from session where digest = ?", (key,)).fetchone()
        if row is None:
            return None
        user, role, seen, expires = row
        ends = min(expires, seen + IDLE[Role(role)])
        if ends <= self._clock.now():
            return None
        return Who(user, Role(role), ("session", key), ends), seen

    def end_session(self, who: Who) -> None:
        """End the session that somebody came with."""
        with _storing():
            self._db.execute("delete from session where digest = ?", (who.credential[1],))

    # tokens

    def create_token(self, name: str, role: Role, days: int) -> str:
        """Make an API token and return it, for the only time; an earlier token of that name ends."""
        number, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), self._clock.now()
        with _storing():
            self._db.execute(
                "insert or replace into token values (?,?,?,?,?,?)",
                (number, name, role, self._digest(secret), now, now + days * DAY),
            )
        return f"cw_{number}.{secret}"

    def token(self, text: str) -> Who | None:
        """Return whose token this is, or None when it is wrong, expired or revoked."""
        number, _, secret = text.removeprefix("cw_").partition(".")
        with _storing():
            row = self._db.execute("select name, role, digest, expires from token where id = ?", (number,)).fetchone()
        if row is None or not hmac.compare_digest(row[2], self._digest(secret)) or row[3] <= self._clock.now():
            return None
        return Who(row[0], Role(row[1]), ("token", number.encode()), row[3])

    def revoke_token(self, name: str) -> bool:
        """End a token; tell whether there was one of that name."""
        with _storing():
            return self._db.execute("delete from token where name = ?", (name,)).rowcount > 0

    def tokens(self) -> list[Account]:
        """Return every token by name, without its secret."""
        with _storing():
            rows = self._db.execute("select name, role, created, expires from token order by name").fetchall()
        return [Account(name, Role(role), created, expires) for name, role, created, expires in rows]

    def still(self, who: Who) -> Role | None:
        """Return the role that a credential seen earlier has now, or None when it has ended."""
        sort, key = who.credential
        if sort == "session":
            found = self._session(key)
            return found[0].role if found else None
        with _storing():
            row = self._db.execute("select role, expires from token where id = ?", (key.decode(),)).fetchone()
        return Role(row[0]) if row and row[1] > self._clock.now() else None

    # one-time codes

    def issue_code(self, user: str, role: Role) -> str:
        """Make a one-time sign-in code of 128 bits that lives 15 minutes."""
        code, now = secrets.token_urlsafe(16), self._clock.now()
        with _storing():
            self._db.execute("delete from code where expires <= ?", (now,))
            self._db.execute("insert into code values (?,?,?,?)", (self._digest(code), user, role, now + CODE_LIFE))
        return code

    def take_code(self, code: str) -> tuple[str, Role] | None:
        """Use up a code; return the user and role it signs in, or None when it was used, expired or never was."""
        with _storing():
            row = self._db.execute(
                "delete from code where digest = ? returning user, role, expires", (self._digest(code),)
            ).fetchone()
        return (row[0], Role(row[1])) if row and row[2] > self._clock.now() else None

    def _digest(self, secret: str) -> bytes:
        return hmac.digest(self._key, secret.encode(), "sha256")


def _key(path: Path) -> bytes:
    with _storing():
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            key = path.read_bytes()
        else:
            key = secrets.token_bytes(32)
            with os.fdopen(handle, "wb") as file:
                file.write(key)
    if len(key) != 32:
        raise StorageError(f"{path} is damaged; remove it to make a new one (everyone must then sign in again)")
    return key


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the accounts in web.db cannot be read or written: {error}") from error

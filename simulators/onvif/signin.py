"""Whether who asks may: HTTP digest (RFC 7616, 3.4) and WS-UsernameToken, computed here from the documents."""

import base64
import hashlib
import re
import secrets

from hub.model import MINUTE, Timestamp
from hub.model.clock import from_iso

REALM = "simulated camera"
DRIFT = 5 * MINUTE
"""A token made longer ago, or later, by the camera's clock is refused, as most cameras do."""


class Gate:
    """The users of one camera: one, or none, and then everybody may."""

    def __init__(self, user: str | None, password: str, ways: frozenset[str] = frozenset({"digest", "token"})) -> None:
        self.ways = ways
        self.refused = 0
        self.wrong = 0
        """Refused sign-ins, those not counted that did not sign in at all."""
        self.basic_first = False
        """Whether it offers Basic before Digest."""
        self.nonce = secrets.token_hex(16)
        self._user = user
        self._password = password

    def lets(self, method: str, header: str, body: str, now: Timestamp) -> bool:
        """Tell whether a request is signed rightly, by the camera's clock."""
        if self._user is None:
            return True
        good = ("digest" in self.ways and self._digest(method, header)) or (
            "token" in self.ways and self._token(body, now)
        )
        self.refused += not good
        self.wrong += not good and (header.startswith("Digest ") or "UsernameToken" in body)
        return good

    def challenges(self) -> list[str]:
        """Return the ways to sign in, in the order of the camera's own liking."""
        return [*(['Basic realm="simulated camera"'] if self.basic_first else []), self._challenge()]

    def _challenge(self) -> str:
        return f'Digest realm="{REALM}", qop="auth", nonce="{self.nonce}", algorithm=MD5'

    def _digest(self, method: str, header: str) -> bool:
        if not header.startswith("Digest "):
            return False
        said = {k: quoted or bare for k, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', header)}
        first = _md5(f"{self._user}:{REALM}:{self._password}")
        second = _md5(f"{method}:{said.get('uri', '')}")
        middle = f"{said.get('nonce')}:{said.get('nc')}:{said.get('cnonce')}:{said.get('qop')}"
        wanted = _md5(f"{first}:{middle}:{second}")
        return said.get("username") == self._user and said.get("nonce") == self.nonce and said.get("response") == wanted

    def _token(self, body: str, now: Timestamp) -> bool:
        said = {n: _tag(body, n) for n in ("Username", "Password", "Nonce", "Created")}
        try:
            created = from_iso(said["Created"])
            salted = base64.b64decode(said["Nonce"]) + said["Created"].encode() + self._password.encode()
        except ValueError:
            return False
        wanted = base64.b64encode(hashlib.sha1(salted, usedforsecurity=False).digest()).decode()
        return said["Username"] == self._user and said["Password"] == wanted and abs(created - now) <= DRIFT


def _tag(body: str, name: str) -> str:
    found = re.search(rf"<(?:[\w.]+:)?{name}(?:\s[^>]*)?>([^<]*)<", body)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

"""HTTP digest (RFC 7616) as a camera offers it, in whichever of its challenges it comes.

Many cameras offer Basic first and Digest second, in a header each. Basic would send the password in the clear, so only
a digest is ever answered: of several the first that is known here (RFC 7616, 3.7).
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

_HASHES = {"MD5": "md5", "MD5-SESS": "md5", "SHA-256": "sha256", "SHA-256-SESS": "sha256"}
_SHOWN = ("username", "realm", "nonce", "uri", "response", "cnonce", "opaque")
"""Parameters in quotation marks; the others stand bare (RFC 7616, 3.4)."""


class Digest:
    """Signs requests to one server: at once where its challenge is known, else after it was made."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._challenge: Mapping[str, str] = {}
        self._count = 0

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Send a request, signed; once more when the camera makes another challenge."""
        before = self._challenge
        if before:
            request.headers["Authorization"] = self.signed(request.method, request.url.raw_path_qs)
        response = await handler(request)
        if response.status != 401 or not self.challenged(response.headers.getall("WWW-Authenticate", ())):
            return response
        # the same challenge again means a wrong password: asking once more would only help to lock the account
        if before and before["nonce"] == self._challenge["nonce"]:
            return response
        response.release()
        request.headers["Authorization"] = self.signed(request.method, request.url.raw_path_qs)
        return await handler(request)

    def challenged(self, offered: Sequence[str]) -> bool:
        """Take the first digest that is known here; tell whether there is one."""
        for challenge in (c for header in offered for c in _challenges(header)):
            known = challenge.get("algorithm", "MD5").upper() in _HASHES
            qop = "qop" not in challenge or "auth" in re.split(r"[\s,]+", challenge["qop"])
            if known and qop and "nonce" in challenge:
                if challenge["nonce"] != self._challenge.get("nonce"):
                    self._count = 0
                self._challenge = challenge
                return True
        return False

    def signed(self, method: str, uri: str, client: str = "") -> str:
        """Return the header for a request; `client`: its nonce, a random one when empty."""
        said, self._count = self._challenge, self._count + 1
        algorithm = said.get("algorithm", "MD5")
        found = {"username": self._user, "realm": said.get("realm", ""), "nonce": said["nonce"], "uri": uri}
        count, cnonce = f"{self._count:08x}", client or secrets.token_hex(8)
        first = self._hash(f"{self._user}:{found['realm']}:{self._password}")
        if algorithm.upper().endswith("-SESS"):
            first = self._hash(f"{first}:{said['nonce']}:{cnonce}")
        middle = said["nonce"]
        if "qop" in said:
            middle += f":{count}:{cnonce}:auth"
            found |= {"qop": "auth", "nc": count, "cnonce": cnonce}
        found["response"] = self._hash(f"{first}:{middle}:{self._hash(f'{method}:{uri}')}")
        found |= {name: said[name] for name in ("algorithm", "opaque") if name in said}
        return "Digest " + ", ".join(f'{k}="{v}"' if k in _SHOWN else f"{k}={v}" for k, v in found.items())

    def _hash(self, text: str) -> str:
        name = _HASHES[self._challenge.get("algorithm", "MD5").upper()]
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _challenges(header: str) -> list[dict[str, str]]:
    """Return the digests of one header, which may have several challenges, also of other kinds."""
    # Basic's parameters are its own: what stands before the word Digest is none of ours
    parts = re.split(r"(?i)(?:^|,\s*|\s)digest\s+", header[:4096])[1:]
    pairs = [
        re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', re.split(r"(?i),\s*(?:basic|bearer)\s", p)[0])
        for p in parts
    ]
    return [{k.lower(): quoted or bare for k, quoted, bare in found} for found in pairs]

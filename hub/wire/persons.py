"""Fields about persons, by their names: what feeds of a city may not bring in.

Names of fields as Vietnamese and English systems write them; Law 91/2025/QH15 on personal data is why. A field is
known by its name, whatever it holds; a text that is a Vietnamese phone number is known by what it is.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

FORBIDDEN = frozenset(
    {
        "fullname", "firstname", "lastname", "surname", "personname", "reportername", "sendername", "citizenname",
        "patientname", "studentname", "patientid", "studentid", "reporter", "sender", "citizen", "patient", "student",
        "hoten", "hovaten", "tennguoigui", "nguoigui", "nguoiphananh", "tenbenhnhan", "mabenhnhan", "benhnhan",
        "hocsinh", "tenhocsinh", "mahocsinh", "phone", "phonenumber", "mobile", "telephone", "sdt", "sodienthoai",
        "dienthoai", "email", "cccd", "cmnd", "socccd", "socmnd", "cancuoc", "sodinhdanh", "nationalid", "idcard",
        "passport", "hochieu", "dateofbirth", "dob", "birthday", "birthdate", "ngaysinh", "homeaddress", "diachinha",
        "bhyt", "sothebhyt", "mathebhyt", "insurancenumber",
    }
)  # fmt: skip
"""Names of fields, in lower case, without accents, spaces, hyphens and underscores."""
DEEPEST = 32
_PHONE = re.compile(r"(\+84|0084|0)[\s.-]?[35789]\d([\s.-]?\d){7}\Z")


def person_field(document: Any, depth: int = 0) -> str | None:
    """Return the name of a field about a person in decoded JSON, or None; too deep counts as one."""
    if depth > DEEPEST:
        return "…"
    if isinstance(document, dict):
        for name, value in document.items():
            if plain(str(name)) in FORBIDDEN or (isinstance(value, str) and _PHONE.match(value.strip())):
                return str(name)[:64]
            if (found := person_field(value, depth + 1)) is not None:
                return found
    elif isinstance(document, list):
        return next((f for item in document if (f := person_field(item, depth + 1)) is not None), None)
    return None


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return the name of a field without case, accents and marks: `Họ_tên` → `hoten`."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(c for c in letters if c.isalnum())

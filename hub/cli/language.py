"""In which language the command line speaks: what --lang or the environment says, else the site's own."""

import os

LANGUAGES = ("vi", "en")


def language(default: str = "en") -> str:
    """Return `vi` or `en`: CITYWATCH_LANG (set by --lang), LC_ALL, LC_MESSAGES, LANG, in this order; else `default`."""
    for name in ("CITYWATCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        word = os.environ.get(name, "")[:2].lower()
        if word in LANGUAGES:
            return word
    return default if default in LANGUAGES else "en"

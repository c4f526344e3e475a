"""Names of profiles and points in proposals, out of names that others gave."""

from hub.model.naming import unique, word

__all__ = ["family_word", "unbraced", "unique", "word"]


def family_word(text: str, otherwise: str = "device") -> str:
    """Return a text as part of a profile's name: small letters, digits, `-` and `_`."""
    return word(text, otherwise).lower().replace("_", "-")


def unbraced(text: str) -> str:
    """Return a text that no profile takes for a template."""
    return text.replace("{", "(").replace("}", ")")

"""Words for people, always in both languages."""

from msgspec import Struct


class Text(Struct, frozen=True):
    """One sentence or name in Vietnamese and English."""

    vi: str
    en: str

    @classmethod
    def same(cls, text: str) -> "Text":
        """Return a text that reads the same in both languages (a proper name)."""
        return cls(text, text)

    def say(self, language: str) -> str:
        """Return the text in `language` (`vi` or `en`)."""
        return self.en if language == "en" else self.vi

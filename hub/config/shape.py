"""What every model of a configuration file shares: strictness, words in two languages, places, references."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from hub.model import Text


def said(en: str, vi: str, **more: Any) -> Any:
    """Return a field's description in both languages, with default, example and limits passed on to pydantic."""
    example = more.pop("example", None)
    if example is not None:
        more["examples"] = [example]
    return Field(**more, description=f"{en} / {vi}")


class Strict(BaseModel):
    """A map whose keys are all known and whose values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True, defer_build=True)


class Words(Strict):
    """A name or sentence: one text for both languages, or `{vi: …, en: …}`."""

    vi: str | None = said("Vietnamese.", "Tiếng Việt.", default=None, example="Chợ Thái")
    en: str | None = said("English.", "Tiếng Anh.", default=None, example="Thai market")

    @model_validator(mode="before")
    @classmethod
    def _same(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"vi": given, "en": given}
        if isinstance(given, dict) and given:
            return given
        raise ValueError("expected a text, or {vi: …, en: …}; quote the text if it looks like a number")

    @property
    def text(self) -> Text:
        """The words in both languages; a language that is missing borrows the other's."""
        return Text(self.vi or self.en or "", self.en or self.vi or "")


_WORDS_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "vi": {"type": "string", "description": "Vietnamese. / Tiếng Việt."},
                "en": {"type": "string", "description": "English. / Tiếng Anh."},
            },
        },
    ]
}
Title = Annotated[Words, WithJsonSchema(_WORDS_SCHEMA)]
"""Words, described to editors as a text or a map of two."""


def _place(given: Any) -> Any:
    if not isinstance(given, list) or len(given) != 2 or not all(type(x) in (int, float) for x in given):
        raise ValueError("expected [latitude, longitude], two numbers")
    latitude, longitude = given
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("expected [latitude, longitude]: latitude between -90 and 90 comes first")
    return given


Place = Annotated[
    list[float],
    BeforeValidator(_place),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]
"""Latitude and longitude in degrees, WGS 84."""

WORD = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
"""What ids look like."""
Id = Annotated[str, Field(pattern=WORD)]


def matching(test: Callable[[Any], bool], expected: str) -> BeforeValidator:
    """Return a validator that says what was expected."""

    def check(given: Any) -> Any:
        if not test(given):
            raise ValueError(f"expected {expected}")
        return given

    return BeforeValidator(check)


def is_sentence(instructions: str) -> bool:
    """Tell instructions that are the words themselves from the path of a file: they hold a space."""
    return " " in instructions.strip()

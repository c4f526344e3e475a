"""Instructions of a rule: a sentence, the path of a file, or a checklist."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from hub.config.durations import Period
from hub.config.shape import Id, Strict, Title, said
from hub.model.playbook import PlayStep


class PlayStepEntry(Strict):
    """One step of a checklist."""

    id: Id = said("Short name of the step.", "Mã bước.", example="call")
    do: Title = said("What is to be done.", "Việc phải làm.", example={"vi": "Gọi xác minh", "en": "Call the site"})
    owner: str | None = said("Whose step it is.", "Người thực hiện.", default=None, min_length=1, example="operator")
    within: Period | None = said(
        "Time allowed, from when the alarm was raised.", "Thời hạn, tính từ khi báo động.", default=None, example="60s"
    )


def _unique(given: Any) -> Any:
    if isinstance(given, str):
        return given
    if not isinstance(given, list) or not given:
        raise ValueError("expected a sentence, the path of a file, or a list of steps")
    ids = [step.get("id") for step in given if isinstance(step, dict)]
    twice = next((name for n, name in enumerate(ids) if name in ids[:n]), None)
    if twice is not None:
        raise ValueError(f"the step '{twice}' is there twice; give it another id")
    return given


_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/PlayStepEntry"}}]}
Instructions = Annotated[str | list[PlayStepEntry], BeforeValidator(_unique), WithJsonSchema(_SCHEMA)]


def sentence(instructions: str | list[PlayStepEntry] | None) -> str | None:
    """Return instructions as one sentence in both languages, as consoles show them where there is no checklist."""
    if instructions is None or isinstance(instructions, str):
        return instructions
    texts = [step.do.text for step in instructions]
    return " / ".join(
        "; ".join(f"{n}. {text.say(tongue)}" for n, text in enumerate(texts, 1)) for tongue in ("vi", "en")
    )


def steps(instructions: str | list[PlayStepEntry] | None) -> tuple[PlayStep, ...]:
    """Return the steps of a checklist, none of a sentence."""
    if instructions is None or isinstance(instructions, str):
        return ()
    return tuple(PlayStep(step.id, step.do.text, step.owner, step.within) for step in instructions)

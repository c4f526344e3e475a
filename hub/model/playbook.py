"""Playbooks: what is to be done about an alarm, step by step, by whom and within what time; and the record of it."""

from msgspec import Struct

from hub.model.clock import Timestamp
from hub.model.ids import AlarmId
from hub.model.text import Text


class PlayStep(Struct, frozen=True):
    """One step of a rule's instructions."""

    id: str
    do: Text
    owner: str | None = None
    """Whose step it is, in the site's own words."""
    within: int | None = None
    """Nanoseconds after the alarm was raised within which it should be done."""


class StepRecord(Struct, frozen=True, tag="playbook_step"):
    """A playbook was started, a step of it done or taken back, or one is late; journaled before anyone hears of it."""

    alarm: AlarmId
    occurrence: int
    what: str
    """started, done, undone, late."""
    at: Timestamp
    step: str | None = None
    who: str | None = None
    """None: time alone (late)."""
    note: str | None = None
    mark: str | None = None
    """TEST or DRILL, as the alarm."""


class StepState(Struct, frozen=True):
    """One step as it stands."""

    step: PlayStep
    due: Timestamp | None
    late: bool = False
    by: str | None = None
    at: Timestamp | None = None
    """When it was done."""
    note: str | None = None


class Checklist(Struct, frozen=True):
    """The playbook of a standing alarm."""

    alarm: AlarmId
    occurrence: int
    since: Timestamp
    steps: tuple[StepState, ...]
    started_by: str | None = None
    started_at: Timestamp | None = None
    mark: str | None = None

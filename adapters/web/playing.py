"""What the interfaces say of playbooks: a standing alarm's checklist, and marking its steps."""

from pydantic import Field

from adapters.web.wire import Text, Wire, Written


class ChecklistStep(Wire):
    """One step as it stands."""

    step: str
    text: Text
    owner: str | None = Field(description="Whose step it is, in the site's words.")
    due: str | None = Field(description="Until when it should be done.")
    late: bool
    by: str | None = Field(description="Who did it.")
    at: str | None
    note: str | None


class ChecklistAnswer(Wire):
    """The checklist of a standing alarm."""

    alarm: str
    occurrence: int
    since: str
    mark: str | None = Field(description="TEST or DRILL, as the alarm.")
    started_by: str | None
    started_at: str | None
    steps: list[ChecklistStep]


class StartRequest(Wire):
    """Begin with the checklist of what was seen."""

    occurrence: int = Field(ge=1)


class StepRequest(StartRequest):
    """Mark a step done, or take that back; the first step begins the checklist."""

    done: bool = True
    note: Written | None = None

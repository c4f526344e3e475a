"""What `GET /kpi/alarms` answers."""

from pydantic import Field

from adapters.web.wire import PriorityWord, Wire


class ShareRow(Wire):
    """How many, and which part of all."""

    alarms: int
    share: float


class BadRow(Wire):
    """An alarm that needs attention, and the number that says so."""

    alarm: str
    number: float


class FloodRow(Wire):
    """One flood."""

    start: str
    end: str
    alarms: int


class AckRow(Wire):
    """How long alarms waited for a person, seconds."""

    acked: int
    never: int
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    longest: float | None


class KpiAnswer(Wire):
    """The load of a period. What was raised under a hold is counted in `held` alone; shares lie between 0 and 1."""

    start: str
    end: str
    operators: int
    coverage: float = Field(description="Share of the period during which the hub ran.")
    alarms: int
    held: int
    per_operator_10_min: float
    per_operator_day: float
    peak_10_min: float = Field(description="The most of one operator within any ten minutes.")
    peak_at: str | None
    intervals_over_10: float = Field(description="Share of ten-minute intervals with more than ten of one operator.")
    in_flood: float = Field(description="Share of the time in flood.")
    floods: list[FloodRow]
    top: list[BadRow] = Field(description="The ten most frequent, and how often.")
    top_share: float
    chattering: list[BadRow] = Field(description="Three times or more within a minute, and the most within one.")
    fleeting: int = Field(description="Active for less than ten seconds.")
    standing_long: list[BadRow] = Field(description="Stood for more than a day, hours.")
    priorities: dict[PriorityWord, ShareRow]
    ack: AckRow

"""What the command line logs, and how: to standard error, above a level, and never a whole plate."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from hub.model.masking import masked, masked_text


def configure(level: int = logging.WARNING) -> None:
    """Send logs above a level to standard error."""
    structlog.reset_defaults()
    structlog.configure(
        processors=processors(),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def processors() -> list[Processor]:
    """Return the library's own processors with plates masked before the last of them writes the line, and after."""
    *made, write = structlog.get_config()["processors"]

    def written(logger: Any, method: str, event: EventDict) -> Any:
        line = write(logger, method, event)
        return masked_text(line) if isinstance(line, str) else line

    return [*made, _masked, written]


def _masked(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return masked(event)

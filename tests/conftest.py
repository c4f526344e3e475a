"""What every test leaves behind as it found it."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Forget how a command of the hub, called inside a test, wants to log: the next test may listen to logs."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()

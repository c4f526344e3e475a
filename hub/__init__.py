"""Citywatch: an integration hub for city and province operations centres."""

import sys

__version__ = "0.1.0"

if "structlog" not in sys.modules and "rich" not in sys.modules:
    # structlog loads rich to paint tracebacks; a log is plain text, and rich is five megabytes of every hub
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]

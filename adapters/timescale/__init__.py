"""The store: PostgreSQL, with TimescaleDB where it is there, and the embedded server for sites that name none."""

from adapters.timescale.adapter import TimescaleAdapter
from adapters.timescale.embedded import EmbeddedPostgres, running_dsn

__all__ = ["EmbeddedPostgres", "TimescaleAdapter", "running_dsn"]

"""How the embedded server is set: small enough for a gateway board, quick enough for a city, deaf to the network."""

import os


def server_settings(version: int) -> dict[str, str]:
    """Return the settings for a server of that major version on this machine."""
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{_shared_megabytes()}MB",
        "max_connections": "20",
        "superuser_reserved_connections": "2",
        # One server, no replicas: the log is for recovery only.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "autovacuum_naptime": "60s",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_min_messages": "warning",
    }
    if version >= 18:
        # The worker processes of the default way cost memory and bring nothing at this size.
        settings["io_method"] = "sync"
    return settings


def _shared_megabytes() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return max(32, min(256, memory // 16))

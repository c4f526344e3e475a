"""Where the configuration that comes with the hub lies: profiles, rule packs, schemas, sites."""

from pathlib import Path

PREFIX = "shipped/"
"""How an `include:` names a file of that folder."""


def shipped() -> Path:
    """Return the shipped `config/`: inside the installed package, or the repository's own."""
    hub = Path(__file__).resolve().parent.parent
    packed = hub / "shipped"
    return packed if packed.is_dir() else hub.parent / "config"

"""Who may do what: four roles, a closed list of rights, and a table between them. What is not in the table is denied.

An admin looks after people and keys and does not act on alarms: the hand that gives rights is not the hand that acts.
"""

from enum import StrEnum

from msgspec import Struct


class Right(StrEnum):
    """One thing that a person or program may be allowed to do."""

    READ = "read"
    ACK = "ack"
    COMMENT = "comment"
    RESET = "reset"
    SHELVE = "shelve"
    """Hide an alarm for a time, and show it again."""
    SERVICE = "service"
    """Take a point, a device or a zone out of service, and put it back."""
    COMMAND = "command"
    """Give a device's commands; each command says for itself which of the roles with this right may."""
    WRITE = "write"
    """Set single points."""
    CONFIGURE = "configure"
    PLATES = "plates"
    """Look at whole plates, where the site grants it by name or role (`plates:`); the role alone does not do."""
    PICTURES = "pictures"
    """Look at the pictures that are kept with alarms; every look is journaled."""
    PEOPLE = "people"


class Role(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Person(Struct, frozen=True):
    """Who asks for something, and as what."""

    name: str
    role: Role


_ACTS = {Right.ACK, Right.COMMENT, Right.RESET, Right.SHELVE, Right.COMMAND}
_LOOKS = {Right.PLATES, Right.PICTURES}
_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.OPERATOR: frozenset({Right.READ, *_ACTS, *_LOOKS}),
    Role.ENGINEER: frozenset({Right.READ, *_ACTS, *_LOOKS, Right.SERVICE, Right.WRITE, Right.CONFIGURE}),
    Role.ADMIN: frozenset({Right.READ, Right.PEOPLE}),
}


def rights(role: Role) -> frozenset[Right]:
    """Return everything that a role may do."""
    return _RIGHTS[role]


def allowed(role: Role, right: Right) -> bool:
    """Tell whether a role has a right."""
    return right in _RIGHTS[role]


def role_of(word: str) -> Role:
    """Return the role that a word names. Raises ValueError with the list of roles."""
    try:
        return Role(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a role; the roles are {', '.join(Role)}") from None

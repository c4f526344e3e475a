"""The one exception tree, drawn here; each class says what the caller may do next.

CitywatchError
├── ConfigError            the files are wrong: show every problem, do not start
├── DriverError
│   ├── Unreachable        the line is lost: close, back off, open again
│   ├── NoAnswer           one device behind a working line is silent: mark it, go on with the others
│   └── Misconfigured      retrying cannot help: stop this device, tell a person what to change
├── StorageError
│   ├── StorageFull        no room: shed by lane, keep what is already durable, try again later
│   └── StorageDamaged     a file cannot be trusted: set it aside, start a new one, say so
└── Refused                a person asked for something that is not allowed: tell them why
"""


class CitywatchError(Exception):
    """Root of every error that Citywatch raises on purpose, so the caller may print it without a traceback."""


class ConfigError(CitywatchError):
    """The configuration is wrong, so the caller may print `problems` and stop with exit code 78."""

    def __init__(self, problems: object, message: str = "the configuration is not valid") -> None:
        super().__init__(message)
        self.problems = problems


class DriverError(CitywatchError):
    """A device or its line failed, so the caller may look at the subclass to learn for how much.

    `reason` is one word of the health vocabulary (`auth_failed`, `cert_untrusted`, …), empty where the class says all.
    """

    def __init__(self, message: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Unreachable(DriverError):
    """The whole line is lost, so the caller may close it, back off and open it again."""


class NoAnswer(DriverError):
    """One device is silent while the line works, so the caller may mark that device and go on with the others."""


class Misconfigured(DriverError):
    """Trying again cannot help, so the caller may stop the device and tell a person what to change."""


class StorageError(CitywatchError):
    """Something could not be made durable, so the caller may not release its source."""


class StorageFull(StorageError):
    """The state folder has no room, so the caller may shed by lane and try again later."""


class StorageDamaged(StorageError):
    """A file of ours cannot be trusted, so the caller may set it aside and start a new one."""


class Refused(CitywatchError):
    """A request is not allowed, so the caller may show `reason` (a short word) and the message to the person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

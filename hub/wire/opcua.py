"""OPC UA's words for what we say too: status codes and reasons, severities and priorities. Pure; no library.

Codes from OPC 10000-6 annex A (Opc.Ua.StatusCodes); their layout from OPC 10000-4, 7.39: two bits of severity, the
code, then flags. Severity 1–1000 from OPC 10000-5, 6.4.2.
"""

from hub.model import Priority, Reason

GOOD, UNCERTAIN, BAD = 0, 1, 2
OVERFLOW = 0x0480
"""InfoType DataValue and its bit Overflow: the item's queue was full and values were dropped (Part 4, 7.39.1)."""

_CODE = 0xFFFF_0000

BAD_NODE_ID_INVALID, BAD_NODE_ID_UNKNOWN, BAD_ATTRIBUTE_INVALID = 0x8033_0000, 0x8034_0000, 0x8035_0000
BAD_NO_MATCH, BAD_TYPE_MISMATCH, BAD_OUT_OF_RANGE = 0x806F_0000, 0x8074_0000, 0x803C_0000

_REASONS = {
    0x0096_0000: Reason.SUBSTITUTED,  # GoodLocalOverride
    0x408F_0000: Reason.NO_COMMUNICATION,  # UncertainNoCommunicationLastUsableValue
    0x4091_0000: Reason.SUBSTITUTED,  # UncertainSubstituteValue
    0x4093_0000: Reason.OUT_OF_RANGE,  # UncertainSensorNotAccurate
    0x4094_0000: Reason.OUT_OF_RANGE,  # UncertainEngineeringUnitsExceeded
    0x4209_0000: Reason.SIMULATED,  # UncertainSimulatedValue
    0x8005_0000: Reason.NO_COMMUNICATION,  # BadCommunicationError
    0x800A_0000: Reason.NO_COMMUNICATION,  # BadTimeout
    0x8007_0000: Reason.UNDECODABLE,  # BadDecodingError
    0x8008_0000: Reason.UNDECODABLE,  # BadEncodingLimitsExceeded
    0x80B9_0000: Reason.UNDECODABLE,  # BadResponseTooLarge
    0x8031_0000: Reason.NO_COMMUNICATION,  # BadNoCommunication
    0x8032_0000: Reason.WAITING,  # BadWaitingForInitialData
    BAD_NODE_ID_INVALID: Reason.MISCONFIGURED,
    BAD_NODE_ID_UNKNOWN: Reason.MISCONFIGURED,
    BAD_ATTRIBUTE_INVALID: Reason.MISCONFIGURED,
    BAD_NO_MATCH: Reason.MISCONFIGURED,
    0x8036_0000: Reason.MISCONFIGURED,  # BadIndexRangeInvalid
    0x8060_0000: Reason.MISCONFIGURED,  # BadBrowseNameInvalid
    0x803D_0000: Reason.NOT_PROGRAMMED,  # BadNotSupported
    0x803E_0000: Reason.NOT_PROGRAMMED,  # BadNotFound
    BAD_OUT_OF_RANGE: Reason.UNDECODABLE,
    0x8089_0000: Reason.MISCONFIGURED,  # BadConfigurationError
    0x808A_0000: Reason.NOT_PROGRAMMED,  # BadNotConnected: never configured to receive, not a lost line
    0x808D_0000: Reason.OUT_OF_SERVICE,  # BadOutOfService
    0x809B_0000: Reason.NOT_PROGRAMMED,  # BadNoData
}

_CODES = {
    Reason.NONE: 0x0000_0000,
    Reason.WAITING: 0x8032_0000,
    Reason.NO_COMMUNICATION: 0x8031_0000,
    Reason.STALE: 0x4090_0000,
    Reason.OUT_OF_RANGE: 0x4094_0000,
    Reason.REFUSED: 0x808B_0000,
    Reason.UNDECODABLE: 0x8007_0000,
    Reason.MISCONFIGURED: 0x8089_0000,
    Reason.SUBSTITUTED: 0x0096_0000,
    Reason.SIMULATED: 0x4209_0000,
    Reason.OUT_OF_SERVICE: 0x808D_0000,
    Reason.CLOCK: 0x0000_0000,
    Reason.RETAINED: 0x4090_0000,
    Reason.NOT_PROGRAMMED: 0x803D_0000,
}
"""docs/reference/quality.md shows both columns side by side."""

_BANDS = ((801, Priority.CRITICAL), (601, Priority.HIGH), (401, Priority.MEDIUM), (0, Priority.LOW))
_SEVERITIES = {Priority.CRITICAL: 1000, Priority.HIGH: 800, Priority.MEDIUM: 500, Priority.LOW: 200}


def severity_of_status(code: int) -> int:
    """Return GOOD, UNCERTAIN or BAD; the fourth, reserved combination is BAD."""
    return min(code >> 30 & 3, BAD)


def overflowed(code: int) -> bool:
    """Tell whether the status says that values between this one and the last were dropped."""
    return code & OVERFLOW == OVERFLOW


def reason_of(code: int) -> Reason:
    """Return why a value with this status is not good; what the list does not know is judged by its severity."""
    if code == 0:
        return Reason.NONE
    found = _REASONS.get(code & _CODE)
    if found is not None:
        return found
    return (Reason.NONE, Reason.STALE, Reason.REFUSED)[severity_of_status(code)]


def status_of(reason: Reason, has_value: bool = False) -> int:
    """Return the status code by which an OPC UA client learns of a reason."""
    if reason is Reason.NO_COMMUNICATION and has_value:
        return 0x408F_0000
    return _CODES[reason]


def priority_of(severity: int) -> Priority:
    """Return the priority of an event's severity, 1 (log only) to 1000 (life in danger)."""
    return next(priority for least, priority in _BANDS if severity >= least or least == 0)


def severity_of(priority: Priority) -> int:
    """Return the severity that says a priority; `priority_of` gives it back."""
    return _SEVERITIES[priority]

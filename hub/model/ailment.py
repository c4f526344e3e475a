"""Why a device is not well: one closed list of words, whatever the protocol; each with what usually cures it.

Drivers say these words. What drivers of others say, and the words of single values, are brought to the list here, so
that consoles, rules and reports meet no others.
"""

AILMENTS = {
    "unreachable": "no way to the device: cable, switch, power, or its address",
    "refused": "the device or its gateway answers, and refuses",
    "auth_failed": "user, password, community or token is wrong",
    "cert_untrusted": "one side does not trust the other's certificate",
    "cert_expired": "a certificate has expired, or a clock is wrong",
    "timeout": "the way is there, the answer does not come",
    "protocol_error": "answers come and make no sense: wrong framing, unit or model of device",
    "clock_skew": "the device's clock differs too much",
    "stream_lost": "the camera answers and sees nothing: lens, cable or channel",
    "storage_failed": "the camera answers and its card or disk has failed: it may record nothing",
    "stale": "the device has not spoken for longer than it should",
    "misconfigured": "the configuration cannot work; trying again does not help",
}
"""Word → the likely cause."""
STANDING = frozenset({"", "waiting", "disabled", "last_will"})
"""Words that come with a state and are no ailment: all is well, nothing heard yet, switched off, said farewell."""
_ALSO = {
    "no_answer": "timeout", "silent": "stale", "failed": "protocol_error", "busy": "refused",
    "no_communication": "unreachable", "undecodable": "protocol_error", "out_of_range": "protocol_error",
    "not_programmed": "misconfigured", "clock": "clock_skew",
}  # fmt: skip


def ailment(word: str) -> str:
    """Return a driver's word in the closed list; a word that nobody knows becomes `protocol_error`."""
    if word in AILMENTS or word in STANDING:
        return word
    return _ALSO.get(word, "protocol_error")

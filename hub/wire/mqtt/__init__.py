"""MQTT sessions: 5 on a sans-IO codec in a protocol of ours, 3.1.1 through paho; one contract for both."""

from hub.wire.mqtt.contract import BODY, LARGEST, Damaged, Message, Session, Settings, Take, TlsFiles

__all__ = ["BODY", "LARGEST", "Damaged", "Message", "Session", "Settings", "Take", "TlsFiles", "session"]


def session(settings: Settings) -> Session:
    """Return a closed session for the protocol version that `settings` names; its library is imported now."""
    if settings.version == 5:
        from hub.wire.mqtt.v5 import Session5

        return Session5(settings)
    from hub.wire.mqtt.v311 import Session311

    return Session311(settings)

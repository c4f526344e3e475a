"""Formats of the outside that two wings share: MQTT sessions, COPY rows, TLS."""

"""What a simulated camera writes: XML as ONVIF Core and its WSDLs show it, filled in by text alone."""

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from hub.model import Timestamp
from hub.model.clock import iso
from simulators.onvif.quirks import Quirks

SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnsaxis": "http://www.axis.com/2009/event/topics",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
DTD_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]><s>&c;&d;</s>'
)
"""A billion laughs in small, with an external entity."""


def envelope(body: str) -> str:
    """Return a whole answer."""
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_DECLARED}><s:Body>{body}</s:Body></s:Envelope>'


def fault(code: str, words: str, detail: str = "") -> str:
    """Return a SOAP 1.2 fault with a subcode as ONVIF Core 5.9.2 has it."""
    about = f"<s:Detail>{detail}</s:Detail>" if detail else ""
    value = f"<s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode>"
    reason = f'<s:Reason><s:Text xml:lang="en">{escape(words)}</s:Text></s:Reason>'
    return envelope(f"<s:Fault><s:Code>{value}</s:Code>{reason}{about}</s:Fault>")


def date_and_time(at: Timestamp) -> str:
    """Return the answer to GetSystemDateAndTime: whole seconds, UTC."""
    year, month, day, hour, minute, second = (int(part) for part in re.split(r"[-T:.]", iso(at))[:6])
    time = f"<tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}</tt:Second></tt:Time>"
    date = f"<tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date>"
    return envelope(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        f"<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>{time}{date}</tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def information(about: Mapping[str, str]) -> str:
    """Return the answer to GetDeviceInformation."""
    tags = {"manufacturer": "Manufacturer", "model": "Model", "firmware": "FirmwareVersion", "serial": "SerialNumber"}
    inside = "".join(
        f"<tds:{tag}>{escape(about.get(name, 'simulated'))}</tds:{tag}>"
        for name, tag in {**tags, "hardware": "HardwareId"}.items()
    )
    return envelope(f"<tds:GetDeviceInformationResponse>{inside}</tds:GetDeviceInformationResponse>")


def services(base: str) -> str:
    """Return the answer to GetServices."""
    places = {"tds": "device_service", "trt": "media_service", "tev": "event_service", "tptz": "ptz_service"}
    inside = "".join(
        f"<tds:Service><tds:Namespace>{SPACES[prefix]}</tds:Namespace><tds:XAddr>{base}/onvif/{place}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>"
        for prefix, place in places.items()
    )
    return envelope(f"<tds:GetServicesResponse>{inside}</tds:GetServicesResponse>")


def capabilities(base: str, pulls: bool) -> str:
    """Return the answer to GetCapabilities, which older clients ask."""
    event = (
        f"<tt:XAddr>{base}/onvif/event_service</tt:XAddr><tt:WSSubscriptionPolicySupport>true"
        f"</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>{str(pulls).lower()}</tt:WSPullPointSupport>"
        "<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport>"
    )
    streams = "<tt:StreamingCapabilities/>"
    inside = (
        f"<tt:Device><tt:XAddr>{base}/onvif/device_service</tt:XAddr></tt:Device><tt:Events>{event}</tt:Events>"
        f"<tt:Media><tt:XAddr>{base}/onvif/media_service</tt:XAddr>{streams}</tt:Media>"
        f"<tt:PTZ><tt:XAddr>{base}/onvif/ptz_service</tt:XAddr></tt:PTZ>"
    )
    return envelope(
        f"<tds:GetCapabilitiesResponse><tds:Capabilities>{inside}</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def subscribed(address: str, now: Timestamp, until: Timestamp, number: int | None) -> str:
    """Return the answer to CreatePullPointSubscription, its number as a parameter, or in the address alone."""
    parameter = (
        ""
        if number is None
        else (f'<dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">{number}</dom0:SubscriptionId>')
    )
    parameters = parameter and f"<wsa:ReferenceParameters>{parameter}</wsa:ReferenceParameters>"
    reference = f"<wsa:Address>{escape(address)}</wsa:Address>{parameters}"
    return envelope(
        "<tev:CreatePullPointSubscriptionResponse>"
        f"<tev:SubscriptionReference>{reference}</tev:SubscriptionReference>{_times(now, until)}"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


def _times(
    now: Timestamp, until: Timestamp, current: str = "wsnt:CurrentTime", end: str = "wsnt:TerminationTime"
) -> str:
    return f"<{current}>{iso(now)}</{current}><{end}>{iso(until)}</{end}>"


def renewed(now: Timestamp, until: Timestamp) -> str:
    """Return the answer to Renew."""
    return envelope(f"<wsnt:RenewResponse>{_times(until=until, now=now)}</wsnt:RenewResponse>")


def pulled(messages: Sequence[str], now: Timestamp, until: Timestamp) -> str:
    """Return the answer to PullMessages."""
    times = _times(now, until, "tev:CurrentTime", "tev:TerminationTime")
    return envelope(f"<tev:PullMessagesResponse>{times}{''.join(messages)}</tev:PullMessagesResponse>")


def message(
    quirks: Quirks, topic: str, operation: str, at: Timestamp, source: Mapping[str, str], data: Mapping[str, str]
) -> str:
    """Return one notification as a camera with these quirks writes it; `operation` is empty for what happens once."""
    said = f' PropertyOperation="{operation}"' if operation else ""
    shown = topic.replace("VideoSource/", "VideoSoure/") if quirks.misspelt else topic
    time = "0000-00-00T00:00:00Z" if quirks.zero_date else "1970-01-01T00:00:00Z" if quirks.epoch else iso(at)
    inside = f"<tt:Source>{_items(_sources(quirks, source))}</tt:Source>"
    inside += f"<tt:Data>{_items(_data(quirks, data))}</tt:Data>" if data else ""
    body = f'<wsnt:Message><tt:Message UtcTime="{time}"{said}>{inside}</tt:Message></wsnt:Message>'
    if quirks.bare and operation and set(data.values()) == {"false"}:
        body = ""
    return (
        f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{_DIALECT}">{escape(shown)}{"//." if quirks.stray else ""}'
        f"</wsnt:Topic>{body}</wsnt:NotificationMessage>"
    )


def _sources(quirks: Quirks, source: Mapping[str, str]) -> dict[str, str]:
    return {(quirks.source if quirks.source and n.startswith("VideoSource") else n): v for n, v in source.items()}


def _data(quirks: Quirks, data: Mapping[str, str]) -> dict[str, str]:
    return {n: {"true": "1", "false": "0"}.get(v, v) if quirks.ones else v for n, v in data.items()}


def _items(items: Mapping[str, str]) -> str:
    """Return simple items, and elements of those whose name has a dot: `LicensePlateInfo.PlateNumber`."""
    simple = "".join(_simple(n, v) for n, v in items.items() if "." not in n)
    elements: dict[str, str] = {}
    for name, value in items.items():
        whole, dot, part = name.partition(".")
        if dot:
            elements[whole] = elements.get(whole, "") + f"<tt:{part}>{escape(value)}</tt:{part}>"
    return simple + "".join(
        f"<tt:ElementItem Name={quoteattr(n)}><tt:{n}>{inside}</tt:{n}></tt:ElementItem>"
        for n, inside in elements.items()
    )


def _simple(name: str, value: str) -> str:
    return f"<tt:SimpleItem Name={quoteattr(name)} Value={quoteattr(value)}/>"


def profiles(tokens: Sequence[tuple[str, str]]) -> str:
    """Return the answer to GetProfiles of the media service: a profile and its video source each."""
    inside = "".join(_profile(token, source) for token, source in tokens)
    return envelope(f"<trt:GetProfilesResponse>{inside}</trt:GetProfilesResponse>")


def _profile(token: str, source: str) -> str:
    shown = (
        f"<tt:Name>{escape(source)}</tt:Name><tt:UseCount>1</tt:UseCount>"
        f"<tt:SourceToken>{escape(source)}</tt:SourceToken>"
        '<tt:Bounds x="0" y="0" width="480" height="272"/>'
    )
    return (
        f'<trt:Profiles token={quoteattr(token)} fixed="true"><tt:Name>{escape(token)}</tt:Name>'
        f"<tt:VideoSourceConfiguration token={quoteattr(source + '-config')}>{shown}</tt:VideoSourceConfiguration>"
        '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount>'
        "<tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration></trt:Profiles>"
    )


def snapshot_uri(address: str) -> str:
    """Return the answer to GetSnapshotUri."""
    rest = (
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>true</tt:InvalidAfterReboot>"
        "<tt:Timeout>PT0S</tt:Timeout>"
    )
    return envelope(
        f"<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>{escape(address)}</tt:Uri>{rest}</trt:MediaUri>"
        "</trt:GetSnapshotUriResponse>"
    )


def presets(named: Mapping[str, str]) -> str:
    """Return the answer to GetPresets: token → name."""
    inside = "".join(
        f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name></tptz:Preset>"
        for token, name in named.items()
    )
    return envelope(f"<tptz:GetPresetsResponse>{inside}</tptz:GetPresetsResponse>")


def empty(name: str) -> str:
    """Return an answer without content: `tev:SetSynchronizationPointResponse`."""
    return envelope(f"<{name}/>")

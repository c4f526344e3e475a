"""The rules of CAP 1.2 (OASIS Standard, 1 July 2010), written down from the standard: order, cardinality, values."""

import re
from xml.etree import ElementTree as Xml

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
ALERT = ("identifier 1", "sender 1", "sent 1", "status 1", "msgType 1", "source ?", "scope 1", "restriction ?",
         "addresses ?", "code *", "note ?", "references ?", "incidents ?", "info *")  # fmt: skip
INFO = ("language ?", "category +", "event 1", "responseType *", "urgency 1", "severity 1", "certainty 1",
        "audience ?", "eventCode *", "effective ?", "onset ?", "expires ?", "senderName ?", "headline ?",
        "description ?", "instruction ?", "web ?", "contact ?", "parameter *", "resource *", "area *")  # fmt: skip
AREA = ("areaDesc 1", "polygon *", "circle *", "geocode *", "altitude ?", "ceiling ?")
PAIR = ("valueName 1", "value 1")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
CIRCLE = re.compile(r"-?\d+(\.\d+)?,-?\d+(\.\d+)? \d+(\.\d+)?")
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}


def faults(document: bytes) -> list[str]:
    """Return every rule that a document breaks."""
    root = Xml.fromstring(document)
    found = [] if root.tag == f"{NAMESPACE}alert" else [f"the root is {root.tag}"]
    found += _shape(root, ALERT)
    for info in root.iter(f"{NAMESPACE}info"):
        found += _shape(info, INFO)
    for area in root.iter(f"{NAMESPACE}area"):
        found += _shape(area, AREA)
    for pair in root.iter(f"{NAMESPACE}parameter"):
        found += _shape(pair, PAIR)
    found += [fault for element in root.iter() for fault in _value(element)]
    return found + _together(root)


def text(root: Xml.Element, name: str) -> str | None:
    """Return the text of a child."""
    child = root.find(f"{NAMESPACE}{name}")
    return None if child is None else child.text


def _shape(element: Xml.Element, rules: tuple[str, ...]) -> list[str]:
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    order = [rule.split()[0] for rule in rules]
    found = [f"{name} is not of CAP" for name in names if name not in order]
    places = [order.index(name) for name in names if name in order]
    found += [] if places == sorted(places) else [f"wrong order: {names}"]
    for rule in rules:
        name, often = rule.split()
        count = names.count(name)
        if (often in "1+" and not count) or (often in "1?" and count > 1):
            found.append(f"{name} stands {count} times")
    return found


def _value(element: Xml.Element) -> list[str]:
    name, value = element.tag.removeprefix(NAMESPACE), element.text or ""
    if name in WORDS and value not in WORDS[name].split():
        return [f"{name} is {value}"]
    if name in ("sent", "effective", "onset", "expires") and not DATE.fullmatch(value):
        return [f"{name} is {value}"]
    if name in ("identifier", "sender") and (not value or re.search(r"[\s,<&]", value)):
        return [f"{name} is {value!r}"]
    return [f"circle is {value}"] if name == "circle" and not CIRCLE.fullmatch(value) else []


def _together(root: Xml.Element) -> list[str]:
    found = []
    scope, kind, references = (text(root, name) for name in ("scope", "msgType", "references"))
    if (scope == "Restricted") != (text(root, "restriction") is not None):
        found.append("restriction belongs to the scope Restricted")
    if scope == "Private" and not text(root, "addresses"):
        found.append("a private message names addresses")
    if (kind in ("Update", "Cancel")) != (references is not None):
        found.append(f"{kind} with references {references}")
    for reference in (references or "").split():
        parts = reference.split(",")
        if len(parts) != 3 or not DATE.fullmatch(parts[2]):
            found.append(f"reference {reference}")
    return found

"""Publish responses of OPC UA servers that have gone mad."""

from random import Random

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary

from bench.fuzz_input import Case, sound, spoilt
from drivers.opcua import notifications

_SAID = ((True, "Boolean"), (2, "Byte"), (-300, "Int16"), (21.5, "Double"), (2**63, "UInt64"), ("Báo cháy", "String"))


def opcua_messages() -> Case:
    """Messages of changed values, damaged, read the short way. May raise nothing: what is odd is the library's."""
    good = _response()

    def case(dice: Random) -> None:
        found = notifications.read(spoilt(dice, good))
        for changes in found.data if found is not None else ():
            for _, *told in changes:
                for part in told:
                    sound(part)

    return case


def _response() -> bytes:
    told, answer = ua.DataChangeNotification(), ua.PublishResponse()
    for handle, (value, kind) in enumerate(_SAID):
        item = ua.DataValue(ua.Variant(value, ua.VariantType[kind]), ua.StatusCode())
        told.MonitoredItems.append(ua.MonitoredItemNotification(ClientHandle=ua.UInt32(handle), Value=item))
    answer.Parameters.NotificationMessage.NotificationData = [told]
    return bytes(struct_to_binary(answer))

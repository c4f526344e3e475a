"""The vocabulary: frozen values that everyone speaks; no I/O, no asyncio, nothing above this floor."""

from hub.model.alarm import CATEGORIES, Alarm, Priority, Transition, fold, state_name
from hub.model.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Clock, ManualClock, SystemClock, Timestamp
from hub.model.command import Command, CommandResult, OperatorAction, Outcome, SystemNote
from hub.model.device import Device, DeviceChange, DeviceEvent, DeviceState, DeviceStatus, EventMap, Point, Stray
from hub.model.errors import (
    CitywatchError,
    ConfigError,
    DriverError,
    Misconfigured,
    NoAnswer,
    Refused,
    StorageDamaged,
    StorageError,
    StorageFull,
    Unreachable,
)
from hub.model.ids import AlarmId, DeviceId, PointId, ZoneId, point_id, row_id, split_point
from hub.model.lane import Lane
from hub.model.reading import QUALITY_OF, Quality, Reading, Reason, Sample, Value
from hub.model.record import Intake, JournalRecord, Published, Record, Release
from hub.model.rule import Condition, Group, Rule, Selector, Test
from hub.model.scaling import to_engineering
from hub.model.site import Site, StoreSettings, WebSettings, Zone
from hub.model.text import Text

__all__ = [
    "CATEGORIES",
    "DAY",
    "HOUR",
    "MILLISECOND",
    "MINUTE",
    "QUALITY_OF",
    "SECOND",
    "Alarm",
    "AlarmId",
    "CitywatchError",
    "Clock",
    "Command",
    "CommandResult",
    "Condition",
    "ConfigError",
    "Device",
    "DeviceChange",
    "DeviceEvent",
    "DeviceId",
    "DeviceState",
    "DeviceStatus",
    "DriverError",
    "EventMap",
    "Group",
    "Intake",
    "JournalRecord",
    "Lane",
    "ManualClock",
    "Misconfigured",
    "NoAnswer",
    "OperatorAction",
    "Outcome",
    "Point",
    "PointId",
    "Priority",
    "Published",
    "Quality",
    "Reading",
    "Reason",
    "Record",
    "Refused",
    "Release",
    "Rule",
    "Sample",
    "Selector",
    "Site",
    "StorageDamaged",
    "StorageError",
    "StorageFull",
    "StoreSettings",
    "Stray",
    "SystemClock",
    "SystemNote",
    "Test",
    "Text",
    "Timestamp",
    "Transition",
    "Unreachable",
    "Value",
    "WebSettings",
    "Zone",
    "ZoneId",
    "fold",
    "point_id",
    "row_id",
    "split_point",
    "state_name",
    "to_engineering",
]

"""What of a running engine must not be forgotten besides its alarms: clocks that run, bands that values are in."""

from collections.abc import Collection

from hub.model import Timestamp
from rules.instance import Instance
from rules.memory import Memory
from rules.muting import Mutes
from rules.senses import Senses


def running(now: Timestamp, instances: Collection[Instance], senses: Senses, mutes: Mutes) -> Memory:
    """Return the clocks that are running and the bands that values are in."""
    pending = {i.id: i.deadline for i in instances if i.deadline is not None}
    bands = {i.id: [w.key for w in i.wires if w.test.deadband and w.last] for i in instances}
    return Memory(
        now,
        pending=pending,
        bands={alarm: keys for alarm, keys in bands.items() if keys},
        silences=senses.silences(),
        windows=senses.windows(),
        mutes=dict(mutes.kept()),
    )

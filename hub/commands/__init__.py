"""Commands to devices: the one place where something is sent because a person asked for it. Nothing else comes here.

The order is fixed: role → allowed here → reason → value → interlock → selected → journaled → sent, once → read back →
result journaled → told. What is refused sends nothing and says why. A write whose answer is lost is *unknown*: it is
never tried again, because trying again would be a second command. That a person acknowledged an alarm is told to its
device (`acknowledging`); of that, twice is as good as once.
"""

from hub.commands.acknowledging import Acknowledging
from hub.commands.desk import Commands
from hub.commands.sending import Lines

__all__ = ["Acknowledging", "Commands", "Lines"]

"""`citywatch discover`: who is there, as a file of devices for review; never a change of the live site."""

import typer

from hub.cli.discover_mqtt import mqtt
from hub.cli.discover_network import modbus, opcua, snmp
from hub.cli.discover_onvif import onvif

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.command("modbus")(modbus)
app.command("opcua")(opcua)
app.command("snmp")(snmp)
app.command("mqtt")(mqtt)
app.command("onvif")(onvif)

"""`citywatch import`: what others know of a device becomes a profile for review, never a part of the live site."""

import typer

from hub.cli.import_modbus import modbus_map
from hub.cli.import_opcua import opcua
from hub.cli.import_snmp import snmp_exporter, snmp_walk

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.command("snmp-walk")(snmp_walk)
app.command("snmp-exporter")(snmp_exporter)
app.command("modbus-map")(modbus_map)
app.command("opcua")(opcua)

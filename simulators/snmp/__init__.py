"""SNMP agents and what they tell, on pysnmp: nothing here is shared with the driver but the map."""

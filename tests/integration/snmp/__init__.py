"""SNMP with programs that are not ours."""

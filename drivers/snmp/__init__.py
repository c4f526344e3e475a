"""SNMP."""

"""Simulated OPC UA servers: variables, methods, alarms and conditions, made from the points of any profile."""

"""Tests of the OPC UA driver's pure parts."""

"""The OPC UA driver against servers: a simulated panel, and a server of another library."""

"""Simulated ONVIF cameras: web services written from templates, never with the driver's codec."""

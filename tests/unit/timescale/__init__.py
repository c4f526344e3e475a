"""The store adapter without a server."""

"""Files, the whole way through a hub that may die."""

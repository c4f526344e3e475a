"""The files driver: tables, folders, what is taken and what is not."""

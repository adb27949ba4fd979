"""The story's records over HTTP, one file per kind of record."""

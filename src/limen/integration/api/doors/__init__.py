"""The doors: parse once, call the use case, show the record."""

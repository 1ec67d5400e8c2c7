"""Whether answers take the same time for known and for unknown accounts (``make bench-timing``)."""

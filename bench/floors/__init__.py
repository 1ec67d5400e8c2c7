"""Physical floors, measured in the same run: a signature, a password hash, a bare server, a flush to disk."""

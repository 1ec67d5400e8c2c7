"""What the vault answers and how fast (``make bench-vault``): figures without a peer, each beside its goal."""

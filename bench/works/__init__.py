"""The works that are measured: rates against the peer, sign-ins, light requests in a storm, memory and start."""

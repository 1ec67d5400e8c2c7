"""The edge and the server, over real sockets."""

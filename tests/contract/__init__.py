"""What storage promises, once, on SQLite and on PostgreSQL."""

"""Guardians: how much we believe what we are shown.

Rate limits to begin with; risk, threats, bots and fraud join here. It says what is required and what is refused, never
where somebody is sent next. It knows no HTTP and no database: adapters are made further out.
"""

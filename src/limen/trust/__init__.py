"""Guardians: how much we believe what we are shown.

Rate limits and tolls, attacks by password, bots, fraud, threat intelligence, geography and risk. It says what is
required and what is refused, never where somebody is sent next. It knows no HTTP and no database: adapters are made
further out.
"""

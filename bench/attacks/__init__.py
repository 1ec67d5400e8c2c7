"""Attacks on a running Limen: over HTTP on loopback, bounded in count and time, while customers come and go.

It prints what the attackers reached and what it cost them, and whom the defence disturbed.
"""

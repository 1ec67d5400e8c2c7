"""Connectors: what machines call, and the edge that every request passes.

Owns the edge (arrival, limits, security headers, logs, metrics, health), and the interfaces for machines as they come:
administration API, SCIM, webhooks, shared signals, messaging. Leaves pages to ``experience`` and protocol doors to
``access``.
"""

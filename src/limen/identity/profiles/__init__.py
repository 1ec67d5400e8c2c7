"""Profiles: what a tenant keeps of its customers beyond the standard claims, and when it asks for it.

Owns the tenant's profile schema (JSON Schema 2020-12, annotated) and the questions of progressive profiling. Leaves
the values to ``identity.customers``, where they are sealed with the rest of the profile, and the asking to
``access.journeys``.
"""

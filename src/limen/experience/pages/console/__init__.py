"""Pages of whoever administers a tenant: each shows and does what the administration API does, by the same use case.

Owns who may see them (:mod:`here`) and one file for each page. Leaves the decision to the use cases, and what happens
while a tenant is attacked to ``pages.security``.
"""

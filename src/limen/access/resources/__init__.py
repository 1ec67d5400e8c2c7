"""Resource servers, and the types of ``authorization_details`` that they understand: registered for each tenant.

Owns their records, the rules for them, what an administrator does with them, and :class:`~limen.access.resources.view
.Resources`, the view of them that a tenant's desk holds in memory. Leaves to ``access.tokens`` what tokens for them
say, and to ``access.oauth`` how they are asked for.

RFC 8707 (resource indicators), RFC 9396 (rich authorization requests), RFC 9068 §3 (audiences).
"""

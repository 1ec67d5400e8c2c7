"""A tenant as a file: ``limen apply tenant.yaml`` and ``limen export``, over the same use cases as the API.

Owns the document, its reading and the difference between what it says and what is. Leaves the command line to ``app``.
What a document names is made to be as it says; clients that it does not name are left alone, and customers are no part
of it. Secrets come by reference and never leave.
"""

from limen.integration.declarative.apply import Declarative, apply, plan
from limen.integration.declarative.document import DeclaredClient, DeclaredTenant, Document, SecretReference
from limen.integration.declarative.export import export
from limen.integration.declarative.reading import load
from limen.integration.declarative.secrets import SecretSource

__all__ = [
    "Declarative",
    "DeclaredClient",
    "DeclaredTenant",
    "Document",
    "SecretReference",
    "SecretSource",
    "apply",
    "export",
    "load",
    "plan",
]

"""What discovery says of clients that register themselves (RFC 8414 §2, RFC 7591 §3)."""

from typing import Any

from limen.access.registering.doors import REGISTER
from limen.access.tokens.desk import Desk


def registration_metadata(desk: Desk) -> dict[str, Any]:
    """Return the members of the metadata that this tenant's policy calls for, and the resources of our own."""
    policy = desk.tenant.settings.registration
    # RFC 9728 §4
    found: dict[str, Any] = {"protected_resources": [f"{desk.issuer}/userinfo", f"{desk.issuer}/api/v1"]}
    if policy.mode != "off":
        found["registration_endpoint"] = desk.issuer + REGISTER
    if policy.client_id_documents:
        found["client_id_metadata_document_supported"] = True
    return found

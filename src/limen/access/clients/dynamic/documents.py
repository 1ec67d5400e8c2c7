"""Clients that are named by the https address of their metadata (draft-ietf-oauth-client-id-metadata-document).

Nobody registers them: whoever controls the address says what the client is. What is read there is held to the tenant's
policy for clients that register themselves, and is kept as a client like any other, so that grants have something to
belong to; it is read again when it is no longer fresh.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from limen.access.clients.dynamic.metadata import check_redirects, read_metadata, refused
from limen.access.clients.records import AuthMethod, ClientDocument
from limen.access.clients.redirect_uris import check_fetchable
from limen.access.clients.validation import validate
from limen.access.outgoing import Wanted
from limen.identity.tenants.registration import RegistrationSettings, host_is_among
from limen.kernel.clock import DAY, SECOND
from limen.kernel.errors import Refusal
from limen.kernel.strict_json import MalformedJson, strict_json

DOCUMENT: Final = Wanted(
    "client-id-document",
    ("application/json",),
    max_bytes=5_120,  # the draft, §6.6: 5 kilobytes
    longest=DAY // SECOND,
    failures=0,  # §4.4: no failure is kept
)
LONGEST: Final = 255
NEW: Final = ClientDocument(client_name="-", grant_types=(), token_endpoint_auth_method=AuthMethod.NONE)
_DOT_SEGMENT: Final = re.compile(r"/\.{1,2}(?:/|$)")
_SECRETS: Final = ("client_secret", "client_secret_expires_at")
_PUBLIC: Final = ("none", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


def is_document_id(client_id: str) -> bool:
    """Tell whether *client_id* is the address of a metadata document (§3 of the draft): https, with a path."""
    if not client_id.startswith("https://") or len(client_id) > LONGEST or check_fetchable(client_id) is not None:
        return False
    path = urlsplit(client_id).path
    return len(path) > 1 and not _DOT_SEGMENT.search(path)


def is_allowed(client_id: str, policy: RegistrationSettings) -> bool:
    """Tell whether the tenant takes documents from the host of *client_id*."""
    host = urlsplit(client_id).hostname or ""
    return policy.client_id_documents and (not policy.document_hosts or host_is_among(host, policy.document_hosts))


def read_document(
    client_id: str, body: bytes, policy: RegistrationSettings, base: ClientDocument | None = None
) -> ClientDocument | Refusal:
    """Return what the document at *client_id* says, over *base*: what an administrator set stays.

    Without one it is over what the tenant sets for clients that are new.
    """
    try:
        sent = strict_json(body)
    except MalformedJson:
        sent = None
    if not isinstance(sent, dict) or sent.get("client_id") != client_id:
        return refused({"client_id": "client_id.differs"})
    method = sent.get("token_endpoint_auth_method", "none")
    if method not in _PUBLIC or any(name in sent for name in _SECRETS):  # nobody shares a secret in public
        return refused({"token_endpoint_auth_method": "secret.shared"})
    if base is None:
        base = msgspec.structs.replace(NEW, profile=policy.profile, audiences=policy.audiences)
    document = read_metadata(_held(sent, method, policy), base, policy.scopes)
    if isinstance(document, Refusal):
        return document
    return (
        check_redirects(document, policy.redirect_hosts, native=policy.native_redirects)
        or validate(document)
        or document
    )


def _held(sent: Mapping[str, Any], method: str, policy: RegistrationSettings) -> dict[str, Any]:
    """Return *sent* without what this tenant does not allow: such a document speaks to every server alike."""
    held = {**sent, "token_endpoint_auth_method": method}
    named = sent.get("grant_types")
    if isinstance(named, list):
        held["grant_types"] = [grant for grant in named if grant in policy.grant_types]
    if isinstance(sent.get("response_types"), list) and "code" in sent["response_types"]:
        held["response_types"] = ["code"]
    wanted = sent.get("scope")
    if isinstance(wanted, str) and not set(wanted.split()) & set(policy.scopes):
        return {**held, "scope": None}
    return held


def shown_host(client_id: str) -> str | None:
    """Return the host that stands for the client on the consent page; None where it is named otherwise."""
    return urlsplit(client_id).hostname if is_document_id(client_id) else None

"""A resource server, and a type of ``authorization_details``, as they are registered."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from limen.access.clients.fields import items, number, text
from limen.kernel.clock import Instant

TokenFormat = Literal["jwt", "opaque"]
TokenAlgorithm = Literal["", "ES256", "ES384", "PS256", "RS256", "EdDSA"]
Identifier = Annotated[str, text(1, 2_000)]
Scope = Annotated[str, text(1, 128, r"[\x21\x23-\x5b\x5d-\x7e]+")]
TypeName = Annotated[str, text(1, 200)]


class ResourceDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is registered about a resource server; stored as one JSON document.

    Attributes:
        identifier: an absolute URI: what clients send as ``resource`` and tokens carry as ``aud`` (RFC 8707 §2).
        name: for people.
        scopes: those that mean something here. A scope that some resource server names is only put into tokens for
            one that names it; a scope that nobody names goes into all.
        token_format: ``jwt`` (RFC 9068), or ``opaque``: a token that only introspection can read.
        token_signing_alg: what its JWTs are signed with; empty for what the client chose.
        token_lifetime: seconds; 0 for the tenant's.
        authorization_details_types: those of which tokens for it speak; empty for all (RFC 9396 §9.1).
        introspection_clients: the ``client_id`` of each client that may introspect tokens for it (RFC 7662 §2.1).
    """

    identifier: Identifier
    name: Annotated[str, text(1, 100)]
    scopes: Annotated[tuple[Scope, ...], items(most=200)] = ()
    token_format: TokenFormat = "jwt"
    token_signing_alg: TokenAlgorithm = ""
    token_lifetime: Annotated[int, number(0, 86_400)] = 0
    authorization_details_types: Annotated[tuple[TypeName, ...], items(most=50)] = ()
    introspection_clients: Annotated[tuple[Annotated[str, text(1, 255)], ...], items(most=20)] = ()

    @property
    def label(self) -> str:
        """Return what it is known by; unique in its tenant."""
        return self.identifier


class DetailTypeDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is registered about a type of ``authorization_details`` (RFC 9396 §2.1).

    Attributes:
        type: as it stands in the member ``type``.
        detail_schema: a JSON Schema (2020-12) that every detail of this type must meet, the member ``type`` included.
            It refers to nothing outside of itself, and its patterns are those that take linear time.
        wording: for each language a sentence for the consent page; ``{amount.value}`` stands for a member of the
            detail. The one for ``en`` is required and serves languages that have none.
    """

    type: TypeName
    detail_schema: dict[str, Any]
    wording: dict[str, Annotated[str, text(1, 500)]]

    @property
    def label(self) -> str:
        """Return what it is known by; unique in its tenant."""
        return self.type


D = TypeVar("D", ResourceDocument, DetailTypeDocument)


@dataclass(frozen=True, slots=True)
class Entry(Generic[D]):
    """One of either, as it is stored. ``id`` is internal; the document's ``label`` is what others know."""

    id: str
    document: D
    created_at: Instant
    updated_at: Instant
    version: int = 1

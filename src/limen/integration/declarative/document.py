"""What a document may say. Member names are those of the API and of RFC 7591."""

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from limen.access.clients.fields import public_fields
from limen.access.clients.records import ClientDocument
from limen.access.resources.records import DetailTypeDocument, ResourceDocument
from limen.identity.audit.destinations import DestinationDocument
from limen.identity.tenants.records import DEFAULT_SLUG, TenantSettings


class SecretReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a secret is: in an environment variable, or in a file beside the document."""

    env: str = ""
    file: str = ""


class DeclaredTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tenant; without a name or settings those stay as they are."""

    slug: str = DEFAULT_SLUG
    name: str = ""
    settings: TenantSettings | None = None


class _Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    client_id: str
    name: str = ""
    secret: SecretReference | None = None

    def document(self) -> ClientDocument:
        """Return it as the use case takes it, without a secret."""
        same = {name: getattr(self, name) for name in SHARED}
        return ClientDocument(client_name=self.name or self.client_id, **same)


_shared: list[Any] = [
    (field.name, field.type, field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory())
    for field in public_fields(ClientDocument)
    if field.name != "client_name"
]
SHARED = tuple(name for name, _, _ in _shared)
"""What a declared client has in common with a registered one."""

if TYPE_CHECKING:
    _Metadata = _Named
else:
    _Metadata = msgspec.defstruct("_Metadata", _shared, bases=(_Named,), module=__name__, kw_only=True)


class DeclaredClient(_Metadata, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A client. What is absent has its default, whatever it was before; an absent secret stays.

    Beside its name and secret it has what ``access.clients.records`` declares of a client.
    """


class _Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    secret: SecretReference | None = None

    def document(self) -> DestinationDocument:
        """Return it as the use case takes it, without a secret."""
        return DestinationDocument(**{name: getattr(self, name) for name in DestinationDocument.__struct_fields__})


if TYPE_CHECKING:

    class _Destination(_Secret, frozen=True, kw_only=True):
        name: str
else:
    _Destination = msgspec.defstruct(
        "_Destination",
        [
            (one.name, one.type) if one.default is msgspec.NODEFAULT else (one.name, one.type, one.default)
            for one in public_fields(DestinationDocument)
        ],
        bases=(_Secret,),
        module=__name__,
        kw_only=True,
    )


class DeclaredDestination(_Destination, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the audit log is streamed to; an absent secret stays."""


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One tenant, its resource servers, its types of authorization details, its audit destinations and its clients."""

    version: Literal[1] = 1
    tenant: DeclaredTenant = DeclaredTenant()
    resource_servers: tuple[ResourceDocument, ...] = ()
    authorization_details_types: tuple[DetailTypeDocument, ...] = ()
    audit_destinations: tuple[DeclaredDestination, ...] = ()
    clients: tuple[DeclaredClient, ...] = ()

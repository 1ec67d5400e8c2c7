"""Registering oneself, and reading, changing and removing what one registered (RFC 7591 §3, RFC 7592 §2)."""

import hmac
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from limen.access.clients.dynamic.initial import PURPOSE
from limen.access.clients.dynamic.metadata import METADATA, check_redirects, read_metadata, refused
from limen.access.clients.dynamic.statements import INVALID as INVALID_STATEMENT
from limen.access.clients.dynamic.statements import stated, verified_statement
from limen.access.clients.dynamic.store import DynamicUnit
from limen.access.clients.records import Client, ClientDocument
from limen.access.clients.registration import Registered, Registration
from limen.access.clients.secrets import hash_secret, needs_secret
from limen.access.clients.validation import validate
from limen.identity.administrators import Actor
from limen.identity.tenants.records import Tenant
from limen.identity.tenants.registration import RegistrationSettings
from limen.kernel.clock import DAY
from limen.kernel.entropy import random_token
from limen.kernel.errors import Forbidden, Invalid, NotFound, Refusal, Unauthenticated
from limen.kernel.ids import TenantId
from limen.kernel.secret import Secret

_OVERLAP: Final = 2
"""The token that was shown last and the one before: an answer may be lost (RFC 7592 §3)."""
_ASSIGNED: Final = frozenset(
    {"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"}
)
"""What a client must not send back (RFC 7592 §2.2)."""
_UNKNOWN: Final = Unauthenticated("invalid_token", "no such client, or not its token")
_NEW: Final = ClientDocument(client_name="-", grant_types=())
Begin = Callable[[TenantId], AbstractAsyncContextManager[DynamicUnit]]


@dataclass(frozen=True, slots=True)
class SelfRegistered:
    """A client that registered or changed itself; secret and token where they were made just now."""

    client: Client
    secret: Secret | None
    token: Secret | None


@dataclass(frozen=True, slots=True)
class SelfRegistration:
    """One tenant's clients, as they look after themselves."""

    tenant: Tenant
    begin: Begin
    reading: Begin
    registration: Registration

    @property
    def _policy(self) -> RegistrationSettings:
        return self.tenant.settings.registration

    async def create(self, sent: Mapping[str, Any], bearer: str | None, request_id: str) -> SelfRegistered | Refusal:
        """Register a client from what it *sent*, if the tenant's policy lets whoever shows *bearer*."""
        policy, key = self._policy, await self._key()
        digest = hash_secret(key, bearer) if bearer is not None else ""
        actor = await self._admitted(digest, sent, request_id)
        if isinstance(actor, Refusal):
            return actor
        new = msgspec.structs.replace(
            _NEW, profile=policy.profile, audiences=policy.audiences, require_pkce=policy.require_pkce
        )
        document = await self._document(sent, new, policy.scopes)
        if isinstance(document, Refusal):
            return document
        token = Secret(random_token(self.registration.entropy))
        document = msgspec.structs.replace(document, registration_token_hashes=(hash_secret(key, token.reveal()),))
        wrong = validate(document)
        if wrong is not None:
            return refused(wrong.fields)
        if policy.mode == "token" and not await self._use(digest):
            return _UNKNOWN  # somebody else has used it up in the meantime
        until = self.registration.clock.now() + policy.unused_days * DAY
        made = await self.registration.create(document, actor, unused_until=until)
        if isinstance(made, Registered):
            return SelfRegistered(made.client, made.secret, token)
        return refused(made.fields) if made.code == METADATA else made

    async def read(self, client_id: str, bearer: str | None) -> SelfRegistered | Refusal:
        """Return what is registered (RFC 7592 §2.1); the token stays."""
        client = await self._proven(client_id, bearer)
        return client if isinstance(client, Refusal) else SelfRegistered(client, None, None)

    async def update(
        self, client_id: str, sent: Mapping[str, Any], bearer: str | None, request_id: str
    ) -> SelfRegistered | Refusal:
        """Replace what the client says of itself (RFC 7592 §2.2), and its token with it."""
        client = await self._proven(client_id, bearer)
        if isinstance(client, Refusal) or bearer is None:
            return client if isinstance(client, Refusal) else _UNKNOWN
        wrong = await self._not_to_be_sent(client, sent)
        if wrong is not None:
            return wrong
        before = client.document
        scopes = tuple(dict.fromkeys((*self._policy.scopes, *before.scopes)))  # an administrator may have given more
        sent = {**sent, **stated(before.software_statement)} if before.software_statement else sent
        document = await self._document({**sent, "software_statement": None}, before, scopes)
        if isinstance(document, Refusal):
            return document
        key, token = await self._key(), Secret(random_token(self.registration.entropy))
        hashes = (hash_secret(key, token.reveal()), hash_secret(key, bearer))[:_OVERLAP]
        actor = _actor(f"client:{client_id}", request_id)
        changed = await self.registration.update(
            client_id,
            lambda _: document,
            actor,
            expected_version=client.version,
            internal={"registration_token_hashes": hashes},
        )
        if isinstance(changed, Refusal):
            return refused(changed.fields) if changed.code == METADATA else changed
        if needs_secret(changed.document) and not changed.document.secret_hashes:
            made = await self.registration.rotate_secret(client_id, actor)
            return made if isinstance(made, Refusal) else SelfRegistered(made.client, made.secret, token)
        return SelfRegistered(changed, None, token)

    async def delete(self, client_id: str, bearer: str | None, request_id: str) -> Client | Refusal:
        """Remove the client, its grants and its tokens (RFC 7592 §2.3)."""
        client = await self._proven(client_id, bearer)
        if isinstance(client, Refusal):
            return client
        return await self.registration.delete(client_id, _actor(f"client:{client_id}", request_id))

    async def _admitted(self, digest: str, sent: Mapping[str, Any], request_id: str) -> Actor | Refusal:
        policy = self._policy
        if policy.mode == "off":
            return NotFound("registration_is_off")
        if policy.mode == "statement" and not sent.get("software_statement"):
            return Invalid(INVALID_STATEMENT, "a software statement is required")
        async with self.reading(self.tenant.id) as unit:
            now = self.registration.clock.now()
            token = await unit.initial_tokens.find(digest, now) if policy.mode == "token" and digest else None
            if policy.mode == "token" and token is None:
                return Unauthenticated("invalid_token", "initial access token")
            if await unit.clients.count_dynamic() >= policy.most_clients:
                return Forbidden("too_many_clients", "the tenant's quota")
        return _actor(f"registration:{token.id if token is not None else policy.mode}", request_id)

    async def _document(
        self, sent: Mapping[str, Any], base: ClientDocument, scopes: tuple[str, ...]
    ) -> ClientDocument | Refusal:
        policy, statement = self._policy, sent.get("software_statement")
        if statement is not None:
            if not isinstance(statement, str):
                return Invalid(INVALID_STATEMENT, "no text")
            said = await verified_statement(
                statement, policy.statement_issuers, self.registration.outgoing, self.registration.clock.now()
            )
            if isinstance(said, Refusal):
                return said
            sent = {**sent, **said}  # RFC 7591 §2.3: what is signed takes precedence
            base = msgspec.structs.replace(base, software_statement=statement)
        document = read_metadata(sent, base, scopes)
        if isinstance(document, Refusal):
            return document
        beyond = [grant for grant in document.grant_types if grant not in {*policy.grant_types, *base.grant_types}]
        if beyond:
            return refused({"grant_types": "grant_types.not_allowed"})
        return check_redirects(document, policy.redirect_hosts, native=policy.native_redirects) or document

    async def _proven(self, client_id: str, bearer: str | None) -> Client | Refusal:
        digest = hash_secret(await self._key(), bearer or "")
        async with self.reading(self.tenant.id) as unit:
            client = await unit.clients.get(client_id) if "\0" not in client_id else None
        hashes = client.document.registration_token_hashes if client is not None else ("",)
        matches = [hmac.compare_digest(digest, one) for one in hashes]
        if client is None or bearer is None or not any(matches) or not client.is_active:
            return _UNKNOWN
        return client

    async def _not_to_be_sent(self, client: Client, sent: Mapping[str, Any]) -> Invalid | None:
        if sent.get("client_id") != client.client_id:
            return refused({"client_id": "client_id.differs"})
        assigned = sorted(_ASSIGNED & sent.keys())
        if assigned:
            return refused({assigned[0]: "assigned_by_server"})
        secret = sent.get("client_secret")
        if secret is None:
            return None
        digest = hash_secret(await self.registration.secret_key(), secret) if isinstance(secret, str) else ""
        matches = [hmac.compare_digest(digest, one) for one in client.document.secret_hashes]
        return None if any(matches) else refused({"client_secret": "secret.differs"})

    async def _use(self, digest: str) -> bool:
        async with self.begin(self.tenant.id) as unit:
            return await unit.initial_tokens.use(digest, self.registration.clock.now())

    async def _key(self) -> bytes:
        return (await self.registration.keyring.tenant(self.tenant.id)).derive(PURPOSE)


def _actor(name: str, request_id: str) -> Actor:
    return Actor(name, request_id, frozenset())

"""Records to store: valid, small, and different each time."""

import itertools
import sqlite3
from dataclasses import dataclass, replace

import asyncpg
import msgspec
from sqlalchemy import select

from limen.access.account.archive import Archive
from limen.access.clients.records import Client, ClientDocument
from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.jose.algorithms import Algorithm
from limen.access.jose.keys import SigningKey
from limen.access.journeys.records import SealedJourney
from limen.access.safety.records import AccountLink, LinkKind, RecoveryRequest, RequestState, TrustedDevice
from limen.access.sessions.records import Browser, Evidence, Session
from limen.access.tokens.pushed import PushedRequest
from limen.access.tokens.records import Authentication, AuthorizationCode, Grant, RedeemCode, RotateToken
from limen.access.tokens.waiting import WaitingKind, WaitingRequest
from limen.identity.consents.purposes import Channel, Kind, Purpose, Terms, Text, Version
from limen.identity.consents.records import ConsentDecision, Decision
from limen.identity.consents.sequence import LedgerSigner
from limen.identity.credentials.records import StoredPassword
from limen.identity.customers.records import ContactIndex, CustomerState, SealedCustomer
from limen.identity.rights import records as rights
from limen.identity.rights.records import PrivacyRequest, PrivacyRequestId
from limen.identity.search.records import IndexState, Match, SearchIndex
from limen.kernel.clock import DAY, HOUR, MINUTE, SECOND
from limen.kernel.encoding import sha256
from limen.kernel.ids import (
    AttackId,
    BrowserId,
    ClientKey,
    CustomerId,
    DeviceId,
    FactorId,
    FamilyId,
    GrantId,
    JourneyId,
    PurposeId,
    RecoveryId,
    SessionId,
    WaitingId,
)
from limen.storage import schema
from limen.trust.attacks.alerts import Attack, Severity

_count = itertools.count(1)
GRACE = 10 * SECOND
VIOLATED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


def fresh() -> str:
    return f"n{next(_count)}"


def digest(text: str) -> bytes:
    return sha256(text.encode())


def customer(world, **changes) -> SealedCustomer:
    now = world.clock.now()
    made = SealedCustomer(
        id=CustomerId.new(world.clock, world.entropy),
        subject=fresh(),
        sealed_profile=b"profile",
        created_at=now,
        updated_at=now,
        state=CustomerState.ACTIVE,
        valid_after=0,
        version=1,
    )
    return replace(made, **changes)


def contact(owner: SealedCustomer, address: str | None = None) -> ContactIndex:
    return ContactIndex("email", digest(address or fresh()), 1, "email-v1", owner.id, owner.created_at)


def search_index(world, number: int = 1, **changes) -> SearchIndex:
    """An index of names by prefix that profiles are written to."""
    made = SearchIndex(number, "name", Match.PREFIX, 1, "search-v1", IndexState.BUILDING, world.clock.now())
    return replace(made, **changes)


def password(owner: SealedCustomer) -> StoredPassword:
    return StoredPassword(owner.id, b"sealed", owner.created_at)


def factor(world, owner: SealedCustomer, **changes) -> StoredFactor:
    """An authenticator app whose codes were never used."""
    factor_id = FactorId.new(world.clock, world.entropy)
    made = StoredFactor(factor_id, owner.id, FactorKind.TOTP, b"sealed", None, world.clock.now())
    return msgspec.structs.replace(made, **changes)


def recovery_code(world, owner: SealedCustomer, code: str) -> StoredFactor:
    return factor(world, owner, kind=FactorKind.RECOVERY, sealed=b"", digest=digest(code))


def recovery_request(world, owner: SealedCustomer, **changes) -> RecoveryRequest:
    """A recovery request with three notices to come, the next in a day."""
    now = world.clock.now()
    request_id = RecoveryId.new(world.clock, world.entropy)
    made = RecoveryRequest(request_id, owner.id, RequestState.WAITING, b"sealed", 3, now, now + DAY)
    return replace(made, **changes)


def account_link(world, owner: SealedCustomer, **changes) -> AccountLink:
    """A link in a notice, good for a day."""
    now = world.clock.now()
    return replace(AccountLink(digest(fresh()), owner.id, LinkKind.SECURE, "", b"sealed", now, now + DAY), **changes)


def trusted_device(world, owner: SealedCustomer, at: Browser, **changes) -> TrustedDevice:
    """A browser that its customer trusts for a day."""
    now = world.clock.now()
    device_id = DeviceId.new(world.clock, world.entropy)
    return replace(TrustedDevice(device_id, owner.id, at.id, b"sealed", now, now, now + DAY), **changes)


def archive(world, owner: SealedCustomer) -> Archive:
    """A copy that was asked for and is not made."""
    now = world.clock.now()
    return Archive(owner.id, "en", now, now + 7 * DAY)


def privacy_request(world, owner: SealedCustomer, **changes) -> PrivacyRequest:
    """An open request, due in thirty days."""
    now = world.clock.now()
    request_id = PrivacyRequestId.new(world.clock, world.entropy)
    made = PrivacyRequest(
        request_id,
        owner.id,
        rights.RequestKind.OBJECTION,
        rights.RequestState.OPEN,
        rights.Law.GDPR,
        "customer",
        now,
        now + 30 * DAY,
    )
    return replace(made, **changes)


def browser(world) -> Browser:
    now = world.clock.now()
    return Browser(BrowserId.new(world.clock, world.entropy), digest(fresh()), now, now)


def session(world, owner: SealedCustomer, at: Browser, **changes) -> Session:
    now = world.clock.now()
    evidence = (Evidence("pwd", now),)
    made = Session(
        SessionId.new(world.clock, world.entropy), fresh(), at.id, owner.id, evidence, now, now, now + 30 * DAY
    )
    return msgspec.structs.replace(made, **changes)


def client(world, client_id: str | None = None) -> Client:
    now = world.clock.now()
    document = ClientDocument(client_name="A shop", redirect_uris=("https://shop.example/cb",))
    return Client(ClientKey.new(world.clock, world.entropy), client_id or fresh(), document, now, now)


def grant(world, owner: SealedCustomer, to: Client, *scopes: str) -> Grant:
    now = world.clock.now()
    return Grant(GrantId.new(world.clock, world.entropy), owner.id, to.key, scopes or ("openid",), now, now)


def journey(world, at: Browser, **changes) -> SealedJourney:
    now = world.clock.now()
    made = SealedJourney(
        JourneyId.new(world.clock, world.entropy), at.id, b"state", None, now, now + HOUR, version=1, finished_at=None
    )
    return msgspec.structs.replace(made, **changes)


def attack(world, kind: str = "attack", **changes) -> Attack:
    """An attack that begins."""
    now = world.clock.now()
    found = Attack(AttackId.new(world.clock, world.entropy), kind, Severity.LOW, now, now)
    return replace(found, **changes)


def waiting(world, **changes) -> WaitingRequest:
    now = world.clock.now()
    made = WaitingRequest(
        id=WaitingId.new(world.clock, world.entropy),
        kind=WaitingKind.DEVICE,
        code_hash=digest(fresh()),
        user_hash=digest(fresh()),
        client=ClientKey("cli_device"),
        customer_id=None,
        sealed=b"sealed",
        created_at=now,
        expires_at=now + 10 * MINUTE,
    )
    return replace(made, **changes)


def signing_key(world, **changes) -> SigningKey:
    now = world.clock.now()
    made = SigningKey(fresh(), Algorithm.ES256, {"kty": "EC"}, now, now, b"sealed")
    return replace(made, **changes)


SIGNER = LedgerSigner("k", "EdDSA", {}, lambda data: sha256(b"signed", data))
"""Signs consent checkpoints, for who does not look at signatures."""


def purpose(world, name: str = "news") -> Purpose:
    now = world.clock.now()
    terms = Terms(texts={"en": Text("News", "We write to you.")}, data=("email",))
    purpose_id = PurposeId.new(world.clock, world.entropy)
    return Purpose(purpose_id, name, Kind.MARKETING, Channel.EMAIL, "", Version(1, terms, now), 1, now)


def decision(owner: SealedCustomer) -> ConsentDecision:
    return ConsentDecision(owner.id, "oauth", "shop", ("openid",), Decision.GIVEN, digest("text"), "en")


@dataclass(frozen=True)
class SignedIn:
    """A customer at a browser who allows a client something."""

    customer: SealedCustomer
    browser: Browser
    session: Session
    client: Client
    grant: Grant


async def signed_in(world, tenant_id=None) -> SignedIn:
    """Store a customer, a session, a client and a grant in one commit."""
    owner, at, to = customer(world), browser(world), client(world)
    sitting, allowed = session(world, owner, at), grant(world, owner, to)
    async with world.begin(tenant_id) as unit:
        assert await unit.customers.add(owner, contact(owner))
        await unit.sessions.add_browser(at)
        await unit.sessions.add(sitting)
        assert await unit.clients.add(to)
        await unit.grants.save(allowed)
    return SignedIn(owner, at, sitting, to, allowed)


def pushed(world, of: Client, **changes) -> PushedRequest:
    """A pushed authorization request that a browser may come with within a minute."""
    now = world.clock.now()
    return msgspec.structs.replace(PushedRequest(digest(fresh()), of.key, b"sealed", now, now + MINUTE), **changes)


async def code(world, who: SignedIn, tenant_id=None, **changes) -> AuthorizationCode:
    """Store a code of *who* that may be redeemed within a minute."""
    now = world.clock.now()
    made = AuthorizationCode(
        code_hash=digest(fresh()),
        grant_id=who.grant.id,
        session_id=who.session.id,
        customer_id=who.customer.id,
        client=who.client.key,
        redirect_uri="https://shop.example/cb",
        challenge="c" * 43,
        nonce="nonce",
        scopes=("openid", "offline_access"),
        authentication=Authentication(who.customer.subject, who.session.sid, now // SECOND, ("pwd",)),
        created_at=now,
        expires_at=now + MINUTE,
    )
    made = msgspec.structs.replace(made, **changes)
    async with world.begin(tenant_id) as unit:
        await unit.grants.add_code(made)
    return made


def redemption(world, of: AuthorizationCode, **changes) -> RedeemCode:
    now = world.clock.now()
    made = RedeemCode(
        code_hash=of.code_hash,
        client=of.client,
        client_id="shop",
        redirect_uri=of.redirect_uri,
        challenge=of.challenge,
        family_id=FamilyId.new(world.clock, world.entropy),
        refresh_hash=digest("refresh-0"),
        refresh_allowed=True,
        idle_until=now + 14 * DAY,
        family_expires_at=now + 90 * DAY,
    )
    return msgspec.structs.replace(made, **changes)


async def family(world, who: SignedIn | None = None, tenant_id=None) -> tuple[FamilyId, SignedIn]:
    """Redeem a fresh code; the family's current refresh token hashes to ``digest("refresh-0")``."""
    who = who or await signed_in(world, tenant_id)
    ask = redemption(world, await code(world, who, tenant_id))
    await world.storage.hot_for(tenant_id or world.a).redeem_code(ask)
    return ask.family_id, who


def rotation(world, family_id: FamilyId, who: SignedIn, generation: int = 0, **changes) -> RotateToken:
    made = RotateToken(
        family_id=family_id,
        client=who.client.key,
        client_id="shop",
        generation=generation,
        presented_hash=digest(f"refresh-{generation}"),
        successor_hash=digest(f"refresh-{generation + 1}"),
        grace=GRACE,
        idle_until=world.clock.now() + 14 * DAY,
    )
    return msgspec.structs.replace(made, **changes)


async def family_row(world, family_id: FamilyId, tenant_id=None):
    """The family as it is stored."""
    async with world.read(tenant_id) as unit:
        mine = select(schema.tokens.families).where(schema.tokens.families.c.id == family_id)
        return (await unit.connection.execute(mine)).one()

"""What a step is told beside its form."""

from dataclasses import dataclass

import msgspec

from limen.access.clients.records import Client
from limen.access.factors.records import FactorKind, StoredFactor
from limen.access.journeys.challenges import challenge_of
from limen.access.journeys.parts import JourneyParts
from limen.access.journeys.records import Journey
from limen.access.oauth.records import AuthorizationRequest
from limen.access.passkeys.records import Key
from limen.access.safety.records import RecoveryRequest, TrustedDevice
from limen.access.sessions.records import Evidence, Session
from limen.access.tokens.details import Details
from limen.identity.consents.purposes import Purpose
from limen.identity.customers.records import Customer
from limen.identity.keyring import SubjectVault
from limen.identity.profiles.records import Question
from limen.kernel.context import RequestContext
from limen.kernel.ids import CustomerId
from limen.trust.risk.judge import Kept


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is signed in at this browser."""

    session: Session
    customer: Customer


class Facts(msgspec.Struct, frozen=True):
    """What is true about a journey outside of it; gathered before ``next_step`` is asked.

    Attributes:
        request: the authorization request the journey serves, or None.
        client: who asked, or None.
        customer: who the journey has proven, unsealed, or None.
        is_proven: whether that proof still counts: nothing ended the chosen session, or everything of the customer's,
            since.
        accounts: who is signed in at this browser.
        device_of: whose sessions this browser ever held, ended ones too; of a journey that its browser answers: it is
            for limits, which a page that only shows a step does not ask.
        proven_by: the hash of the secret that proved this browser; of a journey that it opened.
        at_newcomer: nobody was ever signed in at this browser when its secret proved it: who was since changed that.
        consent_due: scopes that have still to be allowed.
        second_factor: what is owed of a second factor: ``ask``, ``enrol`` or nothing; or ``offer``.
        factors: the customer's second factors, where they concern the journey; but for recovery codes.
        codes_left: how many recovery codes may be used, where factors concern the journey.
        keys: the customer's passkeys and security keys, opened, where one is asked for or changed.
        handle: the customer's user handle, where a passkey may be made.
        vault: the customer's own, by which they were unsealed.
        habits: what they showed before, where this very request has read it.
        address_due: the address is to be proven: the tenant wants that, and nobody has done it.
        username_due: a user name is asked for: the tenant wants one, and the customer has none.
        offers_passkey: whoever signed in by password is asked whether they want one.
        barred: kinds of factors that are not asked for in this journey.
        held: what the journey has proven, else what the session that stands rests on; where factors concern it.
        terms_due: what the tenant requires and the customer has not accepted.
        question: what the profile lacks, and is asked for now.
        recovery: the open request of a customer who recovers and owes a second factor.
        trusted: why no second factor is owed: the customer trusts this browser.
        recovers: a recovery request of the customer's may be open; False where it is known that none is.
        has_failed: wrong passwords may be counted against the customer; False where it is known that none are.
        details_due: ``authorization_details`` that have to be allowed (RFC 9396).
    """

    request: AuthorizationRequest | None = None
    client: Client | None = None
    customer: Customer | None = None
    is_proven: bool = False
    accounts: tuple[Account, ...] = ()
    device_of: frozenset[CustomerId] = frozenset()
    proven_by: bytes = b""
    at_newcomer: bool = False
    consent_due: tuple[str, ...] = ()
    details_due: Details = ()
    second_factor: str = ""
    factors: tuple[StoredFactor, ...] = ()
    codes_left: int = 0
    held: tuple[Evidence, ...] = ()
    barred: frozenset[FactorKind] = frozenset()
    recovery: RecoveryRequest | None = None
    trusted: TrustedDevice | None = None
    recovers: bool = True
    has_failed: bool = True
    question: Question | None = None
    terms_due: tuple[Purpose, ...] = ()
    keys: tuple[Key, ...] = ()
    handle: bytes = b""
    offers_passkey: bool = False
    address_due: bool = False
    username_due: bool = False
    vault: SubjectVault | None = None
    habits: Kept | None = None

    @property
    def client_name(self) -> str | None:
        """Return the name of the application that asked, if one did."""
        return self.client.document.client_name if self.client is not None else None


class StepContext(msgspec.Struct, frozen=True):
    """One step being taken: the journey, its vault, the facts, the request, and the tenant's parts."""

    parts: JourneyParts
    journey: Journey
    vault: SubjectVault
    facts: Facts
    request: RequestContext

    @property
    def challenge(self) -> str:
        """Return what an authenticator signs in this step, as base64url: only this journey has it, at this version."""
        return challenge_of(self.vault.tenant, self.journey)

"""A customer's own account, as the customer sees it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from pydantic import ConfigDict, Field

from limen.access.account.records import Application, DeletionRequest, Device, Happening
from limen.access.factors.records import FactorKind, StoredFactor, codes_left, open_secret
from limen.access.passkeys.records import open_credential
from limen.identity.customers.records import Customer, Profile
from limen.identity.keyring import SubjectVault
from limen.identity.profiles.claims import SAID, claim_access, hidden_claims
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.values import access, brought_up, readable
from limen.integration.api.models.claims import AddressShown, ClaimsSent, ClaimsShown, said, shown_claims
from limen.integration.api.models.common import Bool, Moment, Sent, Shown, Str, moment, without_defaults
from limen.integration.api.models.customers import Attributes, Locale, Name, Zone

_CLAIMS = ("email", "email_verified", "name", "given_name", "family_name", "locale", "zoneinfo", "username")
Country = Callable[[str], str]

OwnKind = Annotated[FactorKind, Field(json_schema_extra={"enum": [one for one in FactorKind if one != "recovery"]})]


class AccountShown(ClaimsShown):
    """A customer's own profile. ``subject`` is what most relying parties know as ``sub``."""

    subject: str
    email: str
    email_verified: bool
    name: str
    given_name: str
    family_name: str
    locale: str = Field(description="The language that pages and messages are in; empty: what the browser asks for.")
    zoneinfo: str
    username: str = Field(description="Empty for none.")
    created_at: Moment
    updated_at: Moment
    version: int


class AccountPatch(ClaimsSent):
    """What is to be different; what is absent stays (RFC 7396). Another e-mail address is proven on the account page.

    Claims that the tenant keeps from its customers, or shows them to read, are refused, whatever they say.
    """

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""
    given_name: Name = ""
    family_name: Name = ""
    locale: Locale = ""
    zoneinfo: Zone = ""

    def applied(self, profile: Profile) -> Profile:
        """Return *profile* with what was sent."""
        return msgspec.structs.replace(profile, **said(self.model_dump(exclude_unset=True), profile))


class ReleasedShown(Shown):
    """What of a profile is open to an application: of these members, those that its scopes let it read or write."""

    name: str = ""
    given_name: str = ""
    family_name: str = ""
    locale: str = ""
    zoneinfo: str = ""
    middle_name: str = ""
    nickname: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    gender: str = ""
    birthdate: str = ""
    address: AddressShown | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    writable: list[str] = Field(description="Which of them it may write; those of attributes as `attributes.NAME`.")


class ReleasedPatch(AccountPatch):
    """What is to be different; what is absent stays (RFC 7396), and an attribute that is null goes.

    Claims and attributes that the application's scopes do not let it write are refused, whatever they say.
    """

    attributes: Attributes = Field(default_factory=dict)


class UsernameSent(Sent):
    """A user name; an empty one for none."""

    username: Annotated[Str, Field(max_length=100)]


class SessionShown(Shown):
    """Where the customer is signed in."""

    id: str
    is_current: Bool = Field(description="Whether the access token came from this session.")
    user_agent: str = Field(description="How the browser called itself at the last proof; empty where nobody knows.")
    network: str = Field(description="The network it came from then (CIDR), not the address.")
    country: str = Field(description="Where that network is (ISO 3166-1 alpha-2); empty where nobody knows.")
    methods: list[str] = Field(description="How the customer proved who they are (RFC 8176).")
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
    applications: list[str] = Field(description="The names of those that hold refresh tokens from it.")


class SessionsShown(Shown):
    """Every session, last seen first."""

    items: list[SessionShown]


class EndedShown(Shown):
    """How many sessions ended."""

    ended: int


class ApplicationShown(Shown):
    """An application that may do something for the customer."""

    id: str
    client_id: str
    name: str
    scopes: list[str] = Field(description="What it was allowed; nothing where its owner never asks.")
    since: Moment
    used_at: Moment | None = Field(description="When it last fetched a token that outlives a session.")


class ApplicationsShown(Shown):
    """All of them, by name."""

    items: list[ApplicationShown]


class FactorOwned(Shown):
    """A factor, with the name that its owner gave it, without its secret or number."""

    id: str
    kind: OwnKind
    name: str
    created_at: Moment
    last_used_at: Moment | None


class FactorsOwned(Shown):
    """Passkeys, security keys and second factors, oldest first."""

    items: list[FactorOwned]
    recovery_codes_left: int = Field(description="How many recovery codes are not spent.")


class FactorPatch(Sent):
    """Another name for a passkey or a security key."""

    name: Annotated[Str, Field(min_length=1, max_length=60)]


class HappeningShown(Shown):
    """Something that happened to the account."""

    at: Moment
    event: str
    is_refused: Bool
    application: str = Field(description="What the application calls itself that it concerns; else empty.")
    user_agent: str
    network: str
    country: str = Field(description="Where that network is (ISO 3166-1 alpha-2); empty where nobody knows.")


class HistoryPage(Shown):
    """A page of what happened, newest first."""

    items: list[HappeningShown]
    next: str | None = Field(description="The next page, or null at the end.")


class DeletionShown(Shown):
    """The customer asked for the account to be deleted."""

    requested_at: Moment
    due_at: Moment = Field(description="When it is erased for good, unless the request is cancelled before.")
    reason: Literal["customer", "inactive"] = Field(
        description="Whether the customer asked for it, or nobody had signed in for long."
    )


def shown_account(customer: Customer, settings: ProfileSettings) -> AccountShown:
    """Return *customer* as they see themselves."""
    told = customer.profile.hiding(hidden_claims(settings))
    profile = {name: getattr(told, name) for name in _CLAIMS}
    profile |= shown_claims(told)
    return AccountShown(
        subject=customer.subject,
        created_at=moment(customer.created_at),
        updated_at=moment(customer.updated_at),
        version=customer.version,
        **profile,
    )


def shown_released(customer: Customer, settings: ProfileSettings, granted: frozenset[str]) -> dict[str, Any]:
    """Return what an application with the scopes *granted* may read or write (:class:`ReleasedShown`)."""
    profile = customer.profile
    claims = {name: found for name in SAID if (found := claim_access(settings, name, granted)) != "nothing"}
    writable = [name for name, found in claims.items() if found == "write"]
    writable += [f"attributes.{name}" for name in settings.attributes if access(settings, name, granted) == "write"]
    values = readable(settings, brought_up(settings, profile.attributes), granted)
    return {**{name: getattr(profile, name) for name in claims}, "attributes": values, "writable": writable}


def shown_session(device: Device, current: str, country: Country) -> SessionShown:
    """Return a session; *current* is the ``sid`` of the token's, *country* knows where networks are."""
    session = device.session
    return SessionShown(
        id=session.sid,
        is_current=session.sid == current,
        user_agent=device.seen.user_agent,
        network=device.seen.network,
        country=country(device.seen.network),
        methods=list(session.amr),
        created_at=moment(session.created_at),
        seen_at=moment(session.seen_at),
        expires_at=moment(session.expires_at),
        applications=list(device.applications),
    )


def shown_application(application: Application) -> ApplicationShown:
    """Return an application as it is shown."""
    used = application.used_at
    return ApplicationShown(
        id=application.grant_id,
        client_id=application.party.client_id,
        name=application.party.name,
        scopes=list(application.scopes),
        since=moment(application.since),
        used_at=moment(used) if used is not None else None,
    )


def shown_factors(factors: list[StoredFactor], vault: SubjectVault) -> FactorsOwned:
    """Return all factors, opened for their names."""
    items = [shown_factor(factor, vault) for factor in factors if factor.kind is not FactorKind.RECOVERY]
    return FactorsOwned(items=items, recovery_codes_left=codes_left(factors))


def shown_factor(factor: StoredFactor, vault: SubjectVault) -> FactorOwned:
    """Return a factor with its name."""
    used, name = factor.last_used_at, ""
    if factor.is_key:
        name = open_credential(vault, factor).name
    elif factor.kind is FactorKind.TOTP:
        name = open_secret(vault, factor).name
    return FactorOwned(
        id=factor.id,
        kind=factor.kind,
        name=name,
        created_at=moment(factor.created_at),
        last_used_at=moment(used) if used is not None else None,
    )


def shown_happening(happening: Happening, country: Country) -> HappeningShown:
    """Return a line of the history; *country* knows where networks are."""
    return HappeningShown(
        at=moment(happening.at),
        event=happening.event,
        is_refused=happening.is_refused,
        application=happening.client_name,
        user_agent=happening.seen.user_agent,
        network=happening.seen.network,
        country=country(happening.seen.network),
    )


def shown_deletion(request: DeletionRequest) -> DeletionShown:
    """Return a request to be deleted."""
    return DeletionShown.model_validate(
        {"requested_at": moment(request.created_at), "due_at": moment(request.due_at), "reason": request.reason}
    )

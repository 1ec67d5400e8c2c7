"""A copy of what is held of a customer now, for them to keep or to take elsewhere (GDPR articles 15 and 20).

No secret is in it, nor what would help to forge one; nor a whole network address, so that whoever took an account over
does not learn where its owner is; nor a legal hold, which may be of a proceeding that concerns others (GDPR article 15
(4)). Instants are RFC 3339 in UTC.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.account.applications import applications
from limen.access.account.devices import devices
from limen.access.account.held import held
from limen.access.account.history import NameOf, history
from limen.access.account.notices import told
from limen.access.account.records import Application, Device, Happening
from limen.access.account.unit import AccountParts, AccountUnit, Owner
from limen.access.factors.phone import open_phone
from limen.access.factors.records import FactorKind, StoredFactor, open_secret
from limen.access.passkeys.records import open_credential
from limen.access.safety.records import TrustedDevice, open_device
from limen.identity.consents.records import ConsentRecord
from limen.identity.customers.records import Profile
from limen.identity.keyring import SubjectVault
from limen.identity.preferences.choose import open_preferences
from limen.identity.rights.limits import opened
from limen.identity.rights.records import LimitKind, PrivacyRequest
from limen.identity.rights.requests import open_said
from limen.kernel.clock import DAY, Instant, to_datetime
from limen.trust.risk.counts import Tally
from limen.trust.risk.history import History
from limen.trust.risk.judge import open_history
from limen.trust.risk.records import ADDRESS

SCHEMA: Final = 1
"""The version of the document: members are added, never changed or removed."""
_HISTORY: Final = 500
_MOST: Final = 10_000
"""So many happenings are in a copy, the newest; and so many decisions."""


async def export(parts: AccountParts, owner: Owner, name_of: NameOf) -> dict[str, Any]:
    """Return the copy as JSON objects; that it was made is recorded, and its owner is told."""
    document = await gathered(parts, owner, name_of)
    tell = told(parts.desk, owner, "data_copied", {})
    async with parts.begin(parts.tenant_id) as writing:
        writing.seal_with(owner.vault)
        writing.record(owner.entry("data.exported"))
        tell(writing)
    return document


async def gathered(parts: AccountParts, owner: Owner, name_of: NameOf) -> dict[str, Any]:
    """Return the copy; nobody is told."""
    customer, vault = owner.customer, owner.vault
    async with parts.reading(parts.tenant_id) as unit:
        found = {
            "sessions": [_device(one) for one in await devices(parts, unit, customer, vault)],
            "applications": [_application(one) for one in await applications(parts, unit, customer)],
            "factors": [_factor(one, vault) for one in await unit.factors.of_customer(customer.id)],
            "decisions": [_decision(one) for one in await unit.consents.history(customer.id, limit=_MOST)],
            **await _more(unit, owner, parts.clock.now()),
        }
        happened: list[Happening] = []
        cursor = ""
        while len(happened) < _MOST:
            page, cursor = await history(unit, (customer.id, vault), name_of, cursor=cursor, limit=_HISTORY)
            happened += page
            if not cursor:
                break
    return {
        "schema": SCHEMA,
        "issuer": parts.desk.issuer,
        "made_at": _at(parts.clock.now()),
        "subject": customer.subject,
        "created_at": _at(customer.created_at),
        "updated_at": _at(customer.updated_at),
        "last_sign_in_on": _day(customer.seen_on),
        "profile": _profile(customer.profile),
        "purposes": _purposes(parts, owner),
        **found,
        "history": [_happening(one) for one in happened],
    }


async def _more(unit: AccountUnit, owner: Owner, now: Instant) -> dict[str, Any]:
    customer_id, vault = owner.customer.id, owner.vault
    chosen = await unit.preferences.get(customer_id)
    limits = await unit.processing_limits.of_customer(customer_id)
    habits = open_history(vault, customer_id, await unit.risk.history(customer_id))
    return {
        "trusted_devices": [_trusted(one, vault) for one in await unit.devices.of_customer(customer_id, now)],
        "preferences": msgspec.to_builtins(open_preferences(vault, chosen)) if chosen is not None else {},
        "privacy_requests": [_request(one, vault) for one in await unit.privacy_requests.of_customer(customer_id)],
        "restrictions": [
            {"at": _at(one.at), "reason": opened(vault, one).reason}
            for one in limits
            if one.kind is LimitKind.RESTRICTION
        ],
        "sign_in_habits": {} if habits.is_empty else _habits(habits),
    }


def _purposes(parts: AccountParts, owner: Owner) -> list[dict[str, str]]:
    """Return what of the profile is held for which purpose, in the words of the tenant."""
    settings, locale = parts.desk.tenant.settings.profile, owner.request.locale
    found = held(settings, owner.customer.profile, parts.desk.purposes, locale)
    return [{"data": one.name, "name": one.label or one.name, "purpose": one.purpose} for one in found]


def _profile(profile: Profile) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(profile)
    for name in ("email_since", "updated_at"):
        shown.pop(name, None)
    if profile.updated_at:
        shown["updated_at"] = _at(profile.updated_at)
    for field, name in (("emails", "email"), ("phones", "number")):
        if some := getattr(profile, field):
            shown[field] = [{name: one.value, "verified_at": _at(one.verified_at)} for one in some]
    if profile.identities:
        shown["identities"] = [
            {"issuer": one.issuer, "subject": one.subject, "label": one.label, "linked_at": _at(one.linked_at)}
            for one in profile.identities
        ]
    return shown


def _at(instant: Instant | None) -> str | None:
    return None if instant is None else to_datetime(instant).isoformat().replace("+00:00", "Z")


def _day(day: int | None) -> str | None:
    return None if day is None else to_datetime(day * DAY).date().isoformat()


def _device(device: Device) -> dict[str, Any]:
    session = device.session
    return {
        "user_agent": device.seen.user_agent,
        "network": device.seen.network,
        "methods": list(session.amr),
        "started_at": _at(session.created_at),
        "seen_at": _at(session.seen_at),
        "expires_at": _at(session.expires_at),
        "applications": list(device.applications),
    }


def _application(application: Application) -> dict[str, Any]:
    return {
        "client_id": application.party.client_id,
        "name": application.party.name,
        "scopes": list(application.scopes),
        "since": _at(application.since),
        "used_at": _at(application.used_at),
    }


def _factor(factor: StoredFactor, vault: SubjectVault) -> dict[str, Any]:
    shown = {"kind": factor.kind.value, "added_at": _at(factor.created_at), "used_at": _at(factor.last_used_at)}
    if factor.is_app:
        return {**shown, "name": open_secret(vault, factor).name}
    if factor.is_key:
        key = open_credential(vault, factor)
        return {**shown, "name": key.name, "model": key.aaguid, "user_agent": key.user_agent}
    if factor.kind is FactorKind.PHONE:
        phone = open_phone(vault, factor)
        return {**shown, "number": phone.number, "country": phone.country}
    return shown


def _trusted(device: TrustedDevice, vault: SubjectVault) -> dict[str, Any]:
    return {
        "user_agent": open_device(vault, device).user_agent,
        "added_at": _at(device.created_at),
        "used_at": _at(device.used_at),
        "expires_at": _at(device.expires_at),
    }


def _request(request: PrivacyRequest, vault: SubjectVault) -> dict[str, Any]:
    return {
        "kind": request.kind.value,
        "state": request.state.value,
        "at": _at(request.created_at),
        "due_at": _at(request.due_at),
        "closed_at": _at(request.closed_at),
        **msgspec.structs.asdict(open_said(vault, request)),
    }


def _habits(habits: History) -> dict[str, Any]:
    """Return what a sign-in is compared with: how often each was shown, faded, and when last."""
    last = habits.last
    return {
        **{level: _shown(tallies) for level, tallies in habits.values.items() if level != ADDRESS},
        "sign_ins": _tally(habits.sign_ins),
        "browsers": [_tally(one) for one in habits.devices.values()],
        "new_browsers": _tally(habits.new_devices),
        "hours": _shown(habits.hours),
        "days": _shown(habits.days),
        "first_at": _at(habits.first_at),
        "last": {"at": _at(last.at), "latitude": last.latitude, "longitude": last.longitude} if last else None,
    }


def _shown(tallies: Mapping[str, Tally]) -> list[dict[str, Any]]:
    return [{"value": value, **_tally(one)} for value, one in tallies.items()]


def _tally(tally: Tally) -> dict[str, Any]:
    return {"weight": round(tally.weight, 3), "at": _at(tally.at)}


def _decision(record: ConsentRecord) -> dict[str, Any]:
    made = record.decision
    return {
        "purpose": made.purpose,
        "party": made.party,
        "items": list(made.items),
        "decision": made.decision.value,
        "at": _at(record.at),
        "language": made.locale,
    }


def _happening(happening: Happening) -> dict[str, Any]:
    return {
        "at": _at(happening.at),
        "event": happening.event,
        "refused": happening.is_refused,
        "application": happening.client_name,
        "user_agent": happening.seen.user_agent,
        "network": happening.seen.network,
    }

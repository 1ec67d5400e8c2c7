"""What ``data`` holds in each event of the catalogue.

A member is added without a new version where it is optional; nothing is ever taken away or given another meaning under
the same version. Nothing personal stands here: what is personal is in the sealed part.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One member of ``data``: what it means, and whether it is always there."""

    meaning: str
    is_always: bool = True


def _sometimes(meaning: str) -> Member:
    return Member(meaning, is_always=False)


_VERSION = Member("The version of what changed, one higher with each change.")
_CUSTOMER = {
    "version": _VERSION,
    "fields": _sometimes("The members of the profile that changed, by name."),
    "state": _sometimes("``active``, ``restricted`` or ``disabled``, as it is now."),
    "sessions": _sometimes("How many sessions ended with it."),
}
_FACTOR = {
    "factor": Member("The factor's identifier."),
    "kind": Member(
        "``totp``: an authenticator app; ``phone`` or ``email``: codes by message; ``passkey``; ``security_key``."
    ),
}
_CLIENT = {"client_id": Member("The relying party, as it calls itself.")}
_RESOURCE = {"identifier": Member("The resource server's URI.")}
_DETAILS = {"type": Member("The type's name.")}
_CONSENT = {
    "purpose": Member("What it is for; ``oauth`` for an application's access."),
    "party": Member("Who may: the relying party's ``client_id``; empty for the tenant itself."),
    "items": Member("What it may: scopes, or kinds of data, sorted."),
    "version": _sometimes("The number of the purpose's version."),
    "record": _sometimes("The record in the consent ledger."),
}
_ENDED = {
    **_CONSENT,
    "version": Member("The version that was allowed."),
    "record": Member("The record in the consent ledger by which it was."),
}
_PURPOSE = {
    "purpose": Member("The purpose's name."),
    "version": Member("The number of its newest version."),
}
_ATTACK = {
    "attack": Member("The attack's identifier: the same when it is over."),
    "kind": Member(
        "``attack``: most tries from unknown devices fail; ``spraying``: one password on many accounts;"
        " ``address``, ``network``, ``account`` or ``device`` (a browser): many failures of one."
    ),
    "severity": Member("``low``, ``medium``, ``high`` or ``critical``: the gravest it was."),
    "networks": Member(
        "Up to five with the most failures in ten minutes: ``network`` (IPv4 /24, IPv6 /32), ``asn`` where geography"
        " knows it, and ``failures``."
    ),
}
_TENANT = {
    "tenant": Member("The tenant's identifier."),
    "slug": Member("The tenant's slug."),
    "version": _VERSION,
}

_IMPORT = {
    "import": Member("The import's identifier."),
    "format": Member(
        "Of which kind the file is: ``jsonl``, ``csv``, ``keycloak``, ``auth0``, ``cognito``, ``firebase``."
    ),
    "position": Member("How many rows are done with."),
}
_REQUEST = {"request": Member("The recovery request's identifier.")}
_DEVICE = {"device": Member("The trusted device's identifier.")}

_PRIVACY_REQUEST = {
    "request": Member("The privacy request's identifier."),
    "kind": Member("``export``, ``rectification``, ``restriction``, ``objection`` or ``erasure``."),
    "law": Member("Whose deadline it has: ``gdpr`` or ``ccpa``."),
    "due_at": Member("By when it is to be answered: microseconds since 1970, UTC."),
}
_DEEDS = ("opened", "started", "extended", "due_soon", "completed", "refused", "withdrawn")

EVENT_DATA: Mapping[str, Mapping[str, Member]] = {
    "mail.requested": {"template": Member("Which mail: the name of its template.")},
    "sms.requested": {"template": Member("Which message: the name of its words.")},
    "sms.country_stopped": {
        "country": Member("ISO 3166-1 alpha-2."),
        "sent": Member("How many codes were sent there within a day."),
        "typed": Member("How many of them were typed."),
    },
    "customer.registered": {
        "version": _sometimes("1, where an administrator made the account."),
        "method": _sometimes(
            "``administrator``, where one made the account; ``migration``, where an old system vouched."
        ),
        "password": _sometimes("Whether the administrator set a password."),
    },
    "customer.updated": _CUSTOMER,
    "customer.disabled": _CUSTOMER,
    "customer.deleted": {
        "version": _sometimes("The version of what was deleted, where it was not merged into another."),
        "merged_into": _sometimes("The customer that it went into."),
    },
    "customer.merged": {
        "version": _VERSION,
        "from": Member("The customer that went into the subject."),
        "from_subject": Member("What relying parties knew that one by."),
        "filled": Member("Fields that were empty and were taken over, by name."),
        "taken": Member("Fields that differed, of which the one who went won, by name."),
        "kept": Member("Fields that differed, of which the one who stayed won, by name."),
        "withdrawn": Member("Purposes (and parties) that only the one who stayed allowed: withdrawn."),
        "ends": Member("How many factors, applications and passwords ended with the one who went."),
    },
    "import.started": _IMPORT,
    "import.finished": {
        **_IMPORT,
        "created": Member("Customers that were made."),
        "present": Member("Rows whose customer was there already."),
        "refused": Member("Rows that did not go in."),
    },
    "password.changed": {},
    "risk.assessed": {
        "action": Member("What was done: ``sign_in``, ``refresh``, ``recovery``, ``factor_change``, ``sign_up``."),
        "client": Member("For which application, by its ``client_id``; empty for the account page."),
        "outcome": Member("What is decided: ``allow``, ``notify``, ``challenge``, ``delay``, ``deny``."),
        "enforced": Member("Whether that is done: not in the shadow, nor where nothing more could be asked for."),
        "probability": Member("How likely it is somebody else, from 0 to 1; of a sign-up, its points in thousands."),
        "score": Member("The logarithm of the likelihood ratio that it is calibrated from; of a sign-up, its points."),
        "reasons": Member("Why, the gravest first: stable names (``risk.reason.…``)."),
        "model": Member("The version of the model that said so."),
    },
    "sign_in.unfamiliar": {
        "session": Member("The session that began there."),
        "new": Member(
            "What was new: ``new_country``, ``new_device``, the gravest first; or ``unusual_sign_in``, for risk."
        ),
    },
    "password.guessed": {},
    "password.breached": {
        "known": Member("``password``: it is on a list; ``pair``: together with the address."),
        "policy": Member("What followed: ``notice``, ``challenge`` or ``change``."),
    },
    "factor.added": {
        **_FACTOR,
        "synced": _sometimes("Of a passkey or key: 1 where it may be on several devices, else 0."),
    },
    "factor.removed": {**_FACTOR, "by": Member("``customer`` or ``administrator``.")},
    "recovery_codes.replaced": {},
    "recovery_code.used": {"left": Member("How many recovery codes are left.")},
    "passkey.counter_went_back": _FACTOR,
    "email.changed": {
        "held_until": _sometimes("Until when the former address is nobody else's; absent for not at all.")
    },
    "email.added": {},
    "email.removed": {"held_until": _sometimes("Until when the address is nobody else's; absent for not at all.")},
    "email.made_primary": {},
    "phone.added": {},
    "phone.removed": {"held_until": _sometimes("Until when the number is nobody else's; absent for not at all.")},
    "phone.made_primary": {},
    "username.changed": {
        "held_until": _sometimes("Until when the name before is nobody else's; absent for not at all.")
    },
    "identity.linked": {},
    "identity.unlinked": {},
    "account.reclaimed": {"version": _VERSION},
    "recovery.requested": {**_REQUEST, "ready_at": Member("When it will be ready at the earliest, in microseconds.")},
    "recovery.ready": _REQUEST,
    "recovery.completed": {**_REQUEST, "factors": Member("How many factors and recovery codes were removed.")},
    "recovery.cancelled": {
        **_REQUEST,
        "by": Member(
            "``link``, ``customer``, ``second_factor`` (a sign-in with one), ``secured``, ``administrator`` or"
            " ``settings``."
        ),
    },
    "recovery.expired": _REQUEST,
    "account.secured": {
        "about": Member("The notice whose link was used: its template."),
        "email_restored": Member("Whether the account went back to its former address."),
    },
    "device.trusted": _DEVICE,
    "device.forgotten": {**_DEVICE, "by": Member("``customer`` or ``administrator``.")},
    "account.inactive": {
        "delete_from": Member("From when on the deletion is asked for in their place: microseconds since 1970, UTC.")
    },
    "deletion.requested": {
        "due_at": Member("When the account is erased: microseconds since 1970, UTC."),
        "reason": Member("``customer``, who asked for it, or ``inactive``."),
    },
    "deletion.cancelled": {
        "by": Member(
            "``link``: the one in the mail; ``customer``: on the account page or by API; ``secured``: with all else;"
            " ``sign_in``, where nobody had signed in for long."
        ),
        "reason": _sometimes("Why it was to be deleted: ``customer`` or ``inactive``."),
    },
    "export.requested": {},
    "export.ready": {},
    "preferences.changed": {"fields": Member("What changed: ``channels``, ``topics``, ``frequency``.")},
    **dict.fromkeys((f"privacy_request.{deed}" for deed in _DEEDS), _PRIVACY_REQUEST),
    "restriction.set": {},
    "restriction.lifted": {},
    "legal_hold.set": {},
    "legal_hold.lifted": {},
    "session.started": {
        "session": Member("The session's identifier."),
        "amr": Member("How the customer proved who they are (RFC 8176)."),
    },
    "session.ended": {
        "session": _sometimes("The session's identifier, where one ended."),
        "all": _sometimes("``true``, where all of the customer's ended."),
        "others": _sometimes("How many ended, where all but the customer's present one did."),
    },
    "backchannel.answered": {"client_id": Member("The relying party that is to be told.")},
    "logout.requested": {
        "client_id": Member("The relying party that is to be told."),
        "sid": Member("The session as that party knows it."),
        "sub": Member("The customer as that party knows them."),
    },
    "consent.given": _CONSENT,
    "consent.refused": _CONSENT,
    "consent.withdrawn": _CONSENT,
    "consent.expired": {**_ENDED, "at": Member("When it ran out: microseconds since 1970, UTC.")},
    "consent.outdated": {**_ENDED, "newest": Member("The number of the purpose's newest version.")},
    "purpose.created": _PURPOSE,
    "purpose.published": _PURPOSE,
    "purpose.retired": _PURPOSE,
    "attack.recognised": {
        **_ATTACK,
        "failed": Member("Failures from unknown devices in the last ten minutes."),
        "passed": Member("Right passwords from unknown devices in the last ten minutes."),
    },
    "attack.ended": {
        **_ATTACK,
        "began_at": Member("When it began: microseconds since 1970, UTC."),
        "duration_seconds": Member("From then until it was last seen."),
        "passed": Member("Right passwords from unknown devices while it went on, in the whole tenant."),
        "wrong": Member("Wrong ones."),
        "stopped": Member("Tries that were refused, put off or blocked before a password was compared."),
        "doubted": Member("Right passwords that were not enough."),
    },
    "pattern.matched": {
        "action": Member("``sign_in`` or ``sign_up``."),
        "rule": Member("What the pattern is called."),
        "version": Member("The beginning of the hash of its condition and of what follows."),
        "then": Member("``notify``, ``challenge`` or ``deny``."),
        "shadow": Member("Whether nothing followed, since it is in the shadow."),
    },
    "client.created": _CLIENT,
    "client.updated": _CLIENT,
    "client.deleted": _CLIENT,
    "resource_server.created": _RESOURCE,
    "resource_server.updated": _RESOURCE,
    "resource_server.deleted": _RESOURCE,
    "authorization_details_type.created": _DETAILS,
    "authorization_details_type.updated": _DETAILS,
    "authorization_details_type.deleted": _DETAILS,
    "tenant.created": _TENANT,
    "tenant.updated": {**_TENANT, "active": _sometimes("Whether the tenant answers.")},
    "tenant.destroyed": {**_TENANT, "subjects": Member("How many keys of customers and journeys went.")},
    "keys.created": {"algorithms": Member("The algorithms for which a key was made.")},
    "keys.rotated": {
        "changes": Member("How many keys changed their state."),
        "urgency": Member("``due``, ``soon`` or ``compromised``."),
    },
}
"""Event to member to meaning."""


def misfit(name: str, data: Mapping[str, object]) -> str:
    """Return how *data* departs from what the event *name* holds, or nothing."""
    members = EVENT_DATA.get(name)
    if members is None:
        return f"{name} is in no catalogue"
    missing = [key for key, member in members.items() if member.is_always and key not in data]
    unknown = [key for key in data if key not in members]
    return "; ".join([*(f"{key} is missing" for key in missing), *(f"{key} is unknown" for key in unknown)])

"""News: what happened, told inside the transaction (subscribers) and after it (outbox, audit).

An :class:`AuditEntry` is for whoever must reconstruct the past; an :class:`Event` is for whoever must act on it. An
entry, and an event that is delivered (``DELIVERED``), are written in the commit that changes the state they speak of.
Names are ``noun.past_participle``; a name and a version fix the meaning of ``data`` for good (see ``EVENTS``).
"""

from enum import StrEnum
from typing import Any

import msgspec

from limen.kernel.clock import Instant


class Outcome(StrEnum):
    """Whether what was tried was done."""

    SUCCESS = "success"
    REFUSED = "refused"


class AuditEntry(msgspec.Struct, frozen=True, gc=False):
    """One line of the audit log, before it is chained.

    A msgspec struct, since every token makes one: a frozen dataclass of as many fields takes five times as long.

    Attributes:
        event: what happened, ``noun.past_participle``.
        outcome: whether it was done.
        actor: who did it: ``customer:…``, ``client:…``, ``admin:…``, ``system``.
        subject: whose data it concerns: an internal identifier, or empty.
        client: the public ``client_id``, or empty.
        reason: a refusal's code, or empty.
        request_id: the request it happened in.
        data: further open facts; nothing personal.
        personal: personal facts (address, user agent, …), sealed under *subject*'s key before they are stored.
    """

    event: str
    outcome: Outcome = Outcome.SUCCESS
    actor: str = "system"
    subject: str = ""
    client: str = ""
    reason: str = ""
    request_id: str = ""
    data: dict[str, Any] = {}
    personal: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True):
    """One event for subscribers and, where it is delivered, the outbox.

    Attributes:
        name: a key of ``EVENTS``.
        subject: the customer, journey or other thing it concerns: an internal identifier, or empty.
        data: open facts; nothing personal.
        sealed: personal or secret facts as an envelope under *subject*'s key (the tenant's, where *subject* is empty).
        not_before: the earliest instant at which it may leave.
    """

    name: str
    subject: str = ""
    data: dict[str, Any] = {}
    sealed: bytes = b""
    not_before: Instant = 0


EVENTS: dict[str, tuple[int, str]] = {
    "mail.requested": (1, "A message is to be sent; its address and content are sealed."),
    "sms.requested": (1, "A short message is to be sent; its number and content are sealed."),
    "sms.country_stopped": (1, "Too few codes that were sent to a country were typed; it gets none for a day."),
    "customer.registered": (1, "A customer proved an address and an account was made."),
    "customer.updated": (1, "A customer's profile or state changed."),
    "customer.disabled": (1, "A customer may no longer sign in."),
    "customer.merged": (1, "Two customers were one person: `from` went into the subject, and is erased."),
    "customer.deleted": (1, "A customer was erased; their key is destroyed."),
    "import.started": (1, "A file of customers from another system is being brought in."),
    "import.finished": (1, "A file of customers was brought in; its customers are not told of one by one."),
    "password.changed": (1, "A customer's password was replaced."),
    "risk.assessed": (1, "A right proof, or a change, was held against what its customer showed before."),
    "sign_in.unfamiliar": (1, "A customer signed in where they never had, and was told: at a browser, from a country."),
    "password.guessed": (1, "Strangers failed so often that the password counts no more with them; its owner is told."),
    "password.breached": (1, "The right password of a customer is one that is known from a breach."),
    "factor.added": (1, "A customer set up a second factor."),
    "factor.removed": (1, "A second factor was taken away."),
    "recovery_codes.replaced": (1, "A customer has new recovery codes; the old ones are void."),
    "recovery_code.used": (1, "A recovery code stood in for a second factor."),
    "passkey.counter_went_back": (1, "A passkey or security key counted backwards, as a copy of it would."),
    "email.changed": (1, "A customer moved to another address; the one before is told, and held for a while."),
    "email.added": (1, "A customer proved one more address; every other is told."),
    "email.removed": (1, "A customer took an address away; it is told, and held for a while if it was not new."),
    "email.made_primary": (1, "A customer put another of their addresses first; every one is told."),
    "phone.added": (1, "A customer proved a telephone number; every address is told."),
    "phone.removed": (1, "A customer took a telephone number away; it is held for a while if it was not new."),
    "phone.made_primary": (1, "A customer put another of their telephone numbers first."),
    "username.changed": (1, "A customer has another user name, or none; the one before is held for a while."),
    "identity.linked": (1, "A customer linked an identity with another issuer; every address is told."),
    "identity.unlinked": (1, "A customer took an identity with another issuer away; every address is told."),
    "account.reclaimed": (
        1,
        "An account whose address nobody had proven went to the owner of that address: its credentials are gone.",
    ),
    "recovery.requested": (1, "Somebody who proved the mailbox says that every second factor is lost: a wait begins."),
    "recovery.ready": (1, "The wait is over; the reset may go on without the lost factors."),
    "recovery.completed": (1, "The lost factors were removed after the wait."),
    "recovery.cancelled": (1, "A recovery request was ended before it was used."),
    "recovery.expired": (1, "A recovery request was ready, and nobody went on."),
    "account.secured": (
        1,
        "Somebody said by a link in a notice that it was not them: everything of the account ended.",
    ),
    "device.trusted": (1, "A customer trusts a device in place of a second factor."),
    "device.forgotten": (1, "A trusted device was removed by hand."),
    "account.inactive": (1, "Nobody has signed in for long: a customer was told that the account will be deleted."),
    "deletion.requested": (
        1,
        "A customer asked for their account to be deleted, or has not signed in for long; a waiting period began.",
    ),
    "deletion.cancelled": (1, "A customer whose account was to be deleted stays."),
    "export.requested": (1, "A customer asked for a copy of everything that is held of them; it is to be made."),
    "export.ready": (1, "A customer's copy was made, and can be fetched."),
    "preferences.changed": (1, "A customer chose anew how they want to be written to."),
    "privacy_request.opened": (1, "Somebody asked to exercise a right of privacy; a deadline runs."),
    "privacy_request.started": (1, "Somebody works on a privacy request."),
    "privacy_request.extended": (1, "The deadline of a privacy request was extended, once."),
    "privacy_request.due_soon": (1, "The deadline of a privacy request comes, and it is not answered."),
    "privacy_request.completed": (1, "What a privacy request asked for was done."),
    "privacy_request.refused": (1, "A privacy request was refused, with reasons."),
    "privacy_request.withdrawn": (1, "A privacy request is not wanted any more."),
    "restriction.set": (1, "A customer's data is stored and nothing else is done with it."),
    "restriction.lifted": (1, "A customer's data may be processed again."),
    "legal_hold.set": (1, "A customer's data may not be deleted."),
    "legal_hold.lifted": (1, "A customer's data may be deleted again."),
    "session.started": (1, "A customer signed in."),
    "session.ended": (1, "A session was ended."),
    "backchannel.answered": (1, "A request that a person answered elsewhere: its client is to be told (CIBA ping)."),
    "logout.requested": (1, "A relying party is to be told that a session ended (Back-Channel Logout)."),
    "consent.given": (1, "A customer allowed a client, or the tenant itself, something."),
    "consent.refused": (1, "A customer said no to something that was asked, or objected to it."),
    "consent.withdrawn": (1, "A customer took back what they had allowed."),
    "consent.expired": (1, "What a customer had allowed ran out, and they did not allow it anew."),
    "consent.outdated": (1, "What a customer had allowed counts no longer: its purpose has a version that asks anew."),
    "purpose.created": (1, "A purpose was made, for which customers are asked."),
    "purpose.published": (1, "A purpose has a new version."),
    "purpose.retired": (1, "A purpose is asked no more and allows nothing any more."),
    "attack.recognised": (1, "An attack begins: a guard asks for more, since passwords are being tried."),
    "attack.ended": (1, "An attack is over: nothing was seen of it for twenty minutes."),
    "pattern.matched": (1, "A pattern of fraud held for a sign-in or a sign-up; told once in ten minutes for each."),
    "client.created": (1, "A relying party was registered."),
    "client.updated": (1, "A relying party changed."),
    "client.deleted": (1, "A relying party was removed."),
    "resource_server.created": (1, "A resource server was registered."),
    "resource_server.updated": (1, "A resource server changed."),
    "resource_server.deleted": (1, "A resource server was removed."),
    "authorization_details_type.created": (1, "A type of authorization details was registered."),
    "authorization_details_type.updated": (1, "A type of authorization details changed."),
    "authorization_details_type.deleted": (1, "A type of authorization details was removed."),
    "tenant.created": (1, "A tenant was made."),
    "tenant.updated": (1, "A tenant's settings changed."),
    "tenant.destroyed": (1, "Every key of a tenant was destroyed: nothing that it sealed can be read again."),
    "keys.created": (1, "A key was made for an algorithm that a tenant's clients began to use."),
    "keys.rotated": (1, "A tenant's signing keys were rotated."),
}
"""The catalogue: name to (version, meaning)."""

DELIVERED = frozenset(
    {
        "mail.requested",
        "sms.requested",
        "customer.deleted",
        "export.requested",
        "logout.requested",
        "backchannel.answered",
    }
)
"""Events on which somebody acts after the commit: the outbox holds these alone.

The others are for subscribers, and what happened is on record in the audit log.
"""

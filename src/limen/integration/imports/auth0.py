"""Auth0: a line of JSON for each user, as an export or a file for bulk import has it.

Hashes come in a file of their own, on request (``passwordHash``, bcrypt); a bulk file has ``password_hash`` or
``custom_password_hash``, whose parts are named apart.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Final

from limen.access.imports.records import Arrival
from limen.identity.credentials.legacy import digests
from limen.identity.customers.records import Address, Profile
from limen.integration.imports.naming import address_in, claims, identity, proven, written_address
from limen.integration.imports.picking import Members, Unfit, app

_FIELD: Final = "custom_password_hash"
_UNSAID: Final = (
    *("updated_at", "last_login", "last_ip", "logins_count", "last_password_reset", "password_set_date"),
    *("last_password_set", "connection", "tenant"),
)
"""What is no property of a person, and is not worth a word."""


def arrival(members: Members, row: int, line: int) -> Arrival:
    """Return the customer that a line is.

    Raises:
        Unfit: a member is of the wrong type, or a hash of no kind that is known.
    """
    oid = members.value("_id")
    old_id = oid.get("$oid") if isinstance(oid, dict) else oid
    external = members.text("user_id") or members.text("id") or (old_id if isinstance(old_id, str) else "")
    apps, left = [], []
    for factor in members.objects("mfa_factors"):
        totp = factor.object("totp")
        secret = totp.text("secret")
        apps += [app("mfa_factors.totp", secret)] if secret else []
        left += [f"mfa_factors.{name}" for name in factor.left()]
    identities = []
    for linked in members.objects("identities"):
        provider, subject = linked.text("provider"), linked.value("user_id")
        one = identity(provider, str(subject)) if isinstance(subject, str | int) else None
        identities += [one] if one is not None else []
        left += [f"identities.{provider[:40]}"] if one is None and provider not in _OWN else []
    given, family = members.text("given_name"), members.text("family_name")
    name, email = members.text("name"), members.text("email")
    metadata = members.object("user_metadata")
    locale = members.text("locale")
    address, more = _address(members)
    return Arrival(
        row,
        line,
        Profile(
            email=email,
            email_verified=members.flag("email_verified"),
            name=(name if name != email else "") or " ".join(part for part in (given, family) if part),
            given_name=given,
            family_name=family,
            locale=locale,
            attributes={key: metadata.value(key) for key in metadata.left()} | _phone(members),
            username=members.text("username"),
            phones=proven(members.text("phone_number"), is_verified=members.flag("phone_verified")),
            identities=tuple(identities),
            zoneinfo=members.text_if_any("zoneinfo"),
            **claims(members.text_if_any, address),
        ),
        external_id=external,
        password_hash=members.text("passwordHash") or members.text("password_hash") or _custom(members.object(_FIELD)),
        apps=tuple(apps),
        is_disabled=members.flag("blocked"),
        created_at=members.moment("created_at"),
        left_out=(*members.left(_UNSAID), *more, *left),
    )


_OWN: Final = frozenset({"auth0", "sms", "email"})
"""Connections that are Auth0's own, and no identity elsewhere."""


def _address(members: Members) -> tuple[Address | None, tuple[str, ...]]:
    """Return the address, which a provider may give in any form, and what of it is left out."""
    value = members.value("address")
    if isinstance(value, dict):
        return address_in(members)
    return (written_address(value), ()) if isinstance(value, str) else (None, ("address",) if value else ())


def _phone(members: Members) -> dict[str, object]:
    number = members.text("phone_number")
    return {"phone": number} if number else {}


def _custom(custom: Members) -> str:
    """Return the hash whose parts *custom* names, in the form that its scheme is written in; empty for none."""
    algorithm, value = custom.text("algorithm"), custom.object("hash")
    if not algorithm:
        return ""
    text, salt = value.text("value"), custom.object("salt")
    if algorithm in {"argon2", "bcrypt", "ldap", "pbkdf2"}:
        return text
    if algorithm not in {*digests.SIZES, "hmac"}:
        raise Unfit(_FIELD, "password_hash.unknown")
    digest, plain = _bytes(text, value.text("encoding")), _bytes(salt.text("value"), salt.text("encoding") or "utf8")
    if algorithm == "hmac":
        key = value.object("key")
        return digests.form(value.text("digest"), "hmac", _bytes(key.text("value"), key.text("encoding")), digest)
    place = "before" if salt.text("position") == "prefix" else "after"
    return digests.form(algorithm, place if plain else "none", plain, digest)


def _bytes(text: str, encoding: str) -> bytes:
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        return b64decode(text, validate=True) if encoding == "base64" else text.encode()
    except (NotBase64, ValueError):
        raise Unfit(_FIELD, "password_hash.malformed") from None

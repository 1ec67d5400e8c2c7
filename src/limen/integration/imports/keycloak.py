"""Keycloak: a realm's export (``kc.sh export``, one file or ``…-users-N.json``), its ``users``.

A credential keeps what it is in two texts of JSON: ``credentialData`` (how it was hashed, or how codes are made) and
``secretData`` (the hash and its salt, or the shared secret). Before Keycloak 4.7 both stood in the credential itself.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, Final

from limen.access.factors.records import TotpSecret
from limen.access.imports.records import Arrival
from limen.identity.credentials.legacy.records import b64
from limen.identity.customers.records import Profile
from limen.integration.imports.naming import address_of, claims, identity
from limen.integration.imports.picking import Members, Unfit, app, decoded, named
from limen.kernel.clock import SECOND

_PBKDF2: Final = {"pbkdf2": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512"}
_UNSAID: Final = frozenset(("enabled", "totp", "notBefore", "access", "disableableCredentialTypes"))
_FIELD: Final = "credentials"
_CLAIMS: Final = {"middle_name": "middleName", "street_address": "street"}
"""Claims and members of an address to the attributes that Keycloak's own mappers read, where these differ."""
_SAID: Final = frozenset({"updatedAt"})
_DIGITS: Final = 6


def arrival(members: Members, row: int, line: int) -> Arrival:
    """Return the customer that one of ``users`` is.

    Raises:
        Unfit: a member is of the wrong type, or a credential makes no sense.
    """
    password, apps, left = "", [], []
    for credential in members.objects(_FIELD):
        kind = credential.text("type")
        if kind == "password":
            password = _password(credential)
        elif kind in {"otp", "totp"}:
            found = _app(credential)
            apps += [found] if found is not None else []
            left += ["hotp"] if found is None else []
        else:
            left.append(f"{_FIELD}.{kind[:40]}")
    identities = []
    for linked in members.objects("federatedIdentities"):
        provider = linked.text("identityProvider")
        one = identity(provider, linked.text("userId"), linked.text("userName"))
        identities += [one] if one is not None else []
        left += [f"federatedIdentities.{provider[:40]}"] if one is None else []
    given, family = members.text("firstName"), members.text("lastName")
    said, attributes = _attributes(members)
    name = members.text("username")  # realms that sign in by e-mail have the address there, perhaps there alone
    address = name if "@" in name else ""
    is_enabled = members.value("enabled")
    return Arrival(
        row,
        line,
        Profile(
            email=members.text("email") or address,
            email_verified=members.flag("emailVerified"),
            name=" ".join(part for part in (given, family) if part),
            given_name=given,
            family_name=family,
            **said,
            attributes=attributes,
            username=name if not address else "",
            identities=tuple(identities),
        ),
        external_id=members.text("id"),
        password_hash=password,
        apps=tuple(apps),
        is_disabled=is_enabled is False,
        created_at=members.moment("createdTimestamp", unit=SECOND // 1000),
        left_out=(*members.left(_UNSAID), *left),
    )


def _attributes(members: Members) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the claims that stand among the attributes, each a list there, and the other attributes."""
    given = members.object("attributes")
    found: dict[str, Any] = {}
    for name in given.left(_SAID):
        value = given.value(name)
        found[name] = value[0] if isinstance(value, list) and len(value) == 1 else value
    attributes = Members(found)

    def text(name: str) -> str:
        return attributes.text_if_any(_CLAIMS.get(name, name))

    said = {name: text(name) for name in ("locale", "zoneinfo")} | claims(text, address_of(text))
    return said, {name: found[name] for name in attributes.left()}


def _parts(credential: Members) -> tuple[Members, Members]:
    """Return how a credential is computed and what is secret of it."""
    if credential.value("secretData") is None:
        return credential, credential
    try:
        return tuple(decoded(credential.text(name).encode()) for name in ("credentialData", "secretData"))  # type: ignore[return-value]
    except (Unfit, UnicodeEncodeError):
        raise Unfit(_FIELD, "json.invalid") from None


def _password(credential: Members) -> str:
    data, secret = _parts(credential)
    algorithm = data.text("algorithm") or "pbkdf2"
    value = secret.text("value") or secret.text("hashedSaltedValue")
    salt = secret.text("salt")
    if algorithm in _PBKDF2:
        iterations = data.number("hashIterations", 1)
        prf = _PBKDF2[algorithm]
        return f"$pbkdf2-{prf}${iterations}${b64(_bytes(salt))}${b64(_bytes(value))}"
    if algorithm == "argon2":
        more = data.object("additionalParameters")
        kind, version, memory, lanes = (
            _first(more, name, default)
            for name, default in (("type", "id"), ("version", "1.3"), ("memory", "7168"), ("parallelism", "1"))
        )
        number = {"1.0": 16, "1.3": 19}.get(version, 0)
        cost = f"m={memory},t={data.number('hashIterations', 5)},p={lanes}"
        return f"$argon2{kind}$v={number}${cost}${b64(_bytes(salt))}${b64(_bytes(value))}"
    return value if algorithm == "bcrypt" else f"${algorithm[:32]}$"


def _first(more: Members, name: str, default: str) -> str:
    value = more.value(name)
    value = value[0] if isinstance(value, list) and value else value
    return str(value) if isinstance(value, str | int) else default


def _app(credential: Members) -> TotpSecret | None:
    """Return the authenticator app; None for a counter-based one."""
    data, secret = _parts(credential)
    if (data.text("subType") or "totp") != "totp":
        return None
    value = secret.text("value")
    shared: str | bytes = value if data.text("secretEncoding").upper() == "BASE32" else value.encode()
    shape = data.number("digits", _DIGITS), data.number("period", 30)
    found = app("credentials.otp", shared, data.text("algorithm") or "HmacSHA1", shape)
    return named(found, credential.text("userLabel"))


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise Unfit(_FIELD, "password_hash.malformed") from None

"""Firebase: ``firebase auth:export users.json``, its ``users``, and the project's parameters of scrypt.

The parameters are the project's secret (Authentication, *Password hash parameters* in its console) and stand in a file
of their own, as the console shows them: ``{"hash_config": {"algorithm": "SCRYPT", "base64_signer_key": …,
"base64_salt_separator": …, "rounds": …, "mem_cost": …}}``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from limen.access.imports.records import Arrival
from limen.identity.credentials.legacy import digests, firebase
from limen.identity.credentials.legacy.records import unb64
from limen.identity.customers.records import Profile
from limen.integration.imports.naming import identity, proven
from limen.integration.imports.picking import Members, Unfit, app
from limen.kernel.clock import SECOND

_UNSAID: Final = frozenset(
    ("lastSignedInAt", "passwordUpdatedAt", "validSince", "lastLoginAt", "lastRefreshAt", "version")
)

_OWN: Final = frozenset({"password", "phone"})


@dataclass(frozen=True, slots=True)
class HashParameters:
    """How a project hashes. Without a *signer_key* the hashes of an export cannot be checked by anybody."""

    algorithm: str = "SCRYPT"
    signer_key: str = field(default="", repr=False)
    salt_separator: str = "Bw=="
    rounds: int = 8
    mem_cost: int = 14


def parameters(members: Members) -> HashParameters:
    """Return what the console shows.

    Raises:
        Unfit: a member is of the wrong type.
    """
    given = members.object("hash_config") if members.value("hash_config") is not None else members
    return HashParameters(
        given.text("algorithm").upper() or "SCRYPT",
        given.text("base64_signer_key"),
        given.text("base64_salt_separator"),
        given.number("rounds", 8),
        given.number("mem_cost", 14),
    )


def arrivals(project: HashParameters) -> Callable[[Members, int, int], Arrival]:
    """Return what reads one of ``users`` of a project."""

    def arrival(members: Members, row: int, line: int) -> Arrival:
        left, apps, identities = [], [], []
        for linked in members.objects("providerUserInfo"):
            provider, label = linked.text("providerId"), linked.text("email")
            known = identity(provider, linked.text("rawId"), label)
            identities += [known] if known is not None else []
            left += [f"providerUserInfo.{provider[:40]}"] if known is None and provider not in _OWN else []
        for factor in members.objects("mfaInfo"):
            secret = factor.object("totpInfo").text("sharedSecretKey")
            apps += [app("mfaInfo", secret)] if secret else []
            left += [] if secret else ["mfaInfo"]
        number = members.text("phoneNumber")
        return Arrival(
            row,
            line,
            Profile(
                email=members.text("email"),
                email_verified=members.flag("emailVerified"),
                name=members.text("displayName"),
                picture=members.text("photoUrl"),
                attributes={"phone": number} if number else {},
                phones=proven(number, is_verified=True),  # nobody has one there without a code
                identities=tuple(identities),
            ),
            external_id=members.text("localId"),
            password_hash=_hash(members, project),
            apps=tuple(apps),
            is_disabled=members.flag("disabled"),
            created_at=members.moment("createdAt", unit=SECOND // 1000),
            left_out=(*members.left(_UNSAID), *left),
        )

    return arrival


def _hash(members: Members, project: HashParameters) -> str:
    """Return the user's hash with what the project adds to it; empty where there is none."""
    value, salt = members.text("passwordHash"), members.text("salt")
    if not value:
        return ""
    if project.algorithm == "SCRYPT":
        if not project.signer_key:
            raise Unfit("passwordHash", "password_hash.absent_key")
        setting = (project.rounds, project.mem_cost)
        return firebase.form(setting, project.signer_key, project.salt_separator, salt, value)
    if project.algorithm == "BCRYPT":
        plain = unb64(value) or b""
        return plain.decode("ascii", "replace")
    digest, own = unb64(value), unb64(salt)
    if digest is None or own is None:
        raise Unfit("passwordHash", "password_hash.malformed")
    if project.algorithm.startswith("HMAC_"):
        key = unb64(project.signer_key) or b""
        if own:
            raise Unfit("passwordHash", "password_hash.unknown")
        return digests.form(project.algorithm.removeprefix("HMAC_").lower(), "hmac", key, digest)
    raise Unfit("passwordHash", "password_hash.unknown")

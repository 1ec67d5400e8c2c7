"""What a tenant wants of passkeys and security keys (Web Authentication Level 3)."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

MOST_MODELS: Final = 500
MOST_ORIGINS: Final = 20
MOST_APPS: Final = 20
MOST_DAYS: Final = 3_650
_AAGUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_FINGERPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")

Aaguid = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{_AAGUID.pattern}$"})]
Fingerprint = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{_FINGERPRINT.pattern}$"})]
Days = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": MOST_DAYS})]

_LISTS: Final[Mapping[str, tuple[int, re.Pattern[str], str]]] = {
    "allowed_models": (MOST_MODELS, _AAGUID, "aaguid.invalid"),
    "denied_models": (MOST_MODELS, _AAGUID, "aaguid.invalid"),
    "related_origins": (MOST_ORIGINS, _ORIGIN, "origin.invalid"),
    "android_apps": (MOST_APPS, _FINGERPRINT, "fingerprint.invalid"),
}
"""Setting to the most that it has, what each looks like, and what is said of one that does not."""


class PasskeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How passkeys are made and what is asked of them.

    Attributes:
        user_verification: of a sign-in by passkey: always by PIN or biometric; or where the device can, in which case
            one without is one factor and no more.
        attestation: whether devices are asked what they are: not at all; where they say so; or as a must, with a
            model that the metadata knows and trusts.
        allowed_models: AAGUIDs that may be registered; empty for all.
        denied_models: AAGUIDs that may not. Only ``required`` attestation proves which model it is.
        rp_id: the domain that passkeys are for: a parent of the issuer's host. Empty for that host. Passkeys made for
            another one stop working.
        related_origins: other sites of the tenant's at which its passkeys may be used (WebAuthn §5.11).
        android_apps: the tenant's own Android applications that may make and use passkeys, each by the SHA-256
            fingerprint of the certificate that signs it, base64url. They also need the host's Digital Asset Links.
        counter: what a signature counter that went back means, which it does where a device was cloned: always refuse;
            or let copies through that are made to be copied and have stopped to count.
        offer_days: so long nobody is asked again who did not want a passkey after a sign-in by password; 0 for never
            asking at all.
    """

    user_verification: Literal["required", "preferred"] = "required"
    attestation: Literal["none", "preferred", "required"] = "none"
    allowed_models: Annotated[tuple[Aaguid, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_MODELS})] = ()
    denied_models: Annotated[tuple[Aaguid, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_MODELS})] = ()
    rp_id: Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": 253})] = ""
    related_origins: Annotated[tuple[str, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_ORIGINS})] = ()
    android_apps: Annotated[tuple[Fingerprint, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_APPS})] = ()
    counter: Literal["refuse", "allow_synced"] = "refuse"
    offer_days: Days = 90


def relying_party(settings: PasskeySettings, issuer: str) -> str:
    """Return the RP ID of a tenant (WebAuthn §4): a domain, without port."""
    return settings.rp_id or urlsplit(issuer).hostname or ""


def origins(settings: PasskeySettings, issuer: str) -> tuple[str, ...]:
    """Return where a tenant's passkeys may be used: its own origin, those related to it, and its own applications.

    An application for Apple's systems states the RP ID's own origin.
    """
    parts = urlsplit(issuer)
    apps = (f"android:apk-key-hash:{one}" for one in settings.android_apps)
    return (f"{parts.scheme}://{parts.netloc}", *settings.related_origins, *apps)


def problems_of(settings: PasskeySettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    if settings.rp_id and not _HOST.fullmatch(settings.rp_id):
        yield f"{field}.rp_id", "rp_id.invalid"
    if not 0 <= settings.offer_days <= MOST_DAYS:
        yield f"{field}.offer_days", "number.out_of_bounds"
    for name, (most, form, code) in _LISTS.items():
        listed: tuple[str, ...] = getattr(settings, name)
        if len(listed) > most:
            yield f"{field}.{name}", "list.too_long"
        for index, one in enumerate(listed[:most]):
            if not form.fullmatch(one):
                yield f"{field}.{name}.{index}", code


def fits_issuer(settings: PasskeySettings, issuer: str) -> bool:
    """Tell whether browsers let the issuer's pages use this RP ID: the host itself, or a domain above it."""
    host = urlsplit(issuer).hostname or ""
    return not settings.rp_id or host == settings.rp_id or host.endswith(f".{settings.rp_id}")

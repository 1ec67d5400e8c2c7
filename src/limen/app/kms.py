"""Who holds the root key, as the settings say."""

from typing import Final

from limen.app.settings import Settings
from limen.identity.keyring import FileKeyring, KeyWrapper
from limen.integration.kms.guarded import Count, GuardedWrapper, Successor
from limen.kernel.clock import Clock
from limen.kernel.entropy import Entropy
from limen.kernel.errors import Misconfigured

PROBE_BYTES: Final = 32


def kms_of(
    settings: Settings,
    file: FileKeyring,
    chance: tuple[Clock, Entropy],
    count: Count = lambda _operation, _outcome: None,
) -> GuardedWrapper | None:
    """Return the KMS, with the keyring file for what it wrapped before; None where the file holds the root key.

    Raises:
        Misconfigured: what the kind of KMS needs is not set, or not installed.
    """
    active = _active(settings, chance[1])
    return None if active is None else GuardedWrapper(Successor(active, file), chance[0], count)


def _active(settings: Settings, entropy: Entropy) -> KeyWrapper | None:
    kms = settings.kms
    if not kms.kind:
        return None
    needed = {"vault": ("url", "key"), "pkcs11": ("module", "token_label", "key", "pin")}[kms.kind]
    missing = [name for name in needed if not getattr(kms, name)]
    if kms.kind == "vault" and not kms.token and not kms.token_file:
        missing.append("token")
    if missing:
        raise Misconfigured(f"kms.kind is {kms.kind}, without kms.{missing[0]}", "set it, or no kind")
    if kms.kind == "vault":
        from limen.integration.kms.transit import TransitSettings, TransitWrapper  # noqa: PLC0415 - where it is used

        return TransitWrapper(
            TransitSettings(
                url=kms.url,
                key=kms.key,
                mount=kms.mount,
                token=kms.token,
                token_file=kms.token_file,
                namespace=kms.namespace,
                ca_file=kms.ca_file,
                seconds=kms.seconds,
            )
        )
    from limen.integration.kms.pkcs11 import Pkcs11Settings, Pkcs11Wrapper  # noqa: PLC0415 - an extra

    return Pkcs11Wrapper(Pkcs11Settings(kms.module, kms.token_label, kms.key, kms.pin, kms.seconds), entropy)

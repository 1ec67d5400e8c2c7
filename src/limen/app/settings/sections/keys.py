"""The root of all keys, and who holds it."""

from typing import Annotated, Literal

from msgspec import Meta

from limen.app.settings.sections import NO_SECRET, Section
from limen.kernel.secret import Secret


class KeyringSection(Section, frozen=True):
    """The root of all keys."""

    path: Annotated[
        str,
        Meta(
            description="The keyring file, mode 0600; made at the first start. Empty: `limen.keyring` in `data_dir`. "
            "Keep it out of the backups of the databases."
        ),
    ] = ""
    epoch_days: Annotated[
        int,
        Meta(description="After so many days, in days, a backup of the key store can no longer undo an erasure.", ge=1),
    ] = 30
    cached_seconds: Annotated[
        float,
        Meta(
            description="For so many seconds at most a tenant's key is held in memory before whoever holds the root "
            "key is asked for it again. So long every tenant that was served goes on while a KMS is away.",
            ge=300,
            le=86_400,
        ),
    ] = 3_600.0
    tenant_key_days: Annotated[
        int, Meta(description="After so many days each tenant gets a new version of its key, which then seals.", ge=1)
    ] = 365


class KmsSection(Section, frozen=True):
    """Who holds the root key in place of the keyring file, which then keeps the epoch keys alone."""

    kind: Annotated[
        Literal["", "vault", "pkcs11"],
        Meta(description="HashiCorp Vault's transit engine, or a PKCS#11 token. Empty: the keyring file."),
    ] = ""
    key: Annotated[
        str, Meta(description="The key's name in Vault; in a token, what the labels begin with: `limen.1`, `limen.2`.")
    ] = "limen"
    url: Annotated[str, Meta(description="Vault's address, `https://vault.example.com:8200`.")] = ""
    mount: Annotated[str, Meta(description="Where the transit engine is mounted.")] = "transit"
    token: Annotated[Secret, Meta(description="Our Vault token.")] = NO_SECRET
    token_file: Annotated[
        str, Meta(description="A file with our Vault token, read for each request; in place of `token`.")
    ] = ""
    namespace: Annotated[str, Meta(description="Vault's namespace; empty for none.")] = ""
    ca_file: Annotated[
        str, Meta(description="Certificates (PEM) that Vault's is verified with. Empty: the system's.")
    ] = ""
    module: Annotated[str, Meta(description="The library of the token's maker, a path.")] = ""
    token_label: Annotated[str, Meta(description="The label of the token.")] = ""
    pin: Annotated[Secret, Meta(description="The token's user PIN.")] = NO_SECRET
    seconds: Annotated[float, Meta(description="How long one request may take.", gt=0, le=60)] = 5.0

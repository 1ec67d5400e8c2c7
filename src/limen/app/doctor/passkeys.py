"""What the doctor says of the metadata of passkey models: whether it is there, whole and current."""

from collections.abc import Iterator, Sequence

from limen.app.doctor.findings import Finding, weak, wrong
from limen.app.doctor.guards import named
from limen.app.passkeys import metadata_source
from limen.app.settings import Settings
from limen.identity.tenants.records import Tenant
from limen.integration.outgoing.passkey_models import load
from limen.kernel.clock import DAY, SystemClock


def passkey_findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the metadata, where any is asked for."""
    source = metadata_source(settings)
    if source is None:
        return
    if not source.roots.exists():
        yield wrong(f"passkeys.metadata_root: {source.roots} is not there; no model is proven", "name a PEM file")
        return
    try:
        blob = load(source)
    except (ValueError, OSError) as error:
        yield wrong(f"the metadata of passkey models is refused: {error}", f"see {source.copy}")
        return
    if blob is None:
        yield weak("the metadata of passkey models was not fetched yet; no model is proven", f"see {source.url}")
    elif SystemClock().now() > blob.next_update:
        late = (SystemClock().now() - blob.next_update) // DAY
        yield weak(f"the metadata of passkey models is stale by {late} days; it stays in force", f"see {source.url}")


def attestation_findings(settings: Settings, tenants: Sequence[Tenant]) -> Iterator[Finding]:
    """Yield which tenants ask devices what they are though nothing is known that would prove it."""
    asking = [one.slug for one in tenants if one.settings.passkeys.attestation != "none"]
    if asking and metadata_source(settings) is None:
        words = f"passkeys.attestation is on and there is no metadata: no model is proven, at {named(asking)}"
        yield weak(words, "passkeys.metadata_root")

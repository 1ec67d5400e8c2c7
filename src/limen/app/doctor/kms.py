"""Whether the KMS that holds the root key wraps and unwraps."""

import asyncio
from collections.abc import AsyncIterator

from limen.app.doctor.findings import Finding, wrong
from limen.app.kms import PROBE_BYTES, kms_of
from limen.app.preparing import file_keyring
from limen.app.settings import Settings
from limen.integration.kms.guarded import probe
from limen.kernel.clock import SystemClock
from limen.kernel.entropy import SystemEntropy
from limen.kernel.errors import Fault, Misconfigured


async def kms_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is wrong with the KMS, if there is one. Nothing is kept of what it is asked."""
    if not settings.kms.kind:
        return
    clock, entropy = SystemClock(), SystemEntropy()
    try:
        file = await asyncio.to_thread(file_keyring, settings, clock, entropy)
        kms = kms_of(settings, file, (clock, entropy))
        if kms is not None:
            await probe(kms, entropy.bytes(PROBE_BYTES))
    except Misconfigured as error:
        yield wrong(str(error), error.hint)
    except Fault as fault:
        yield wrong(f"the KMS does not give back what it wrapped: {fault}", "see the settings kms.*")

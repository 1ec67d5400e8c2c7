"""Whether the mail relay answers."""

from collections.abc import Sequence

from limen.app.doctor.findings import Finding, wrong
from limen.app.mail import relay_of
from limen.app.settings import Settings
from limen.integration.messaging.mail import MailUnavailable
from limen.kernel.clock import SystemClock
from limen.kernel.errors import Misconfigured


async def relay_findings(settings: Settings) -> Sequence[Finding]:
    """Return what is wrong with the relay: it is not understood, does not answer, or speaks no TLS that we trust."""
    try:
        await relay_of(settings, SystemClock()).greet()
    except Misconfigured as error:
        return [wrong(str(error), error.hint)]
    except MailUnavailable as away:
        words = f"the mail relay does not answer as it should ({away}): mail waits in the outbox"
        return [wrong(words, "see smtp.url and the network")]
    return ()

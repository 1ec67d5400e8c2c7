"""Whether whoever carries short messages answers."""

from collections.abc import AsyncIterator
from typing import Final

from limen.access.outgoing import Wanted
from limen.app.doctor.findings import Finding, wrong
from limen.app.settings import Settings
from limen.app.sms import TWILIO
from limen.integration.outgoing import AddressPolicy, LazyOutgoing, OutgoingSettings
from limen.kernel.clock import SystemClock
from limen.kernel.errors import Refusal

_PROBE: Final = Wanted("sms-probe", ("text/html", "text/plain", "application/json", "application/xml"))
_ANY_ANSWER: Final = "outgoing_unexpected"
"""What a provider answers to a bare GET is its own affair: that it answers is what was asked."""


async def sms_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is wrong with the provider: it cannot be reached, or may not be asked. No message is sent."""
    if not settings.sms.provider:
        return
    allowed = settings.outgoing
    policy = AddressPolicy.of(allowed.networks, loopback=allowed.loopback)
    outgoing = LazyOutgoing(OutgoingSettings(policy), SystemClock(), lambda _purpose, _outcome: None)
    try:
        answer = await outgoing.fetch(settings.sms.url or TWILIO, _PROBE)
    finally:
        await outgoing.aclose()
    if not isinstance(answer, Refusal) or answer.code == _ANY_ANSWER:
        return
    if answer.code == "outgoing_forbidden":
        yield wrong("sms.url leads where nothing is asked", "a public https address, or one of outgoing.networks")
    else:
        yield wrong("the SMS provider does not answer: codes wait until they expire", "see sms.url and the network")

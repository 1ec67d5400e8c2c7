"""Whether who carries short messages, and who knows kinds of lines, answers."""

from collections.abc import Sequence
from typing import Final

from limen.access.outgoing import Outgoing, Wanted
from limen.app.doctor.findings import Finding, wrong
from limen.kernel.errors import Refusal

PROVIDER: Final = "the SMS provider does not answer: codes wait until they expire"
LINES: Final = "the hook for kinds of lines does not answer: sms.lines_away says what holds for new numbers"
_PROBE: Final = Wanted("sms-probe", ("text/html", "text/plain", "application/json", "application/xml"), seconds=3.0)
_WHERE: Final = "a public https address, or one of outgoing.networks"
_ANY_ANSWER: Final = "outgoing_unexpected"
"""What either answers to a bare GET is its own affair: that it answers is what was asked."""


async def unreachable(outgoing: Outgoing, name: str, url: str, words: str) -> Sequence[Finding]:
    """Return what is wrong with *url*, the setting *name*: it cannot be reached (*words*), or may not be asked."""
    answer = await outgoing.fetch(url, _PROBE)
    if not isinstance(answer, Refusal) or answer.code == _ANY_ANSWER:
        return ()
    if answer.code == "outgoing_forbidden":
        return [wrong(f"{name} leads where nothing is asked", _WHERE)]
    return [wrong(words, f"see {name} and the network")]

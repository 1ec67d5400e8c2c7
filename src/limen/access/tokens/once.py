"""What may be used once, spent for a request: proofs and assertions (RFC 9449 §11.1, RFC 7523 §3)."""

from typing import Final

import msgspec

from limen.access.http import HotResponse
from limen.access.tokens.client_authentication import ASSERTION_USE
from limen.access.tokens.records import Use
from limen.access.tokens.request import TokenRequest, UseCase
from limen.access.tokens.store import UsedBefore
from limen.kernel.errors import Invalid, Refusal, Unauthenticated

_ASSERTION: Final = Unauthenticated("invalid_client", "the assertion was used before")
_PROOF: Final = Invalid("invalid_dpop_proof", "used before")
BEFORE: Final = (_ASSERTION, _PROOF)
"""The refusals of what came before."""


async def answered_once(
    use_case: UseCase, ask: TokenRequest, uses: tuple[Use, ...], *, early: bool
) -> HotResponse | Refusal:
    """Answer *ask* by *use_case* if each of *uses* is its first, over all workers.

    Unless they are spent *early* they share the commit of the first thing that is written. Whatever a grant does or
    leaves undone, none of them is left unspent.
    """
    hot = ask.desk.hot.guarded(uses)
    guarded = msgspec.structs.replace(ask, desk=ask.desk.having(hot))
    try:
        if early:
            await hot.spend()
        answer = await use_case(guarded)
        await hot.spend()
        for use in uses:
            ask.desk.count_proof(use.kind, "accepted")
    except UsedBefore:
        for use in uses:
            ask.desk.count_proof(use.kind, "replayed")
        return _ASSERTION if any(use.kind == ASSERTION_USE for use in uses) else _PROOF
    return answer

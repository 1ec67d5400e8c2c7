"""Whether a proof is fresh and strong enough for what is sensitive, where no journey asks for it."""

from collections.abc import Sequence

from limen.access.factors.records import StoredFactor, second_steps
from limen.access.journeys.second_factors import RECENT
from limen.access.oauth.assurance import level
from limen.access.sessions.records import SECOND_FACTORS, Evidence
from limen.kernel.clock import Instant

_TWO = 2


def is_fresh(held: Sequence[Evidence], factors: Sequence[StoredFactor], now: Instant) -> bool:
    """Tell whether *held* has a recent proof, and a second factor among it where the customer has one.

    The same that a journey with a task asks for (``journeys.second_factors``).
    """
    recent = [piece for piece in held if now - piece.at <= RECENT]
    if not second_steps(factors):
        return bool(recent)
    return level(recent) >= _TWO or any(piece.authenticator in SECOND_FACTORS for piece in recent)

"""What an authenticator signs in the step that is due."""

from typing import Final

from limen.access.journeys.records import Journey
from limen.identity.keyring import TenantVault
from limen.kernel.encoding import b64url, framed

CHALLENGE: Final = "passkey-challenge"
"""Purpose of the tenant's sub-key."""


def challenge_of(vault: TenantVault, journey: Journey) -> str:
    """Return what an authenticator signs in the step that is due.

    It is derived and not kept: a journey's version never comes again, so that what was signed for one step is good for
    no other, in this journey or any. It ends with the journey.
    """
    return b64url(vault.mac(CHALLENGE).digest(framed(journey.name, str(journey.version))))

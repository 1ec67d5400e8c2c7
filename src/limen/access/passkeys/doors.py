"""What browsers and password managers ask of the host that passkeys are for.

Which other sites may use them (WebAuthn §5.11.1), and where a person makes and manages them (W3C, *A Well-Known URL
for Relying Party Passkey Endpoints*).

Both speak for a whole host, so that the operator's own tenant, the default one, alone says what stands there: another
tenant below the same host could else name sites that would get at everybody's passkeys.
"""

from typing import Final

from limen.access.http import HotDoor, HotRequest, HotResponse, json_response, oauth_error
from limen.access.tokens.desk import Desks

RELATED: Final = "/.well-known/webauthn"
ENDPOINTS: Final = "/.well-known/passkey-endpoints"
_CACHED: Final = (("cache-control", "public, max-age=300"),)
"""Seconds for which a browser may go on with what it was told."""


def related_door(desks: Desks) -> HotDoor:
    """Return the door of the origins that may use the host's passkeys; not found where there are none."""

    async def door(_: HotRequest) -> HotResponse:
        desk = await desks("")
        origins = desk.tenant.settings.passkeys.related_origins if desk is not None else ()
        return json_response({"origins": origins}, headers=_CACHED, cacheable=True) if origins else _not_found()

    return door


def endpoints_door(desks: Desks) -> HotDoor:
    """Return the door that leads to where passkeys are made; not found where they are off."""

    async def door(_: HotRequest) -> HotResponse:
        desk = await desks("")
        if desk is None or not desk.tenant.settings.sign_in.passkey:
            return _not_found()
        page = f"{desk.issuer.rstrip('/')}/account/security"
        return json_response({"enroll": page, "manage": page}, headers=_CACHED, cacheable=True)

    return door


def _not_found() -> HotResponse:
    return oauth_error(404, "not_found", "nothing here")

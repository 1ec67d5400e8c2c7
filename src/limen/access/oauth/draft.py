"""An authorization request on its way through the checks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from limen.access.clients.records import ClientDocument
from limen.access.oauth.records import AuthorizationRequest, PageRefusal, RedirectRefusal
from limen.access.tokens.desk import Desk

_replace = msgspec.structs.replace
_BLANK = AuthorizationRequest(client_id="", redirect_uri="", scopes=(), code_challenge="")


@dataclass(frozen=True, slots=True)
class Way:
    """How the parameters of a request came to us.

    Attributes:
        is_pushed: by the client itself, at the PAR endpoint (RFC 9126).
        is_signed: in a signed request object (RFC 9101).
        reference: under which a pushed request is stored, as base64url; empty at the PAR endpoint itself.
    """

    is_pushed: bool = False
    is_signed: bool = False
    reference: str = ""


PLAIN = Way()


class Draft(msgspec.Struct, frozen=True, gc=False):
    """What was asked, and as much of it as is checked.

    A msgspec struct for the reason that ``access.http.records`` gives: a dozen are made per request.

    Attributes:
        desk: the tenant that is asked.
        given: the parameters as they came, each once; none is trusted.
        client: what is registered about the client that ``client_id`` names; None where no active one has that name.
        request: the parts that passed; a ``redirect_uri`` is in it only once it is proven.
        way: how they came.
    """

    desk: Desk
    given: Mapping[str, str]
    client: ClientDocument | None
    request: AuthorizationRequest = _BLANK
    way: Way = PLAIN

    def having(self, **checked: Any) -> "Draft":
        """Return the draft with more fields of the request *checked*."""
        return Draft(self.desk, self.given, self.client, _replace(self.request, **checked), self.way)

    def refused(self, code: str, description: str) -> PageRefusal | RedirectRefusal:
        """Return a refusal that redirects if, and only if, the redirect URI is proven."""
        if not self.request.redirect_uri:
            return PageRefusal(code, description)
        return self.request.refused(code, description)


Checked = Draft | PageRefusal | RedirectRefusal
Check = Callable[[Draft], Checked]
"""One row of the table: a draft to one with more in it, or a refusal. Pure: what must be looked up is in the draft."""

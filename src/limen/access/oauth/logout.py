"""RP-initiated logout: who asks, for whom, and where they go afterwards (OpenID Connect RP-Initiated Logout §2, §3)."""

from dataclasses import dataclass, field

from limen.access.clients.records import Client
from limen.access.http import parse_query
from limen.access.oauth.hints import Hint, find_hint
from limen.access.oauth.records import PageRefusal
from limen.access.oauth.redirects import is_exactly_registered
from limen.access.oauth.response import with_query
from limen.access.oauth.texts import LONGEST_HINT, LONGEST_LIST, is_plain, locales_in
from limen.access.tokens.desk import Desk
from limen.kernel.errors import Refusal

_MAX_STATE = 4_096
_MAX_CLIENT_ID = 255


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A checked request to sign out.

    Attributes:
        subject: the ``sub`` of a valid hint; empty without one.
        sid: the session that a valid hint names; empty where it names none.
        client_id: the active client that asks; empty where none is known.
        redirect: a post-logout redirect URI registered for that client, or empty: then the person stays with us.
        state: for the redirect, as it came.
        hint_valid: whether an ID token of ours came along. Without one the person must be asked before anything ends;
            with one, only if the session at hand is another than ``sid`` (§2).
        logout_hint: what the relying party believes the person signed in with; personal, and proves nothing.
        ui_locales: wished-for languages, best first.
    """

    subject: str = ""
    sid: str = ""
    client_id: str = ""
    redirect: str = ""
    state: str = ""
    hint_valid: bool = False
    logout_hint: str = field(default="", repr=False)
    ui_locales: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Return where to send the browser afterwards, state included; empty for nowhere."""
        return with_query(self.redirect, {"state": self.state} if self.state else {}) if self.redirect else ""


async def parse_logout(desk: Desk, parameters: str) -> LogoutRequest | PageRefusal:
    """Return the request in *parameters*, the raw query of a GET or body of a POST. No input raises.

    A redirect URI that is not registered, or whose client is not known, is left out and not an error: whoever wants to
    sign out shall not be stopped by a relying party's mistake, and is sent nowhere. A hint that is not ours, or no
    longer verifies, counts as none.
    """
    given = parse_query(parameters)
    if isinstance(given, Refusal):
        return PageRefusal("malformed_request", given.detail)
    state, claimed = given.get("state", ""), given.get("client_id", "")
    if not is_plain(state, _MAX_STATE) or not is_plain(claimed, _MAX_CLIENT_ID):
        return PageRefusal("malformed_request", "state or client_id is too long or holds control characters")
    name, locales = given.get("logout_hint", ""), given.get("ui_locales", "")
    if not is_plain(name, LONGEST_HINT) or not is_plain(locales, LONGEST_LIST):
        return PageRefusal("malformed_request", "logout_hint or ui_locales is too long or holds control characters")
    hint = await find_hint(desk, given["id_token_hint"]) if "id_token_hint" in given else None
    if hint is not None and claimed and claimed not in hint.audiences:
        return PageRefusal("client_mismatch", "id_token_hint was issued to another client than client_id")
    client = await _client(desk, claimed, hint)
    return LogoutRequest(
        subject=hint.subject if hint else "",
        sid=hint.sid if hint else "",
        client_id=client.client_id if client else "",
        redirect=_redirect(client, given.get("post_logout_redirect_uri", "")),
        state=state,
        hint_valid=hint is not None,
        logout_hint=name,
        ui_locales=locales_in(locales),
    )


async def _client(desk: Desk, claimed: str, hint: Hint | None) -> Client | None:
    client_id = claimed or (hint.audiences[0] if hint is not None and len(hint.audiences) == 1 else "")
    loaded = await desk.clients(client_id) if client_id else None
    return loaded.client if loaded is not None and loaded.client.is_active else None


def _redirect(client: Client | None, presented: str) -> str:
    if client is None or not presented:
        return ""
    return presented if is_exactly_registered(presented, client.document.post_logout_redirect_uris) else ""

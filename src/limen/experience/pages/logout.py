"""Signing out: for an application that asks (RP-initiated logout), and of the account page."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.redirect_uris import is_handed_on, places_behind
from limen.access.http import HotResponse
from limen.access.journeys.context import Account
from limen.access.oauth.logout import LogoutRequest, parse_logout
from limen.access.oauth.logout_token import front_channel_address
from limen.access.sessions.records import Session
from limen.experience.pages.accounts import accounts_here
from limen.experience.pages.answers import in_header, saying
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import LONGEST_QUERY, MAX_FORM, Visit
from limen.identity.customers.identifiers import named_by, parse_identifier
from limen.kernel.errors import Refusal
from limen.kernel.events import AuditEntry, Event

_FRAME_SECONDS = 3
"""How long applications have to sign out in their frames before the browser goes on."""


async def end_sessions(visit: Visit, sessions: list[Session]) -> list[str]:
    """End *sessions* and what hangs on them; return the addresses to frame, by which applications sign out too.

    Front-Channel Logout §2. Those with a back channel hear of it by the outbox.
    """
    parts, now = visit.journey_parts, visit.journey_parts.clock.now()
    frames: list[str] = []
    if not sessions:
        return frames
    async with visit.parts.begin(parts.tenant_id) as unit:
        for session in sessions:
            involved = await unit.sessions.parties(session.id)
            if await unit.sessions.end(session.id, now):
                frames += [front_channel_address(visit.desk, party.document, party.sid) for party in involved]
                unit.announce(Event("session.ended", session.customer_id, {"session": session.id}))
                unit.record(
                    AuditEntry(
                        event="session.ended",
                        actor=f"customer:{session.customer_id}",
                        subject=session.customer_id,
                        request_id=visit.context.request_id,
                        data={"session": session.id},
                    )
                )
    return [address for address in dict.fromkeys(frames) if address]


async def logout(visit: Visit) -> HotResponse:
    """Sign out for an application (RP-Initiated Logout §2), asking first unless its hint fits a session here.

    A ``logout_hint`` proves nothing: it chooses whom of several people is asked about, and where it contradicts the ID
    token, the person is asked.
    """
    is_ours, about = False, ""
    parameters = await visit.parameters()
    if isinstance(parameters, Refusal):
        return refused(visit, parameters)
    if visit.is_stripped and len(parameters) <= LONGEST_QUERY:
        return visit.go(f"/logout?{parameters}")
    if visit.request.method == "POST":
        form = await visit.form("sign-out")
        if not isinstance(form, Refusal):
            if form.get("decision") != "sign_out":
                return visit.go("/account")
            is_ours, parameters, about = True, form.get("request", ""), form.get("about", "")
    asked = await parse_logout(visit.desk, parameters)
    if isinstance(asked, Refusal):
        return refused(visit, asked)
    visit.speak(asked.ui_locales)
    found = await accounts_here(visit)
    named = [one for one in found if asked.hint_valid and one.session.sid == asked.sid]
    hinted = [one for one in found if _is_hinted(visit, one, asked.logout_hint)]
    chosen = [one for one in found if one.session.sid == about] if about else named or hinted or list(found)
    is_clear = bool(named) and (not asked.logout_hint or named[0] in hinted)
    if found and not is_clear and not is_ours:
        return await _ask(visit, asked, parameters, chosen[0] if named or hinted else None)
    return await _gone(visit, asked, await end_sessions(visit, [one.session for one in chosen]))


def _is_hinted(visit: Visit, account: Account, hint: str) -> bool:
    """Tell whether *hint* is what finds this customer, or the public name of the session (RP-Initiated Logout §2)."""
    if not hint:
        return False
    region = visit.desk.tenant.settings.sms.home
    name = parse_identifier(hint, usernames=True, region=region)
    return hint == account.session.sid or name in [text for _, text, _ in named_by(account.customer.profile)]


async def _ask(visit: Visit, asked: LogoutRequest, parameters: str, account: Account | None) -> HotResponse:
    """Ask, saying whom it is about where that is not everybody here; the answer then is about them alone."""
    document = await _asking(visit, asked)
    for uri in places_behind(asked.redirect, document) if document is not None and asked.redirect else ():
        visit.allow_form_target(uri)
    about = {"about": account.session.sid} if account is not None else {}
    context = {
        "action": f"{visit.prefix}/logout",
        "csrf": visit.csrf("sign-out"),
        "client_name": document.client_name if document is not None else None,
        "email": account.customer.profile.email if account is not None else None,
        "fields": {"request": parameters[:MAX_FORM], **about},
    }
    return visit.page("sign_out.html", context)


async def _gone(visit: Visit, asked: LogoutRequest, frames: list[str]) -> HotResponse:
    document = await _asking(visit, asked)
    if document is not None and asked.location and not frames:
        return visit.leave(asked.location, document.client_name, by_page=is_handed_on(asked.redirect, document))
    return signed_out(visit, frames, asked.location, document.client_name if document is not None else None)


def signed_out(visit: Visit, frames: list[str], onward: str = "", client_name: str | None = None) -> HotResponse:
    """Show that it is done, while *frames* sign out elsewhere; then go *onward*, if there is anywhere to go."""
    shown: list[str] = []
    for address in frames:
        try:
            visit.request.policy.allow_frame(address)
        except ValueError:
            continue
        shown.append(address)
    where = f"{visit.prefix}{onward}" if onward.startswith("/") else onward
    page = visit.page("signed_out.html", {"client_name": client_name, "continue_url": where or None, "frames": shown})
    if where and shown:  # without script; the link says the same
        return saying(page, ("refresh", f"{_FRAME_SECONDS};url={in_header(where)}"))
    return page


async def _asking(visit: Visit, asked: LogoutRequest) -> ClientDocument | None:
    loaded = await visit.desk.clients(asked.client_id) if asked.client_id else None
    return loaded.client.document if loaded is not None else None

"""Where a person enters the code that a device shows (RFC 8628 §3.3).

The code is always compared by the person before anything else happens, however it came here: who follows a link or a
QR code that somebody else sent sees a code that is on no screen of theirs (§5.4). Looking something up takes a POST.
"""

import io
from typing import Any, Final

import segno

from limen.access.decoupled.answering import Asked, claim, deny, find_by_code
from limen.access.decoupled.user_codes import grouped, read_user_code
from limen.access.http import HotResponse
from limen.experience.pages.answers import file
from limen.experience.pages.authorize import answer
from limen.experience.pages.devices import describe_device
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.kernel.errors import Invalid, Refusal, Throttled
from limen.trust.limits import address_key

_SCOPE: Final = "device"
_QR_SCALE: Final = 8


async def device(visit: Visit) -> HotResponse:
    """Take a code, show whose it is, and lead into the journey that answers it."""
    if visit.request.method != "POST":
        await visit.ensure_browser()
        typed = visit.request.parameter("user_code")
        return _entry(visit, grouped(read_user_code(typed) or ""))
    form = await visit.form(_SCOPE)
    if isinstance(form, Refusal):
        return refused(visit, form)
    typed = form.get("user_code", "")
    code = read_user_code(typed)
    if code is None:
        return _entry(visit, typed[:20], "error.user_code_invalid")
    limited = await _over_limits(visit)
    if limited is not None:
        return refused(visit, limited)
    asked = await _held(visit, code)
    if isinstance(asked, Refusal):
        return _entry(visit, grouped(code), "error.user_code_unknown")
    return await _decided(visit, asked, code, form.get("decision", ""))


async def _held(visit: Visit, code: str) -> Asked | Refusal:
    """Return the request with *code*, which from now on is answered at this browser alone."""
    browser = str(visit.browser.id) if visit.browser is not None else ""
    async with visit.parts.read(visit.journey_parts.tenant_id) as unit:
        asked = await find_by_code(unit, visit.desk, code, browser)
    if isinstance(asked, Refusal) or asked.content.browser:
        return asked
    async with visit.parts.begin(visit.journey_parts.tenant_id) as unit:
        return await claim(unit, visit.desk, asked, browser) or asked


async def _decided(visit: Visit, asked: Asked, code: str, decision: str) -> HotResponse:
    if decision == "continue":
        return await answer(visit, asked.request)
    if decision == "deny":
        async with visit.parts.begin(visit.journey_parts.tenant_id) as unit:
            await deny(unit, visit.desk, asked.row.id, "", visit.context)
        name = asked.client.document.client_name
        return visit.page("device_done.html", {"approved": False, "client_name": name})
    return _confirmation(visit, asked, code)


async def device_qr(visit: Visit) -> HotResponse:
    """Return ``verification_uri_complete`` as a QR code, for devices that cannot make one (RFC 8628 §3.3.1)."""
    code = read_user_code(visit.request.parameter("user_code"))
    if code is None:
        return refused(visit, Invalid("malformed_code", "no user code"))
    link = f"{visit.desk.issuer}/device?user_code={grouped(code)}"
    drawn = io.BytesIO()
    segno.make_qr(link, error="m").save(drawn, kind="svg", scale=_QR_SCALE, xmldecl=False, light="#fff", title=link)
    return file(drawn.getvalue(), "image/svg+xml", ("cache-control", "no-store"))


async def _over_limits(visit: Visit) -> Throttled | None:
    """Count one code typed, right or wrong, by address, by browser and for the tenant (RFC 8628 §5.1)."""
    parts = visit.journey_parts
    browser = visit.browser.id if visit.browser is not None else ""
    keys = address_key(visit.context.address), browser, ""
    for key, limit in zip(keys, visit.parts.code_tries, strict=True):
        decision = await parts.limiter.hit(f"{limit.name}:{parts.tenant_id}:{key}", limit)
        if not decision.allowed:
            return Throttled("throttled", limit.name, retry_after=max(1, decision.reset_seconds))
    return None


def _entry(visit: Visit, typed: str, error: str = "") -> HotResponse:
    view: dict[str, Any] = {
        "values": {"user_code": typed},
        "errors": {"user_code": error} if error else {},
        "notice": None,
        "data": {},
    }
    context = {"action": f"{visit.prefix}/device", "csrf": visit.csrf(_SCOPE), "view": view}
    return visit.page("device.html", context, 400 if error else 200)


def _confirmation(visit: Visit, asked: Asked, code: str) -> HotResponse:
    request = asked.content.request
    context = {
        "action": f"{visit.prefix}/device",
        "csrf": visit.csrf(_SCOPE),
        "user_code": grouped(code),
        "client_name": asked.client.document.client_name,
        "scopes": request.scopes,
        "network": asked.content.network,
        "device": describe_device(asked.content.user_agent),
        "asked": asked.row.created_at,
    }
    return visit.page("device_confirm.html", context)

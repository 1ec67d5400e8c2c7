"""What only the demonstration shows: the start page, and the mailbox of messages that would have been sent."""

from urllib.parse import urlencode

from limen.access.http import HotResponse
from limen.experience.pages.answers import html
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.kernel.errors import NotFound

_NONE = NotFound("not_found", "no such message, or no mailbox here")


async def start(visit: Visit) -> HotResponse:
    """Lead through the main job; outside the demonstration the account page is the start."""
    if not visit.parts.demo_app:
        return visit.go("/account")
    prefix = visit.prefix
    links = {
        "demo_app": visit.parts.demo_app,
        "sign_up": f"{prefix}/sign-up",
        "mailbox": f"{prefix}/dev/mailbox",
        "api_docs": f"{prefix}/api/v1/openapi.json",
        "account": f"{prefix}/account",
        "admin": f"{prefix}/admin",
        "discovery": f"{prefix}/.well-known/openid-configuration",
    }
    return visit.page("start.html", {"links": links})


async def mailbox(visit: Visit) -> HotResponse:
    """List the messages, a page at a time."""
    kept = visit.parts.mailbox
    if kept is None:
        return refused(visit, _NONE)
    here = f"{visit.prefix}/dev/mailbox"
    shown, next_mark = kept.page(visit.request.parameter("before"))
    messages = [
        {
            "url": f"{here}/{one.id}",
            "subject": one.mail.subject,
            "to": one.mail.to,
            "at": one.received_at,
        }
        for one in shown
    ]
    older_url = f"{here}?{urlencode({'before': next_mark})}" if next_mark else None
    context = {"messages": messages, "newest_url": here, "older_url": older_url, "start_url": f"{visit.prefix}/"}
    return visit.page("mailbox.html", context)


async def message(visit: Visit) -> HotResponse:
    """Show one message."""
    one = visit.parts.mailbox.get(visit.request.names["id"]) if visit.parts.mailbox is not None else None
    if one is None:
        return refused(visit, _NONE)
    here = f"{visit.prefix}/dev/mailbox"
    shown = {
        "subject": one.mail.subject,
        "sender": visit.desk.tenant.name,
        "to": one.mail.to,
        "at": one.received_at,
        "text": one.mail.text,
        "html_url": f"{here}/{one.id}/html" if one.mail.html else None,
    }
    return visit.page("mailbox_message.html", {"message": shown, "mailbox_url": here})


async def message_html(visit: Visit) -> HotResponse:
    """Show a message's HTML as a mail program would: its own styles, no script, no origin."""
    one = visit.parts.mailbox.get(visit.request.names["id"]) if visit.parts.mailbox is not None else None
    if one is None:
        return refused(visit, _NONE)
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
        "sandbox allow-popups allow-top-navigation-by-user-activation"
    )
    return html(one.mail.html, 200, ("content-security-policy", policy))

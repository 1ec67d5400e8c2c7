"""Who is signed in at this browser."""

from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.devices import describe_device
from limen.experience.pages.logout import end_sessions, signed_out


async def show(look: Look) -> Shown:
    """Return the sessions at this browser, newest proof first."""
    device = describe_device(look.visit.context.user_agent)
    return {
        "sessions": [
            {
                "id": one.session.sid,
                "device": f"{one.customer.profile.email}" + (f" · {device}" if device else ""),
                "started": one.session.created_at,
                "seen": one.session.seen_at,
                "current": one is look.account,
            }
            for one in look.accounts
        ]
    }


async def end(turn: Turn) -> Taken:
    """End the session that the form names, if it is one of this browser's."""
    ended = [one.session for one in turn.accounts if one.session.sid == turn.form.get("session", "")]
    frames = await end_sessions(turn.visit, ended)
    left = [one for one in turn.accounts if one.session not in ended]
    if not left or frames:
        return signed_out(turn.visit, frames, "/account" if left else "")
    return Done("notice.session_ended" if ended else "")


TAKES = {"end_session": end}

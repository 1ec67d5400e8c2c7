"""Others who are signed in at this browser: shown where there are any, since a browser's owner may not know of them."""

from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.logout import end_sessions, signed_out


async def show(look: Look) -> Shown:
    """Return whoever else is signed in here, newest proof first."""
    return {
        "others": [
            {"id": one.session.sid, "email": one.customer.profile.email, "seen": one.session.seen_at}
            for one in look.accounts[1:]
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

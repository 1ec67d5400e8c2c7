"""Where the customer is signed in, at all their browsers; what applications got through each; and ending it."""

from typing import Any

from limen.access.account.devices import devices, end_device, end_others
from limen.access.account.records import Device
from limen.access.oauth.logout_token import front_channel_address
from limen.access.sessions.records import Surroundings
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.owner import owner_of, parts_of
from limen.experience.pages.devices import describe_device, is_handheld
from limen.experience.pages.logout import signed_out
from limen.experience.pages.visit import Visit


async def show(look: Look) -> Shown:
    """Return every session that counts, this one first."""
    customer = look.account.customer
    found = await devices(parts_of(look.visit), look.unit, customer, look.vault)
    shown = [_shown(look, one) for one in found]
    return {"devices": sorted(shown, key=lambda one: not one["current"])}


def _shown(look: Look, device: Device) -> dict[str, Any]:
    session = device.session
    return {
        "id": session.sid,
        **surroundings(look.visit, device.seen),
        "started": session.created_at,
        "seen": session.seen_at,
        "current": session.id == look.account.session.id,
        "applications": list(device.applications),
    }


def surroundings(visit: Visit, seen: Surroundings) -> dict[str, Any]:
    """Return where something was done from, in words that its owner recognises; empty words where nothing is known."""
    return {
        "device": describe_device(seen.user_agent),
        "network": seen.network,
        "country": visit.journey_parts.judge.geography.country(seen.network),
        "handheld": is_handheld(seen.user_agent),
    }


async def end(turn: Turn) -> Taken:
    """End the session that the form names, if it is the customer's; this one as signing out does."""
    ended = await end_device(parts_of(turn.visit), owner_of(turn), turn.form.get("session", ""))
    if ended is None:
        return Done()
    session, involved = ended
    if session.browser_id != turn.account.session.browser_id:
        return Done("notice.session_ended")
    found = [front_channel_address(turn.visit.desk, party.document, party.sid) for party in involved]
    frames = [address for address in dict.fromkeys(found) if address]
    is_mine = session.id == turn.account.session.id
    if frames or is_mine:
        return signed_out(turn.visit, frames, "/account" if not is_mine else "")
    return Done("notice.session_ended")


async def others(turn: Turn) -> Taken:
    """End every session but this one."""
    return Done("notice.others_ended" if await end_others(parts_of(turn.visit), owner_of(turn)) else "")


TAKES = {"end_device": end, "end_others": others}

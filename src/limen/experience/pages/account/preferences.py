"""How the customer wants to be written to, where the tenant offers a choice."""

from typing import Final

from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.experience.pages.visit import Visit
from limen.identity.administrators import Actor
from limen.identity.preferences.choose import Choosing, Preferences
from limen.kernel.errors import Refusal

SAVE: Final = "save_preferences"


def _use(visit: Visit) -> Choosing:
    parts, settings = visit.journey_parts, visit.desk.tenant.settings.preferences
    return Choosing(parts.tenant_id, settings, visit.parts.begin, visit.parts.read, parts.keyring, parts.clock)


async def show(look: Look) -> Shown:
    """Return what is offered and what was chosen; nothing is read where nothing is offered."""
    visit, settings = look.visit, look.visit.desk.tenant.settings.preferences
    if not settings.offers_anything:
        return {"is_offered": False}
    chosen = await _use(visit).read(look.account.customer.id)
    said = Preferences() if isinstance(chosen, Refusal) else chosen.preferences
    return {
        "is_offered": True,
        "channels": [{"channel": one, "chosen": one in said.channels} for one in settings.channels],
        "topics": [
            {"name": one.name, "words": one.word(visit.locale), "chosen": one.name in said.topics}
            for one in settings.topics
        ],
        "frequencies": list(settings.frequencies),
        "frequency": said.frequency,
    }


async def save(turn: Turn) -> Taken:
    """Store what the form says: a box that is not ticked is a no."""
    visit, form = turn.visit, turn.form
    settings = visit.desk.tenant.settings.preferences
    wanted = Preferences(
        tuple(one for one in settings.channels if form.get(f"channel.{one}") == "yes"),
        tuple(one.name for one in settings.topics if form.get(f"topic.{one.name}") == "yes"),
        form.get("frequency", ""),
    )
    customer_id = turn.account.customer.id
    actor = Actor(f"customer:{customer_id}", visit.context.request_id)
    made = await _use(visit).change(customer_id, wanted, actor)
    return Again("preferences", {}, {"": "error.stale"}) if isinstance(made, Refusal) else Done("notice.preferences")


TAKES = {SAVE: save}
"""Intent to what takes it."""

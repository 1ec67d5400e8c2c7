"""What the tenant keeps of its customers beyond names: the attributes that their owner may see, and change."""

from typing import Any, Final

import msgspec

from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.profile import actor_of, keeping
from limen.identity.customers.records import Profile
from limen.identity.profiles.forms import LONGEST, field_of, input_name, own, written
from limen.identity.profiles.records import ProfileSettings
from limen.identity.profiles.schema import read_value
from limen.identity.profiles.values import brought_up
from limen.kernel.errors import Conflict, Refusal

_SECTION: Final = "details"


async def show(look: Look) -> Shown:
    """Return the fields of the form, those that can only be read among them; none where the tenant keeps nothing."""
    settings, customer = look.visit.desk.tenant.settings.profile, look.account.customer
    values = brought_up(settings, customer.profile.attributes)
    fields = [
        {**field_of(settings, name, look.visit.context.locale), "may_write": may_write}
        for name, may_write in own(settings).items()
    ]
    told = {input_name(name): written(values.get(name)) for name in own(settings)}
    return {"fields": fields, "values": {**told, "version": str(customer.version)}}


async def change(turn: Turn) -> Taken:
    """Keep what the form says, unless the profile was changed since it was shown."""
    settings = turn.visit.desk.tenant.settings.profile
    names = [name for name, may_write in own(settings).items() if may_write]
    typed = {input_name(name): turn.form.get(input_name(name), "").strip()[: LONGEST + 1] for name in names}
    version = turn.form.get("version", "")
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        return Again(_SECTION, typed, {"": "error.stale"}, 409)
    done = await keeping(turn).update(
        turn.account.customer.id,
        lambda profile: _changed(settings, profile, typed, names),
        actor_of(turn),
        expected_version=int(version),
    )
    if isinstance(done, Conflict):
        return Again(_SECTION, typed, {"": "error.profile_changed"}, 409)
    if isinstance(done, Refusal):
        wrong = dict.fromkeys(done.fields, "error.attribute_invalid")
        return Again(_SECTION, typed, wrong or {"": f"error.{done.code}"})
    return Done("notice.profile_saved")


def _changed(settings: ProfileSettings, profile: Profile, typed: dict[str, str], names: list[str]) -> Profile:
    """Return *profile* with what was typed; an empty field takes its attribute away, an empty box says no."""
    values: dict[str, Any] = dict(profile.attributes)
    for name in names:
        schema, text = settings.attributes[name], typed[input_name(name)]
        if text or (schema.get("type") == "boolean" and name in values):
            values[name] = read_value(schema, text)
        else:
            values.pop(name, None)
    return msgspec.structs.replace(profile, attributes=values)


TAKES = {"save_details": change}

"""The rarer standard claims: those that the tenant asks for, and what is held of them, for their owner to change."""

from typing import Any, Final

import msgspec

from limen.experience.pages.account.look import Again, Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.profile import actor_of, keeping
from limen.identity.customers.records import Address, Profile
from limen.identity.profiles.claims import ADDRESS, LINES, OPTIONAL, shown_claims
from limen.identity.profiles.forms import claim_field
from limen.kernel.errors import Conflict, Refusal

_SECTION: Final = "claims"
_ADDRESS: Final = "address"
_DAY: Final = len("YYYY-MM-DD")
_ERRORS: Final = {
    "name.invalid": "error.name_invalid_long",
    "url.invalid": "error.url_invalid",
    "birthdate.invalid": "error.birthdate_invalid",
}


async def show(look: Look) -> Shown:
    """Return the fields of the form, those that can only be read among them; none where nobody asks for any."""
    settings, customer = look.visit.desk.tenant.settings.profile, look.account.customer
    profile = customer.profile
    said = msgspec.structs.asdict(profile)
    fields: list[dict[str, Any]] = []
    values = {"version": str(customer.version)}
    for name, may_write in shown_claims(settings, said).items():
        parts = _parts(profile) if name == _ADDRESS else [claim_field(name)]
        fields += [{**part, "label": part["name"], "may_write": may_write} for part in parts]
        values |= _told(profile) if name == _ADDRESS else {name: said[name]}
    for field in fields:
        if field["kind"] == "date" and not _is_picked(values[field["name"]]):
            field["kind"] = "name"
    return {"fields": fields, "values": values}


def _is_picked(text: str) -> bool:
    """Tell whether *text* can stand in a picker of days: one would empty a year alone, or a day without a year."""
    return not text or (len(text) == _DAY and not text.startswith("0000"))


def _parts(profile: Profile) -> list[dict[str, Any]]:
    """Return the fields of an address; the whole of it has one where something is in it, which its parts are not."""
    is_whole = profile.address is not None and bool(profile.address.formatted)
    return [
        {"name": f"{_ADDRESS}.{part}", "kind": "lines" if part in LINES else "name", "maximum": longest}
        for part, longest in ADDRESS.items()
        if part != "formatted" or is_whole
    ]


def _told(profile: Profile) -> dict[str, str]:
    address = profile.address or Address()
    return {f"{_ADDRESS}.{part}": getattr(address, part) for part in ADDRESS}


async def change(turn: Turn) -> Taken:
    """Keep what the form says, unless the profile was changed since it was shown."""
    settings, form = turn.visit.desk.tenant.settings.profile, turn.form
    said = msgspec.structs.asdict(turn.account.customer.profile)
    names = [name for name, may_write in shown_claims(settings, said).items() if may_write]
    shown = form.get("shown", "").split(" ")  # what the page had: a claim that is open since then stays
    lengths = {name: longest for name, longest in _longest(names).items() if name in shown}
    typed = {name: form.get(name, "").strip()[: longest + 1] for name, longest in lengths.items()}
    version = form.get("version", "")
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        return Again(_SECTION, typed, {"": "error.stale"}, 409)
    done = await keeping(turn).update(
        turn.account.customer.id,
        lambda profile: _changed(profile, typed),
        actor_of(turn),
        expected_version=int(version),
    )
    if isinstance(done, Conflict):
        return Again(_SECTION, typed, {"": "error.profile_changed"}, 409)
    if isinstance(done, Refusal):
        wrong = {name: _ERRORS.get(code, "error.attribute_invalid") for name, code in done.fields.items()}
        return Again(_SECTION, typed, wrong or {"": f"error.{done.code}"})
    return Done("notice.profile_saved")


def _longest(names: list[str]) -> dict[str, int]:
    found = {name: OPTIONAL[name].longest for name in names if name != _ADDRESS}
    parts = {f"{_ADDRESS}.{part}": longest for part, longest in ADDRESS.items()}
    return found | (parts if _ADDRESS in names else {})


def _changed(profile: Profile, typed: dict[str, str]) -> Profile:
    """Return *profile* with what was typed."""
    parts = {name.partition(".")[2]: text for name, text in typed.items() if "." in name}
    values: dict[str, Any] = {name: text for name, text in typed.items() if "." not in name}
    if parts:
        values[_ADDRESS] = msgspec.structs.replace(profile.address or Address(), **parts)
    return msgspec.structs.replace(profile, **values)


TAKES = {"save_claims": change}

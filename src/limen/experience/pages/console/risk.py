"""What other thresholds would have decided of past sign-ins and changes. Asking changes nothing."""

import re
from datetime import date
from typing import Any, Final, get_args

from limen.access.http import HotResponse
from limen.experience.pages.console.here import Administering, administered
from limen.experience.pages.errors import refused
from limen.experience.pages.visit import Visit
from limen.identity.tenants.risk import THRESHOLDS, Action
from limen.identity.tenants.sign_up import FROM
from limen.kernel.clock import DAY, Instant
from limen.kernel.errors import Refusal
from limen.trust.risk.decide import OUTCOMES
from limen.trust.risk.replay import LADDER, USUAL, Replayed, WhatIf, in_force, replay, tried

_PATH: Final = "/admin/risk"
_SCOPE: Final = "risk"
_SIGN_UP: Final = "sign_up"
_ACTIONS: Final = ("", *(one for one in get_args(Action) if one != _SIGN_UP))
_DAYS: Final = ("since", "until")
_LONGEST: Final = 32
_NUMBER: Final = re.compile(r"\d{1,4}")
_EPOCH: Final = date(1970, 1, 1)
_PROBLEMS: Final = {"sign_up.work_beyond_refusal": "error.what_if_order"}


@administered
async def risk(visit: Visit, _who: Administering) -> HotResponse:
    """Show the thresholds in force, and what others would have done."""
    held = visit.desk.tenant.settings
    if visit.request.method != "POST":
        action = _SIGN_UP if visit.request.parameter("action") == _SIGN_UP else ""
        now = {name: str(value) for name, value in in_force(held.risk, held.sign_up, action).items()}
        return _page(visit, {**now, "action": action, "since": "", "until": ""})
    form = await visit.form(_SCOPE)
    if isinstance(form, Refusal):
        return refused(visit, form)
    typed = {name: form.get(name, "").strip()[:_LONGEST] for name in (*THRESHOLDS, "action", *_DAYS)}
    asked = _asked(visit, typed)
    if not isinstance(asked, WhatIf):
        return _page(visit, typed, errors=asked)
    return _page(visit, typed, found=await replay(visit.parts.read, visit.journey_parts.tenant_id, asked))


def _asked(visit: Visit, typed: dict[str, str]) -> WhatIf | dict[str, str]:
    """Return what is asked; else what is wrong, by field. What is left empty is as it is now."""
    held, action = visit.desk.tenant.settings, typed["action"]
    days = {name: _day(typed[name]) for name in _DAYS if typed[name]}
    given = {name: typed[name] for name in THRESHOLDS if typed[name]}
    errors = {name: "error.what_if_threshold" for name, value in given.items() if not _NUMBER.fullmatch(value)}
    errors |= {"action": "error.invalid"} if action not in {*_ACTIONS, _SIGN_UP} else {}
    errors |= {name: "error.what_if_day" for name, day in days.items() if day is None}
    if errors:
        return errors
    settings = tried(held.risk, held.sign_up, action, {name: int(value) for name, value in given.items()})
    if isinstance(settings, Refusal):
        return _problems(settings)
    since, until = days.get("since"), days.get("until")
    return WhatIf(
        *settings,
        since=_instant(since) if since is not None else 0,
        until=_instant(until) + DAY if until is not None else 0,
        action=action,
        most=USUAL,
    )


def _problems(refusal: Refusal) -> dict[str, str]:
    fields = {f"risk.{name}": name for name in THRESHOLDS} | {f"sign_up.{of}": name for name, of in FROM.items()}
    return {
        fields.get(field, "form"): _PROBLEMS.get(
            code, "error.what_if_threshold" if field in fields else "error.invalid"
        )
        for field, code in refusal.fields.items()
    }


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if day > _EPOCH else None


def _instant(day: date) -> Instant:
    return (day - _EPOCH).days * DAY


def _page(
    visit: Visit, typed: dict[str, str], *, errors: dict[str, str] | None = None, found: Replayed | None = None
) -> HotResponse:
    held, here = visit.desk.tenant.settings, f"{visit.prefix}{_PATH}"
    of_sign_ups = typed["action"] == _SIGN_UP
    context = {
        "action": here,
        "csrf": visit.csrf(_SCOPE),
        "view": {"values": typed, "errors": errors or {}, "notice": None, "data": {}},
        "kinds": _ACTIONS,
        "mode": held.sign_up.mode if of_sign_ups else held.risk.mode,
        "answer": _shown(found) if found is not None else None,
        "most": USUAL,
        "other_url": here if of_sign_ups else f"{here}?action={_SIGN_UP}",
        "home_url": f"{visit.prefix}/admin",
    }
    return visit.page("console/risk.html", context, 400 if errors else 200)


def _shown(found: Replayed) -> dict[str, Any]:
    return {
        "decisions": found.decisions,
        "outcomes": [
            {
                "kind": one,
                "would": found.would[one],
                "would_share": found.share(found.would[one]),
                "was": found.was[one],
                "was_share": found.share(found.was[one]),
            }
            for one in OUTCOMES
        ],
        "reaching": [
            {"threshold": one, "count": found.reaching[one], "share": found.share(found.reaching[one])}
            for one in LADDER
        ],
        "disturbed": len(found.disturbed),
        "oldest": found.oldest,
        "newest": found.newest,
        "is_whole": found.is_whole,
    }

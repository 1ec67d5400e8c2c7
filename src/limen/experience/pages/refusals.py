"""A sign-in that is shown again: what was typed and the proof that is asked for are new, the rest is everybody's.

Whoever tries stolen passwords is shown that page thousands of times, and rendering it is a fifth of what a refused try
costs. So its words are found in a mould (``rendering.moulds``), and these few values are filled in.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from limen.access.journeys.views import StepView

_SALT: Final = re.compile(r"([A-Za-z0-9_-]+)\?expires=([0-9]+)&asked=([0-9]+)&work=([0-9]+)&")
_KEPT: Final = frozenset({"maxnumber", "algorithm"})
_ASKED: Final = frozenset({"salt", "challenge", "signature"}) | _KEPT


@dataclass(frozen=True, slots=True)
class Recast:
    """A view in two parts: what is kept of it, and what is new; ``view`` puts both together."""

    kept: StepView
    fresh: Mapping[str, str]
    view: Callable[[Mapping[str, str]], StepView]


def recast(shown: StepView) -> Recast | None:
    """Return a view of the first step in two parts; None where it says more of somebody than what they typed."""
    proof = shown.data.get("proof")
    if shown.name != "sign_in" or shown.data.get("forget") or not set(shown.values) <= {"email"}:
        return None
    if shown.data.get("asks") == "proof":  # there the address is part of a sentence
        return None
    email, salt = shown.values.get("email", ""), _SALT.fullmatch(proof["salt"]) if proof else None
    if proof and (salt is None or set(proof) != _ASKED):
        return None
    fresh: dict[str, str] = {"typed": email} if email else {}
    if proof and salt is not None:
        fresh |= {"nonce_of_proof": salt[1], "expires": salt[2], "asked": salt[3], "waited": shown.data["waited"]}
        fresh |= {"hash_of_proof": proof["challenge"], "signature": proof["signature"]}
    kept_proof = {name: proof[name] for name in _KEPT} | {"work": salt[4]} if proof and salt is not None else None
    data = {**shown.data, "proof": kept_proof, "waited": ""}
    kept = replace(shown, values={"email": "typed" if email else ""}, data=data, retry_after=0)

    def view(values: Mapping[str, str]) -> StepView:
        return replace(kept, values={"email": values.get("typed", "")}, data={**data, **_proof(kept_proof, values)})

    return Recast(kept, fresh, view)


def _proof(kept: Mapping[str, Any] | None, values: Mapping[str, str]) -> dict[str, Any]:
    if kept is None:
        return {"proof": None}
    salt = f"{values['nonce_of_proof']}?expires={values['expires']}&asked={values['asked']}&work={kept['work']}&"
    asked = {name: kept[name] for name in _KEPT}
    asked |= {"salt": salt, "challenge": values["hash_of_proof"], "signature": values["signature"]}
    return {"proof": asked, "waited": values["waited"]}

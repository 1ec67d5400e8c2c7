"""``claims``: single claims, and what they must be (OpenID Connect Core §5.5).

Names of claims that we have are kept for userinfo and the ID token. Two claims can be requirements: a certain ``sub``,
and an essential ``acr``; those bind. Whatever else a value asks for is a wish (§5.5.1), and may be personal: it goes no
further than here. Claims that we do not know are left out, as §5.5.1 lets us; so is the language that a name carries.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from limen.access.oauth.assurance import SERVED
from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.records import RequestedClaims
from limen.access.tokens.asked_claims import allowed_claims
from limen.identity.profiles.claims import covering_scope

_MOST: Final = 50
_LONGEST_VALUE: Final = 255
_MEMBERS: Final = ("userinfo", "id_token")
_ASKED = Mapping[str, Mapping[str, Any]]
_decoder: Final = msgspec.json.Decoder(dict[str, Any])


def check_claims(draft: Draft) -> Checked:
    """Keep the names, and bind what is required."""
    text = draft.given.get("claims")
    if text is None or draft.client is None or "openid" not in draft.request.scopes:
        return draft  # of OpenID Connect requests alone (§5.5)
    asked = _read(text)
    if asked is None:
        return draft.refused("invalid_request", "claims is not the object of OpenID Connect Core section 5.5")
    settings = draft.desk.tenant.settings.profile
    names = {member: allowed_claims(settings, draft.client, asked[member]) for member in _MEMBERS}
    scopes = dict.fromkeys(covering_scope(settings, name) for member in _MEMBERS for name in names[member])
    bound = _subject(draft.having(claims=RequestedClaims(**names, scopes=tuple(scopes))), asked)
    return _assurance(bound, asked["id_token"].get("acr")) if isinstance(bound, Draft) else bound


def refuse_claims(draft: Draft) -> Checked:
    """Refuse the parameter where it is not served: it can require what would silently be dropped."""
    return draft.refused("invalid_request", "claims is not supported here") if "claims" in draft.given else draft


def _subject(draft: Draft, asked: _ASKED) -> Checked:
    """Bind the customer: only the one whom ``sub`` names may answer (§5.5.1)."""
    values = [value for member in _MEMBERS for value in _values(asked[member].get("sub"))]
    if not values:
        return draft
    if draft.client is None or not isinstance(values[0], str) or any(value != values[0] for value in values):
        return draft.refused("invalid_request", "claims asks for more than one sub")
    subject = draft.desk.subjects.public(draft.client, values[0]) or values[0]  # nobody has it: nobody can answer
    if draft.request.id_token_hint_subject not in {"", subject}:
        return draft.refused("invalid_request", "claims and id_token_hint name different customers")
    return draft.having(id_token_hint_subject=subject)


def _assurance(draft: Draft, acr: Mapping[str, Any] | None) -> Checked:
    """Bind the assurance if it is essential, or wish for it (§5.5.1.1)."""
    asked = _values(acr)
    values = tuple(value for value in asked if isinstance(value, str) and len(value) <= _LONGEST_VALUE)
    if not asked:
        return draft
    if acr is None or acr.get("essential") is not True:
        return draft.having(acr_values=tuple(dict.fromkeys((*draft.request.acr_values, *values))))
    if SERVED.isdisjoint(values):
        return draft.refused("unmet_authentication_requirements", "no acr that is essential is served")
    return draft.having(required_acr=values)


def _values(claim: Mapping[str, Any] | None) -> list[Any]:
    if not claim:
        return []
    return [claim["value"]] if "value" in claim else list(claim.get("values", ()))


def _read(text: str) -> _ASKED | None:
    """Return both members, each claim with what is said of it; None if *text* is not what §5.5 describes."""
    try:
        whole = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    read: dict[str, Mapping[str, Any]] = {}
    for member in _MEMBERS:
        claims = whole.get(member)
        claims = {} if claims is None else claims
        if not isinstance(claims, dict) or len(claims) > _MOST or not all(map(_is_claim, claims.values())):
            return None
        read[member] = {name: said or {} for name, said in claims.items()}
    return read


def _is_claim(said: Any) -> bool:
    if said is None:
        return True
    if not isinstance(said, dict) or not isinstance(said.get("essential", False), bool):
        return False
    values = said.get("values", [])
    return isinstance(values, list) and len(values) <= _MOST and not {"value", "values"} <= said.keys()

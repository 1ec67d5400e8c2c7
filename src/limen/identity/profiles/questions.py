"""Which question is due: a pure function of the tenant's settings, the profile and what was asked before."""

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.identity.profiles.claims import ASKABLE
from limen.identity.profiles.records import ProfileSettings, Progress, Question
from limen.kernel.clock import DAY, Instant


def question_due(
    settings: ProfileSettings, said: Mapping[str, Any], client_id: str, progress: Progress, now: Instant
) -> Question | None:
    """Return the first question that applies, with the fields that are missing in what the profile *said*; or None."""
    is_quiet = progress.skipped_at > 0 and now - progress.skipped_at < settings.ask_again_days * DAY
    for question in settings.questions:
        if question.clients and client_id not in question.clients:
            continue
        if progress.sign_ins < question.after_sign_ins or (is_quiet and not question.required):
            continue
        missing = tuple(field for field in question.fields if _is_missing(settings, said, field))
        if missing:
            return msgspec.structs.replace(question, fields=missing)
    return None


def _is_missing(settings: ProfileSettings, said: Mapping[str, Any], field: str) -> bool:
    """Tell whether nothing is said of *field*; what the schema does not know any more is not asked for."""
    if field not in ASKABLE and field not in settings.attributes:
        return False
    return said.get(field) in {None, ""} if field in ASKABLE else said.get(field) is None

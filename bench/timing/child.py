"""Serves an installation with one thing different; the product knows nothing of it.

usage: python -m bench.timing.child PORT [without-step] [late-answer | skipped-hash], in the environment of an
installation

``without-step`` lets answers leave when they are done, so that the work itself can be measured. The others plant a
leak: an answer to who is known leaves a little later; no hash is computed where there is no password.
"""

import asyncio
import sys
from collections.abc import Mapping
from functools import wraps
from typing import Any, Final

from bench.timing.people import KINDS, kind_of
from limen.access.journeys import dispatcher
from limen.access.journeys.dispatcher import Journeys
from limen.access.journeys.firsts import password
from limen.app.cli.serving import run
from limen.app.settings import read_settings
from limen.identity.credentials.verify import PasswordCheck

LATE_SECONDS: Final = 0.005


def without_step() -> None:
    """Let answers leave at once."""

    async def at_once(_: Any, __: float, ___: float) -> None:
        return None

    dispatcher.even_out = at_once  # a door left open on purpose


def late_answer() -> None:
    """Plant a leak that no even step covers."""
    submit = Journeys.submit

    @wraps(submit)
    async def late(self: Journeys, opened: Any, form: Mapping[str, str], request: Any) -> Any:
        shown = await submit(self, opened, form, request)
        email = form.get("email") or opened.journey.state.email
        if kind_of(email) != KINDS[0]:
            await asyncio.sleep(LATE_SECONDS)
        return shown

    Journeys.submit = late  # type: ignore[method-assign]


def skipped_hash() -> None:
    """Plant the classic: who has no password costs no hash."""
    check = password.check_password

    @wraps(check)
    async def skipping(hasher: Any, stored: Any, vault: Any, presented: str, *, is_known: bool) -> PasswordCheck:
        return PasswordCheck() if stored is None else await check(hasher, stored, vault, presented, is_known=is_known)

    password.check_password = skipping


PLANTED: Final = {"without-step": without_step, "late-answer": late_answer, "skipped-hash": skipped_hash}


def main() -> None:
    """Serve until told to stop."""
    for name in sys.argv[2:]:
        PLANTED[name]()
    run(read_settings(server__host="127.0.0.1", server__port=int(sys.argv[1])))


if __name__ == "__main__":
    main()

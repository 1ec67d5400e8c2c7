"""How well each kind of code holds against guessing: a page of the reference, made from the settings and the code.

What is counted is what somebody can type who changes address, browser and journey at will. A limit has at most so many
tries in any span of its length, and an hour as many of them as it has spans.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from limen.access.decoupled.user_codes import ALPHABET, LENGTH
from limen.access.factors import recovery
from limen.access.factors.records import MOST_APPS
from limen.access.factors.totp import DIGITS, DRIFT
from limen.access.journeys.messages.mails import CODE_DIGITS, LINK_BYTES
from limen.access.journeys.parts import JourneySettings
from limen.app.settings.sections.limits import LimitsSection
from limen.app.settings.values import Rate
from limen.identity.credentials.records import MAX_CONSECUTIVE_FAILURES

HOUR: Final = 3_600
_STEPS: Final = 2 * DRIFT + 1
WAITING: Final = 1_000
"""Codes of devices that wait at one moment, for the odds of hitting any."""
_LIKELIEST: Final = 1_000_000
"""A password among the first million guesses is refused when it is chosen (``PasswordPolicy.minimum_score``)."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A row.

    Attributes:
        kind: what is guessed.
        space: how many values there are, and ``good``: how many of them are right at one moment.
        limit: the setting that bounds all tries against one account, over addresses and journeys; and its name.
        per_code: tries of one code that was sent; 0 where no code is sent.
        more: what else holds.
    """

    kind: str
    space: int
    good: int
    limit: Rate | None
    setting: str
    per_code: int = 0
    more: str = ""

    @property
    def per_hour(self) -> int:
        """Return how many tries an hour has at the most; 0 where nothing but the size of the space bounds them."""
        return 0 if self.limit is None else self.limit.count * math.ceil(HOUR / self.limit.seconds)

    @property
    def chance(self) -> float:
        """Return the probability that one of an hour's tries is right."""
        tries = self.per_hour or _LIKELIEST
        return min(1.0, tries * self.good / self.space)


def guesses(limits: LimitsSection, journeys: JourneySettings) -> Sequence[Guess]:
    """Return every kind of code with its bounds."""
    tries, digits = journeys.code_tries, 10**CODE_DIGITS
    second, mailed = limits.second_factor_per_customer, limits.codes_per_identifier
    by_second, by_mailed = "second_factor_per_customer", "codes_per_identifier"
    is_behind = "Only whoever has shown a first factor may try."
    return (
        Guess(
            "password",
            _LIKELIEST,
            1,
            limits.sign_in_per_identifier,
            "sign_in_per_identifier",
            more=f"After {MAX_CONSECUTIVE_FAILURES} failures in a row, by strangers or at known devices, it counts "
            "there no more until another factor speaks. "
            "The odds are those of the weakest password that may be chosen.",
        ),
        Guess("e-mail code", digits, 1, mailed, by_mailed, tries, "Another message brings no tries back."),
        Guess("magic link", 2 ** (8 * LINK_BYTES), 1, None, "", more="The odds are those of a million tries an hour."),
        Guess(
            "authenticator app",
            10**DIGITS,
            _STEPS * MOST_APPS,
            second,
            by_second,
            more=f"{is_behind} {_STEPS} steps of each of {MOST_APPS} apps, the most there can be, are right.",
        ),
        Guess(
            "recovery code",
            len(recovery.ALPHABET) ** recovery.LENGTH,
            recovery.CODES,
            second,
            by_second,
            more=is_behind,
        ),
        Guess("code by short message", digits, 1, second, by_second, tries, is_behind),
        Guess("mailed second step", digits, 1, second, by_second, tries, is_behind),
        Guess(
            "device user code",
            len(ALPHABET) ** LENGTH,
            WAITING,
            limits.user_codes_per_tenant,
            "user_codes_per_tenant",
            more=f"For the whole tenant, with {WAITING:,} codes waiting: the odds of hitting any. "
            f"One address or browser has {limits.user_codes_per_address.count} tries in "
            f"{limits.user_codes_per_address.seconds} s.",
        ),
        Guess(
            "CIBA request",
            2**256,
            1,
            None,
            "",
            more="``auth_req_id``; nobody may ask without a client's own credentials. The odds are those of a million "
            "tries an hour.",
        ),
    )


def guessing_page() -> str:
    """Return the page as reStructuredText, with the settings as they are unless somebody changes them."""
    lines = ["Guessing", "========", "", *_LEAD]
    for row in guesses(LimitsSection(), JourneySettings()):
        rate = row.limit
        limit = f"``{row.setting}``: {rate.count:,} in {rate.seconds:,} s" if rate is not None else "none"
        lines += [
            f"    * - {row.kind}",
            f"      - {row.space:.2g}",
            f"      - {row.per_code or 'none'}",
            f"      - {limit}",
            f"      - {f'{row.per_hour:,}' if row.limit is not None else 'unbounded'}",
            f"      - {row.chance:.1e}",
            f"      - {row.more}",
        ]
    return "\n".join([*lines, ""])


_LEAD: Final = (
    "How often each kind of code can be tried, by whoever changes address, browser and journey at will, and how likely",
    "one of an hour's tries is right. The numbers are those of the settings (:doc:`settings`, ``limits``) as they are",
    "delivered, and of the code; ``tests/integration/journeys/test_guessing.py`` uses up each of them over HTTP.",
    "",
    "A device that the owner has signed in from has counts of its own beside these, so that no stranger's guesses keep",
    "an owner out; whoever guesses has none.",
    "",
    ".. list-table::",
    "    :header-rows: 1",
    "    :widths: 14 9 8 20 9 10 30",
    "",
    "    * - code",
    "      - values",
    "      - tries of one code",
    "      - tries against one account",
    "      - tries an hour",
    "      - odds an hour",
    "      - beside that",
)

"""What a test needs from the machine, and what is said where it is not there.

Nothing skips silently: a missing part is named in the summary, and with ``CI=true`` its tests fail.
"""

import os
from typing import NoReturn

import pytest

PREFIX = "missing: "


def missing(name: str, hint: str) -> NoReturn:
    """Give up the present test because the part *name* is not here; *hint* says what would mend it.

    Raises:
        pytest.skip.Exception: on a developer's machine.
        pytest.fail.Exception: with ``CI=true``.
    """
    text = f"{PREFIX}{name} ({hint})"
    if is_ci():
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def is_ci() -> bool:
    """Tell whether this is an automatic run, in which nothing may be missing."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def named_in(reports: list[pytest.TestReport]) -> dict[str, int]:
    """Return each missing part that *reports* name, with how many tests went without it."""
    counts: dict[str, int] = {}
    for report in reports:
        # A skip is (path, line, reason); a failure is text.
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        _, found, rest = text.partition(PREFIX)
        if found:
            part = rest.splitlines()[0]
            counts[part] = counts.get(part, 0) + 1
    return counts

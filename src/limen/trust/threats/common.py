"""The commonest passwords, known everywhere and without a download.

They are the 30,000 of the list that zxcvbn carries (MIT) for its estimates. Of that package this reads the one file and
keeps a set of 54 KB: its own front makes 16 MB of dictionaries of it.
"""

import io
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from limen.kernel.errors import Fault
from limen.trust.threats.sets import About, CompactSet, encode, fingerprint


@cache
def commonest() -> CompactSet:
    """Return the set; made at the first call, which takes about a tenth of a second: not on an event loop."""
    members = sorted({fingerprint(word.encode()) for word in _words()})
    made = io.BytesIO()
    encode(members, About("passwords", len(members), 0), made)
    return CompactSet(made.getvalue())


def is_made() -> bool:
    """Tell whether :func:`commonest` returns at once."""
    return commonest.cache_info().currsize > 0


def _words() -> list[str]:
    package = find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise Fault("zxcvbn is not installed")
    spec = spec_from_file_location("limen_frequency_lists", Path(package.origin).with_name("frequency_lists.py"))
    if spec is None or spec.loader is None:
        raise Fault("zxcvbn carries no lists")
    lists: Any = module_from_spec(spec)
    spec.loader.exec_module(lists)
    return list(lists.FREQUENCY_LISTS["passwords"])

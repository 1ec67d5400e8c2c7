"""What a rule of a profile is."""

from collections.abc import Callable

from limen.access.oauth.draft import Draft

Rule = Callable[[Draft], str | None]
"""A draft to what is wrong with it, fixed ASCII that names the clause; None if nothing is."""

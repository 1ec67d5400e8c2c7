"""What a rule finds."""

from collections.abc import Callable, Iterator

from limen.access.clients.records import ClientDocument

Problem = tuple[str, str]
"""Where (``redirect_uris.0``) and what (a message key)."""

Problems = Iterator[Problem]
Rule = Callable[[ClientDocument], Problems]

"""What a client is called."""

from limen.access.clients.records import ClientDocument
from limen.access.clients.rules.problem import Problems

LONGEST_NAME = 100


def names(document: ClientDocument) -> Problems:
    """A name is visible, and fits on a page."""
    name = document.client_name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        yield "client_name", "client_name.invalid"

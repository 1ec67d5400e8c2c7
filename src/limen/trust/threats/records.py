"""What is said of a feed that will not do."""


class BadFeed(Exception):
    """A feed that is refused; the text names the line or the object, and nothing of what it holds."""

"""What can go wrong between a relying party and its provider, in words for people.

::

    Trouble
    ├── ProviderAway      nobody answers, or the answer is a failure of theirs
    ├── ProviderRefused   an OAuth error, with its code
    └── ProviderWrong     an answer that must not be trusted
"""


class Trouble(Exception):
    """Something to tell the person about. ``code`` is for the developer beside them."""

    status = 500
    title = "Something went wrong"

    def __init__(self, text: str, code: str = "", detail: str = "") -> None:
        """Say what happened; *detail* quotes the provider."""
        super().__init__(text)
        self.text = text
        self.code = code
        self.detail = detail


class ProviderAway(Trouble):
    """Nobody answers."""

    status = 503
    title = "Nobody at the sign-in desk"


class ProviderRefused(Trouble):
    """The provider said no."""

    status = 403
    title = "The sign-in desk said no"


class ProviderWrong(Trouble):
    """The answer does not hold."""

    status = 502
    title = "That answer does not add up"

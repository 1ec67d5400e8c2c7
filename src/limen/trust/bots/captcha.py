"""CAPTCHA vendors, for tenants that want one in place of proof of work. None is asked unless the operator names it.

A vendor sees the customer's browser and address: that is the price, and why this is off at first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

Vendor = Literal["hcaptcha", "turnstile", "recaptcha"]


@dataclass(frozen=True, slots=True)
class Widget:
    """How a vendor's widget stands in a page, and where its answer is checked.

    Attributes:
        style: the class of the element that its script turns into the widget.
        script: where its script is.
        field: the form field that its answer comes in.
        check: where the answer is checked.
        sources: what the page's policy has to allow.
    """

    style: str
    script: str
    field: str
    check: str
    sources: tuple[str, ...]


WIDGETS: Final[Mapping[Vendor, Widget]] = {
    "hcaptcha": Widget(
        "h-captcha",
        "https://js.hcaptcha.com/1/api.js",
        "h-captcha-response",
        "https://api.hcaptcha.com/siteverify",
        ("https://hcaptcha.com", "https://*.hcaptcha.com"),
    ),
    "turnstile": Widget(
        "cf-turnstile",
        "https://challenges.cloudflare.com/turnstile/v0/api.js",
        "cf-turnstile-response",
        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        ("https://challenges.cloudflare.com",),
    ),
    "recaptcha": Widget(
        "g-recaptcha",
        "https://www.google.com/recaptcha/api.js",
        "g-recaptcha-response",
        "https://www.google.com/recaptcha/api/siteverify",
        ("https://www.google.com/recaptcha/", "https://www.gstatic.com/recaptcha/"),
    ),
}


class Captcha(Protocol):
    """A vendor, with this installation's account there."""

    @property
    def vendor(self) -> Vendor:
        """Return which."""
        ...

    @property
    def site_key(self) -> str:
        """Return the public key of the widget."""
        ...

    async def passes(self, answer: str) -> bool | None:
        """Tell whether the widget's *answer* is good; None where the vendor does not say."""
        ...

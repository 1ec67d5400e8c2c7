"""How a tenant's customers sign in: which first factors there are, and on how many pages they are asked for."""

from collections.abc import Iterator
from typing import Literal

import msgspec


class SignInSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is offered to everybody, whatever an account has and whether there is one.

    The first factors are all on at first. A mailed code proves no more than recovery does by the same mailbox, so that
    it opens no door that was closed; it bears no assurance level, and whoever has a second factor is asked for it
    behind the code too.

    Attributes:
        identifier_first: the address is asked for on a page of its own, and how to prove it on the next.
        password: by password. Without it nobody is asked to choose one, at sign-up or in recovery.
        email_code: by a code or a link from a mail.
        passkey: by passkey.
        recovery_adds_password: whether recovery asks customers who never had a password to choose one.
        verify_email: whether a sign-in waits until the customer's address is proven, where an administrator or an
            import gave it and nobody has proven it yet.
        usernames: whether customers may have a user name, or must: who has none is asked for it behind the next
            sign-in. With the password it signs in; codes and links go to an address all the same.
        phones: whether a customer's proven telephone number signs in, with the password.
    """

    identifier_first: bool = False
    password: bool = True
    email_code: bool = True
    passkey: bool = True
    recovery_adds_password: bool = True
    verify_email: bool = False
    usernames: Literal["off", "optional", "required"] = "off"
    phones: bool = False


def problems_of(settings: SignInSettings, field: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as field and code."""
    if not (settings.password or settings.email_code or settings.passkey):
        yield field, "sign_in.no_method"

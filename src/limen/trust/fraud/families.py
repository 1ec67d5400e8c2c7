"""Mailboxes and their families: which addresses lead to one mailbox, and which look as if one hand had counted them.

Large providers say which parts of a local part they ignore. What is not known of a domain is not assumed of it, but for
what follows a plus sign: hardly any other domain gives it a meaning, and it is what sub-addressing is (RFC 5233).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a provider ignores, and the name under which its domains are one.

    Attributes:
        domain: the first of its domains.
        ignored: marks before the sub-address that mean nothing.
        separators: what a sub-address begins with.
        by_host: addresses may be written as ``anything@user.domain`` too.
    """

    domain: str
    ignored: str = ""
    separators: str = "+"
    by_host: bool = False


_GMAIL, _PROTON = _Rule("gmail.com", "."), _Rule("proton.me", ".-_")
_RULES: Final[Mapping[str, _Rule]] = {
    "gmail.com": _GMAIL,
    "googlemail.com": _GMAIL,
    "proton.me": _PROTON,
    "protonmail.com": _PROTON,
    "pm.me": _PROTON,
    "fastmail.com": _Rule("fastmail.com", by_host=True),
    "fastmail.fm": _Rule("fastmail.fm", by_host=True),
    **{
        name: _Rule(name, separators="-")
        for name in ("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.co.uk", "ymail.com", "rocketmail.com")
    },
    **{name: _Rule("icloud.com") for name in ("icloud.com", "me.com", "mac.com")},
}


def family_of(email: str) -> str:
    """Return the mailbox that *email* most likely is, however its address was varied."""
    local, _, domain = email.lower().rpartition("@")
    rule = _RULES.get(domain)
    if rule is None:
        host, _, above = domain.partition(".")
        rule = _RULES.get(above)
        if rule is not None and rule.by_host:
            return f"{host}@{rule.domain}"
        rule = _Rule(domain)
    for mark in rule.separators:
        local = local.partition(mark)[0] or local
    bare = local.translate({ord(mark): None for mark in rule.ignored}) or local
    return f"{bare}@{rule.domain}"


def siblings_of(email: str) -> str:
    """Return what addresses have in common that somebody counts up: ``ann.lee7@`` and ``annlee_12@`` of one domain.

    Empty where nothing that names anybody is left. Common names have many siblings: they count only where they come
    from one network.
    """
    local, _, domain = family_of(email).rpartition("@")
    bare = "".join(mark for mark in local if mark.isalpha())
    return f"{bare}@{domain}" if bare else ""

"""Which redirect URIs may be registered (RFC 9700 §2.1 and §4.1, RFC 8252 §7).

They are compared as text, character by character, so that what is registered must have one reading: no wildcard, no
fragment, no userinfo, nothing that a browser would rewrite on the way.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote_plus, urlsplit

from limen.access.clients.records import ClientDocument
from limen.kernel.uris import CHARACTERS, LONGEST, SCHEME

MOST = 50
MOST_PLACES = 20
"""A policy of a page names them, in a header."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_AUTHORITY = re.compile(rf"(\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)(?::([1-9][0-9]{{0,4}}))?")
_ANSWERS = frozenset({"code", "error", "error_description", "error_uri", "iss", "response", "state"})
"""What an answer adds: each comes once (RFC 6749 §3.1), and whoever compares issuers finds one (RFC 9207 §2)."""
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)


def check_redirect_uri(text: str) -> str | None:
    """Return the message key of what is wrong with *text* as a redirect URI; None if it may be registered.

    Allowed are ``https``, ``http`` on loopback (RFC 8252 §7.3), and private-use schemes with a dot (§7.1).
    """
    return _check(text) or ("redirect_uri.response_parameter" if _answers(text) else None)


def _answers(text: str) -> bool:
    """Tell whether the query of *text* holds what an answer says."""
    pairs = re.split("[&;]", text.partition("?")[2])
    return not _ANSWERS.isdisjoint(unquote_plus(pair.partition("=")[0]) for pair in pairs)


def _check(text: str) -> str | None:
    problem = _spelling(text)
    if problem:
        return problem
    found = SCHEME.fullmatch(text)
    if found is None:
        return "redirect_uri.not_absolute"
    scheme, rest = found.groups()
    if scheme in {"https", "http"}:
        return _web(scheme, rest)
    if "." not in scheme:
        return "redirect_uri.scheme"
    return None if rest.startswith("/") and "@" not in rest.partition("?")[0] else "redirect_uri.invalid"


def is_handed_on(uri: str, document: ClientDocument) -> bool:
    """Tell whether a page and no redirect leads to *uri* behind a form, so that a browser may be sent on from there.

    An application of its own scheme leads nowhere, and opens by itself behind what a person pressed alone.
    """
    return document.callback_leads_on and uri.startswith(("https:", "http:"))


def places_behind(uri: str, document: ClientDocument) -> tuple[str, ...]:
    """Return *uri*, where a client is answered, and where else on the web it is registered to be.

    Nowhere, where a page leads on and no redirect does. An application of its own scheme takes the browser nowhere, and
    an IPv6 literal cannot be named in a policy (CSP3 §2.3.1): only *uri* itself may be either. There are at most
    :data:`MOST_PLACES`.
    """
    if is_handed_on(uri, document):
        return ()
    said = (uri, document.client_uri, document.initiate_login_uri)
    found = dict.fromkeys((*said, *document.redirect_uris, *document.post_logout_redirect_uris))
    places = [one for one in found if one.startswith(("https:", "http:")) and (one == uri or "//[" not in one)]
    places = places[:MOST_PLACES]
    return tuple(places) if uri in places else (uri,)


def check_web_uri(text: str) -> str | None:
    """Return what is wrong with *text* as the address of a page or an image; None if it will do."""
    problem = _check(text)
    return problem or (None if text.startswith(("https:", "http:")) else "redirect_uri.scheme")


def check_fetchable(text: str) -> str | None:
    """Return what is wrong with *text* as an address that we are to ask; None if it will do.

    It has one reading, names a host, and is https, or http on loopback: whether loopback may be asked at all is the
    process's setting.
    """
    problem = check_web_uri(text)
    return problem or (None if urlsplit(text).hostname else "redirect_uri.host")


def _spelling(text: str) -> str | None:
    if len(text) > LONGEST:
        return "redirect_uri.too_long"
    if "*" in text:
        return "redirect_uri.wildcard"
    if "#" in text:
        return "redirect_uri.fragment"
    if not CHARACTERS.fullmatch(text):
        return "redirect_uri.characters"
    path = text.partition("?")[0]
    return "redirect_uri.dot_segment" if _DOT_SEGMENT.search(path) else None


def _web(scheme: str, rest: str) -> str | None:
    if not rest.startswith("//"):
        return "redirect_uri.not_absolute"
    authority = re.split(r"[/?]", rest[2:], maxsplit=1)[0]
    if "@" in authority:
        return "redirect_uri.userinfo"
    found = _AUTHORITY.fullmatch(authority)
    if found is None or int(found[2] or 443) > 65_535:
        return "redirect_uri.host"
    is_loopback = _is_loopback(found[1].lower())
    if is_loopback is None:
        return "redirect_uri.host"
    return None if scheme == "https" or is_loopback else "redirect_uri.insecure"


def is_loopback_uri(text: str) -> bool:
    """Tell whether *text*, which may be registered, leads to the machine that the browser is on, or may well.

    So do all names below ``localhost`` (RFC 6761 §6.3), an IPv4 address within IPv6, and the unspecified address, which
    most systems take for themselves. None of these may have http: of them a resolver or a browser may not know that.
    """
    host = (urlsplit(text).hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    return address is not None and (address.is_loopback or address.is_unspecified)


def _is_loopback(host: str) -> bool | None:
    """Tell whether *host* is this machine; None if it is an address that browsers read in another way than we."""
    if host == "localhost":
        return True
    is_numeric = host.startswith("[") or re.fullmatch(r"(?:0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2]) is not None
    if not is_numeric:
        return False
    address = _address(host.strip("[]"))
    return address.is_loopback if address is not None else None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None

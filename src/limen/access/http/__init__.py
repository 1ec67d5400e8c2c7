"""The framework-free HTTP core of the hot doors: a request record in, a response record out.

Owns the records (:class:`HotRequest`, :class:`HotResponse`, :class:`Door`), the strict parsers of form bodies, queries
and HTTP Basic credentials, and the rendering of JSON and OAuth errors. Leaves sockets, tenants, limits on what is read
and metrics to ``limen.app.server``, which calls a door only with a body within the door's limit.

:class:`PageRequest` is what pages are asked by; they have the edge around them, which answers for what they raise.

A door is ``async (HotRequest) -> HotResponse``; it raises only what is a bug or an outage. RFC 6749 §2.3.1, §3.2, §5;
RFC 9110.
"""

from limen.access.http.answers import NO_STORE, json_response, oauth_error
from limen.access.http.basic import ClientCredentials, parse_basic
from limen.access.http.forms import FORM, FormLimits, parse_form, parse_query
from limen.access.http.pages import Find, Page, PagePolicy, PageRequest
from limen.access.http.records import AtOnce, Door, Headers, HotDoor, HotRequest, HotResponse

__all__ = [
    "FORM",
    "NO_STORE",
    "AtOnce",
    "ClientCredentials",
    "Door",
    "Find",
    "FormLimits",
    "Headers",
    "HotDoor",
    "HotRequest",
    "HotResponse",
    "Page",
    "PagePolicy",
    "PageRequest",
    "json_response",
    "oauth_error",
    "parse_basic",
    "parse_form",
    "parse_query",
]

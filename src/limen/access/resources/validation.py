"""What may be registered about a resource server and about a type of ``authorization_details``."""

from collections.abc import Iterator
from typing import Any, Final

from limen.access.clients.rules.problem import Problem
from limen.access.resources.records import DetailTypeDocument, ResourceDocument
from limen.access.resources.wording import is_wording
from limen.identity.administrators import ADMINISTRATIVE
from limen.identity.customers.scopes import ACCOUNT
from limen.identity.tenants.records import SPOKEN
from limen.kernel.errors import Invalid
from limen.kernel.json_schema import schema_problem
from limen.kernel.scopes import SCOPE
from limen.kernel.uris import is_absolute_uri

RESOURCE_CODE: Final = "invalid_resource_server"
DETAIL_TYPE_CODE: Final = "invalid_authorization_details_type"
SHORTEST_LIFETIME: Final = 30
LONGEST_LIFETIME: Final = 86_400
"""Revocations are remembered for a day (``access.tokens.revocations``)."""
_LONGEST_WORDING: Final = 500
_LONGEST_LABEL: Final = 200
_LISTS: Final = {"scopes": 200, "authorization_details_types": 50, "introspection_clients": 20}


def validate_resource(document: ResourceDocument) -> Invalid | None:
    """Return everything that is wrong with *document*, by field; None if it may be registered."""
    problems = dict([*_resource(document), *_lists(document)])
    return Invalid(RESOURCE_CODE, ", ".join(problems), problems) if problems else None


def validate_detail_type(document: DetailTypeDocument) -> Invalid | None:
    """Return everything that is wrong with *document*, by field; None if it may be registered."""
    problems = dict([*_type(document), *_schema(document.detail_schema), *_wording(document.wording)])
    return Invalid(DETAIL_TYPE_CODE, ", ".join(problems), problems) if problems else None


def _resource(document: ResourceDocument) -> Iterator[Problem]:
    if not is_absolute_uri(document.identifier) or " " in document.identifier:
        yield "identifier", "audience.not_absolute"
    name = document.name
    if not name.strip() or len(name) > 100 or not name.isprintable():
        yield "name", "name.invalid"
    if document.token_lifetime and not SHORTEST_LIFETIME <= document.token_lifetime <= LONGEST_LIFETIME:
        yield "token_lifetime", "lifetime.out_of_bounds"
    if document.token_format == "opaque" and document.token_signing_alg:
        yield "token_signing_alg", "algorithm.unused"  # an opaque token is encrypted and not signed
    for index, scope in enumerate(document.scopes):
        if not SCOPE.fullmatch(scope):
            yield f"scopes.{index}", "scope.invalid"
        elif scope.startswith((ADMINISTRATIVE, ACCOUNT)):  # it would go out of every token that is for our API
            yield f"scopes.{index}", "scopes.beyond_your_authority"


def _lists(document: ResourceDocument) -> Iterator[Problem]:
    for field, most in _LISTS.items():
        values: tuple[str, ...] = getattr(document, field)
        if len(values) > most:
            yield field, "list.too_long"
        elif len(set(values)) != len(values):
            yield field, "list.repeated"


def _type(document: DetailTypeDocument) -> Iterator[Problem]:
    name = document.type
    if not name or len(name) > _LONGEST_LABEL or not name.isprintable() or not name.isascii() or " " in name:
        yield "type", "type.invalid"


def _schema(schema: dict[str, Any]) -> Iterator[Problem]:
    problem = schema_problem(schema)
    if problem:
        yield "detail_schema", problem


def _wording(wording: dict[str, str]) -> Iterator[Problem]:
    if SPOKEN[0] not in wording:
        yield f"wording.{SPOKEN[0]}", "wording.required"
    for language, sentence in wording.items():
        if language not in SPOKEN:
            yield f"wording.{language[:20]}", "locale.unknown"
        elif len(sentence) > _LONGEST_WORDING or not is_wording(sentence):
            yield f"wording.{language}", "wording.invalid"

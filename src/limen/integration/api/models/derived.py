"""Pydantic models made from the structs that the use cases take, so that a field is declared once.

What a field's type says of lengths, bounds and patterns (``access.clients.fields``) becomes part of the model, and so
of the OpenAPI document.
"""

from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo
from pydantic import BaseModel, Field, create_model

from limen.access.clients.fields import Described, described, public_fields
from limen.integration.api.models.common import Bool, Int, Sent, Shown, Str

_STRICT: Final[dict[Any, Any]] = {str: Str, bool: Bool, int: Int}
"""Nobody's number is taken for text."""

_STRINGS: Final = {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"}
_WORDS: Final = _STRINGS | {"minItems": "min_length", "maxItems": "max_length", "minimum": "ge", "maximum": "le"}


def sent_fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the public fields of *struct* as they are sent: strict, with their bounds and defaults."""
    return {field.name: (_sent(field.type), _default(field)) for field in public_fields(struct)}


def shown_fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the public fields of *struct* as they are shown: all present, and as they are stored."""
    return {field.name: (_shown(field.type), ...) for field in public_fields(struct)}


def _default(field: FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        default = field.default
    elif field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    else:
        return ...
    if not isinstance(default, msgspec.Struct):
        return default
    return _model(type(default), Sent).model_validate(msgspec.to_builtins(default))


def _sent(declared: Any) -> Any:
    kind = described(declared)
    inner = _of(kind, Sent, _sent)
    bounds = {_WORDS[name]: value for name, value in kind.schema.items()}
    return Annotated[inner, Field(**bounds)] if bounds else inner


def _shown(declared: Any) -> Any:
    return _of(described(declared), Shown, _shown)


def _of(kind: Described, base: type[BaseModel], inner: Any) -> Any:
    plain = kind.plain
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return _model(plain, base)
    origin, parts = get_origin(plain), get_args(plain)
    if origin is tuple:
        return tuple.__class_getitem__((inner(parts[0]), ...))
    if origin is dict:
        return dict.__class_getitem__((str, inner(parts[1])))
    if len(parts) > 1 and type(None) in parts:
        return Union[tuple(None if part is type(None) else inner(part) for part in parts)]  # noqa: UP007 - made at run time
    return _STRICT.get(plain, plain) if base is Sent else plain


@cache
def _model(struct: type[msgspec.Struct], base: type[BaseModel]) -> type[BaseModel]:
    fields = sent_fields(struct) if base is Sent else shown_fields(struct)
    name = struct.__name__ if base is Sent else f"{struct.__name__}Shown"
    return create_model(name, __base__=base, __doc__=struct.__doc__, **fields)

"""A mypy plugin: ``dataclasses.replace`` takes no msgspec struct.

Mypy lets one pass, since ``dataclass_transform`` describes both; when it runs, it raises ``TypeError``.
``msgspec.structs.replace`` is for structs.
"""

from collections.abc import Callable

from mypy.plugin import FunctionContext, Plugin
from mypy.types import Instance, Type, TypeVarType, UnionType, get_proper_type

_STRUCT = "msgspec.Struct"


class Structs(Plugin):
    """Looks at what is to be replaced."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """Return what checks a call of *fullname*, if that is the one."""
        return _checked if fullname == "dataclasses.replace" else None


def _checked(call: FunctionContext) -> Type:
    if call.arg_types and any(_is_struct(one) for one in call.arg_types[0]):
        call.api.fail("dataclasses.replace takes no msgspec struct: use msgspec.structs.replace", call.context)
    return call.default_return_type


def _is_struct(of: Type) -> bool:
    proper = get_proper_type(of)
    if isinstance(proper, UnionType):
        return any(_is_struct(one) for one in proper.items)
    if isinstance(proper, TypeVarType):
        return _is_struct(proper.upper_bound)
    return isinstance(proper, Instance) and any(base.fullname == _STRUCT for base in proper.type.mro)


def plugin(_version: str) -> type[Plugin]:
    """Return what mypy is to load."""
    return Structs

"""Reading: the file, then the environment over it, once."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from limen.app.settings.records import Settings
from limen.app.settings.sections import Section
from limen.app.settings.values import Rate
from limen.kernel.errors import Misconfigured
from limen.kernel.secret import Secret

DEFAULT_FILE: Final = Path("limen.toml")
_PREFIX: Final = "LIMEN_"
_OTHERS: Final = ("LIMEN_SECRET_", "LIMEN_TEST_", "LIMEN_BENCH_", "LIMEN_CONFIG")
"""Names that speak to tenants' documents, to our tests, to our benchmark, and to the reader itself."""
_SECRET_SUFFIX: Final = "_FILE"

Place = tuple[str, ...]


def read_settings(environment: Mapping[str, str] | None = None, file: Path | None = None, **given: Any) -> Settings:
    """Return the settings of ``limen.toml`` (*file*, ``LIMEN_CONFIG``, or the one here), the environment, and *given*.

    Args:
        environment: in place of the process's.
        file: in place of ``LIMEN_CONFIG``; must exist.
        given: dotted names with ``__`` for the dot (``server__port=8010``), from the command line; None is left out.

    Raises:
        Misconfigured: a setting is unknown, malformed or out of bounds.
    """
    variables = os.environ if environment is None else environment
    raw = _read_file(file or _named(variables))
    for place, text in _from_environment(variables):
        _put(raw, place, text)
    for name, value in given.items():
        if value is not None:
            _put(raw, tuple(name.split("__")), value)
    return _convert(raw)


def variable(place: Place) -> str:
    """Return the environment's name of a setting."""
    return _PREFIX + "_".join(place).upper()


def places() -> dict[str, Place]:
    """Return every setting by the environment's name of it."""
    return {variable(place): place for place in _walk(Settings, ())}


def _walk(section: type[Section], head: Place) -> Iterator[Place]:
    for field in msgspec.structs.fields(section):
        if isinstance(field.default, Section):
            yield from _walk(type(field.default), (*head, field.name))
        else:
            yield *head, field.name


def _named(variables: Mapping[str, str]) -> Path | None:
    name = variables.get("LIMEN_CONFIG", "")
    if name:
        return Path(name)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _read_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}", "name another with --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):  # the parser's message may quote a secret
        raise Misconfigured(f"{path} is not TOML", "see docs/reference/settings") from None


def _from_environment(variables: Mapping[str, str]) -> Iterator[tuple[Place, Any]]:
    known = places()
    for name, text in variables.items():
        if not name.startswith(_PREFIX) or name.startswith(_OTHERS):
            continue
        place = known.get(name)
        if place is not None:
            yield place, _listed(place, text)
        elif (hidden := known.get(name.removesuffix(_SECRET_SUFFIX))) is not None:
            yield hidden, _from_secret_file(name, text)
        else:
            raise Misconfigured(f"unknown setting {name}", _nearest(name, known))


def _from_secret_file(name: str, path: str) -> str:
    """Read ``LIMEN_ROOT_KEY_FILE`` and its kind, as container platforms hand out secrets."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Misconfigured(f"the file that {name} names cannot be read", "see that it exists and is text") from None


def _listed(place: Place, text: str) -> Any:
    return [item.strip() for item in text.split(",") if item.strip()] if place == ("proxies", "networks") else text


def _put(raw: dict[str, Any], place: Place, value: Any) -> None:
    for name in place[:-1]:
        raw = raw.setdefault(name, {})
        if not isinstance(raw, dict):
            raise Misconfigured(f"{name} is a section", f"write [{name}] above its settings")
    raw[place[-1]] = value


def _convert(raw: dict[str, Any]) -> Settings:
    _refuse_unknown(raw, Settings, ())
    try:
        return msgspec.convert(raw, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
        place = tuple(path.rstrip("`").split("[")[0].split(".")) if path else ()
        where = f"{'.'.join(place)} ({variable(place)})" if place else "the settings"
        raise Misconfigured(f"{where}: {problem}", "see docs/reference/settings") from None


def _refuse_unknown(raw: Mapping[str, Any], section: type[Section], head: Place) -> None:
    fields = {field.name: field.default for field in msgspec.structs.fields(section)}
    for name, value in raw.items():
        place = (*head, name)
        if name not in fields:
            known = {".".join((*head, known)): () for known in fields} | {".".join(p): p for p in places().values()}
            raise Misconfigured(f"unknown setting {'.'.join(place)}", _nearest(".".join(place), known))
        if isinstance(fields[name], Section) and isinstance(value, Mapping):
            _refuse_unknown(value, type(fields[name]), place)


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only where somebody mistyped

    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "see docs/reference/settings"


def _decode(kind: type, value: Any) -> Any:
    if not isinstance(value, str):
        raise TypeError("expected text")
    if kind is Secret:
        return Secret(value)
    if kind is Rate:
        return Rate.parse(value)
    raise NotImplementedError(cast("Any", kind))

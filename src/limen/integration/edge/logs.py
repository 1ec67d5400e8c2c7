"""The logs: one JSON object a line, and nothing personal even by accident.

Whoever logs names only what is open. Two processors stand behind that: one drops fields whose names promise personal
data or secrets, and one renders an exception as its types and places without its message, since a message may quote a
value.

Tracebacks therefore never reach structlog, which would load the library that draws them as soon as it is there itself:
four megabytes, and a thirtieth of a start.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import msgspec

from limen.kernel.errors import Fault

_rich: Any = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # "not there": what is imported next asks
try:
    import structlog
finally:
    if _rich is None:
        del sys.modules["rich"]

_PRIVATE: Final = frozenset(
    {
        "address", "authorization", "body", "client_secret", "code", "cookie", "email", "headers", "ip", "name",
        "password", "phone", "query", "refresh_token", "secret", "token", "user_agent", "username",
    }
)  # fmt: skip

EventDict = MutableMapping[str, Any]


def configure(stream: TextIO, level: str = "INFO", *, as_json: bool = True) -> None:
    """Send the logs to *stream*: JSON lines, or coloured text for people at a terminal."""
    renderer: Any = _render_json if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_private,
            render_exception,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


def drop_private(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drop fields whose names promise personal data or secrets."""
    for name in _PRIVATE.intersection(event):
        event[name] = "dropped"
    return event


def render_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Turn ``exc_info`` into types and places; only our own faults keep their messages, which quote no values."""
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else (sys.exc_info() if info is True else info)[1]
        if error is not None:
            event["exception"] = _places(error)
    return event


def _places(error: BaseException) -> list[str]:
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 64:
        lines.append(f"{type(seen).__name__}: {seen}" if isinstance(seen, Fault) else type(seen).__name__)
        frames = traceback.extract_tb(seen.__traceback__)[-12:]
        lines.extend(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def _render_json(_logger: Any, _method: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()

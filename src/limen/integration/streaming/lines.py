"""One audit record in the words of a format.

Every value comes from outside in the end: a client's name, a reason, a browser's own description. So each format has
one place that makes values harmless, and nothing is put together from text beside it.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from limen.integration.streaming.fact import Fact
from limen.integration.streaming.ocsf import ocsf_event
from limen.integration.streaming.severity import CEF, SYSLOG, severity_of
from limen.kernel.clock import SECOND, Instant

PRODUCT: Final = "Limen"
RELEASE: Final = version("limen")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SYSLOG_NAME: Final = re.compile(r"[^\x21-\x7e]")
_LONGEST_VALUE: Final = 4_000
_FACILITY_AUDIT: Final = 13  # RFC 5424 §6.2.1: log audit


def line(fact: Fact, form: str) -> str:
    """Return *fact* in a format, on one line of text."""
    if form == "cef":
        return cef(fact)
    return _json(ocsf_event(fact, PRODUCT, RELEASE) if form == "ocsf" else plain(fact))


def plain(fact: Fact) -> dict[str, Any]:
    """Return *fact* as the members that the API has."""
    said = {name: fact.said.get(name, "") for name in ("outcome", "actor", "subject", "client", "reason", "request_id")}
    return {
        "id": fact.id,
        "at": timestamp(fact.at),
        "tenant": fact.tenant,
        "issuer": fact.issuer,
        "event": fact.event,
        **said,
        "data": fact.said.get("data") or {},
        **({"personal": dict(fact.personal)} if fact.personal else {}),
    }


def cef(fact: Fact) -> str:
    """Return *fact* in ArcSight's Common Event Format, version 0 (revision 26): a header of seven fields, then keys."""
    severity = str(CEF[severity_of(fact)])
    header = ("CEF:0", PRODUCT, PRODUCT, RELEASE, fact.event, fact.event.replace(".", " ").replace("_", " "), severity)
    keys = {
        "rt": str(fact.at // 1_000),
        "externalId": fact.id,
        "outcome": fact.text("outcome"),
        "reason": fact.text("reason"),
        "suid": fact.text("actor"),
        "duid": fact.text("subject"),
        "src": fact.personal.get("address", ""),
        "requestClientApplication": fact.personal.get("user_agent", ""),
        "cs1": fact.tenant,
        "cs2": fact.text("client"),
        "cs3": fact.text("request_id"),
        "cs4": _json(fact.said.get("data") or {}),
    }
    labels = {"cs1": "tenant", "cs2": "client", "cs3": "requestId", "cs4": "data"}
    extension = [f"{key}={_cef_value(value)}" for key, value in keys.items() if value]
    extension += [f"{key}Label={label}" for key, label in labels.items() if keys[key]]
    return "|".join([header[0], *(_cef_header(part) for part in header[1:])]) + "|" + " ".join(extension)


def syslog(fact: Fact, host: str, form: str) -> bytes:
    """Return *fact* as a syslog message (RFC 5424 §6), without a frame."""
    head = (
        f"<{_FACILITY_AUDIT * 8 + SYSLOG[severity_of(fact)]}>1",
        timestamp(fact.at),
        _name(host, 255),
        "limen",
        "-",
        _name(fact.event, 32),
        "-",
    )
    message = line(fact, form)
    marked = message.encode() if message.isascii() else b"\xef\xbb\xbf" + message.encode()  # §6.4: UTF-8 says so
    return " ".join(head).encode() + b" " + marked


def framed(message: bytes) -> bytes:
    """Return *message* behind its length (RFC 5425 §4.3.1), so that no content can end it early."""
    return str(len(message)).encode() + b" " + message


def timestamp(at: Instant) -> str:
    """Return an instant as RFC 3339 with microseconds, UTC."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % SECOND:06d}Z"


def _json(value: Any) -> str:
    """Return JSON in ASCII: one line whatever it holds, and no mark is needed in front of it."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _cef_header(value: str) -> str:
    return _CONTROL.sub(" ", value[:_LONGEST_VALUE]).replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(value: str) -> str:
    escaped = value[:_LONGEST_VALUE].replace("\\", "\\\\").replace("=", "\\=")
    return _CONTROL.sub(" ", escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")).strip()


def _name(value: str, longest: int) -> str:
    return _SYSLOG_NAME.sub("_", value)[:longest] or "-"

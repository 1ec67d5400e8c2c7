"""Just enough HTTP/1.1 for a load generator: requests as bytes, responses cut out of a byte stream."""

from collections.abc import Mapping
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_CHUNKED_END = b"\r\n0\r\n\r\n"
_STATUS = slice(9, 12)


class MalformedResponseError(Exception):
    """The server sent something that is not an HTTP/1.1 response."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response. *head* is the raw status line and header block, *body* the raw (possibly chunked) body."""

    status: int
    head: bytes
    body: bytes

    def header_values(self, name: str) -> list[str]:
        """Return every value of the header *name*, in order."""
        wanted = name.lower()
        pairs = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [value.strip() for key, _, value in pairs if key.lower() == wanted]

    def text(self) -> str:
        """Return the body as text, with the chunk framing removed."""
        if b"transfer-encoding: chunked" in self.head.lower():
            return _unchunk(self.body).decode("utf-8", "replace")
        return self.body.decode("utf-8", "replace")


def _unchunk(body: bytes) -> bytes:
    plain = bytearray()
    while body:
        size_line, _, rest = body.partition(b"\r\n")
        size = int(size_line.split(b";")[0] or b"0", 16)
        if size == 0:
            break
        plain += rest[:size]
        body = rest[size + 2 :]
    return bytes(plain)


def cut_response(data: bytes) -> Response | None:
    """Return the response in *data*, or None while it is incomplete (one request is in flight at a time)."""
    head_end = data.find(_HEAD_END)
    if head_end < 0:
        return None
    head = data[:head_end]
    body = data[head_end + 4 :]
    status = int(data[_STATUS])
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at >= 0:
        line_end = lowered.find(b"\r\n", at + 17)
        length = int(lowered[at + 17 :] if line_end < 0 else lowered[at + 17 : line_end])
        if len(body) > length:
            raise MalformedResponseError
        return Response(status, head, body) if len(body) == length else None
    if b"transfer-encoding: chunked" in lowered:
        complete = body.startswith(b"0\r\n\r\n") or body.endswith(_CHUNKED_END)
        return Response(status, head, body) if complete else None
    return Response(status, head, body)


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return one HTTP/1.1 request; ``Content-Length`` is added where there is a body or a POST."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def form_request(target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a form POST."""
    return request_bytes("POST", target, {**headers, "Content-Type": "application/x-www-form-urlencoded"}, body)

"""What can be seen of an answer from outside, and what was done inside for it."""

import re
from typing import Any

import httpx2

from tests.support.house import Trace

VARYING = {"x-request-id", "ratelimit", "content-security-policy", "location"}
_VARIES = re.compile(r"[0-9a-f]{40}|jou_\w+|(nonce|data-challenge)=\"[^\"]+\"")


def trace_of(watched: Trace, answer: httpx2.Response, email: str) -> dict[str, Any]:
    """Return both, without what differs anyhow: identifiers, nonces, challenges, tokens, the address that was typed."""
    words = [" ".join(statement.split()[:3]) for statement in watched.statements]
    tables = [re.findall(r"(?:FROM|INTO|UPDATE|JOIN) (\w+)", statement) for statement in watched.statements]
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    body = _VARIES.sub("", answer.text).replace(email, "")
    return {
        "status": answer.status_code,
        "headers": headers,
        "length": len(body),
        "body": body,
        "statements": list(zip(words, tables, strict=True)),
        "hashes": watched.hashes,
        "events": watched.events,
        "slept": len(watched.slept),
    }

"""The bare server: granian's RSGI with nothing behind it.

``GET /fixed`` answers a constant body of 1 KiB; ``POST /hash`` hashes a password in one thread at nice 10.
Between them they show what the server and the scheduler alone allow.
"""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from argon2 import PasswordHasher

_BODY = b'{"fixed":"' + b"x" * 1012 + b'"}'
_HEADERS = [("content-type", "application/json"), ("cache-control", "no-store")]
_NICENESS = 10


def _lower_priority() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_pool = ThreadPoolExecutor(max_workers=1, initializer=_lower_priority)


async def app(scope: Any, protocol: Any) -> None:
    """Answer one request (RSGI gives both arguments no public type)."""
    if scope.path == "/hash":
        await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, "correct horse battery staple")
    protocol.response_bytes(200, _HEADERS, _BODY)

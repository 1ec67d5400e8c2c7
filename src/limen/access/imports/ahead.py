"""One item ahead: the next is made while the one before is worked on."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, TypeVar

T = TypeVar("T")
_END: Final = object()


async def ahead(source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield what *source* does, while it makes the item behind; closed early, it is closed too."""
    following = asyncio.create_task(_next(source))
    try:
        while (item := await following) is not _END:
            following = asyncio.create_task(_next(source))
            yield item  # type: ignore[misc]  # the end is the only other thing
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await source.aclose()


async def _next(source: AsyncGenerator[T, None]) -> T | object:
    return await anext(source, _END)

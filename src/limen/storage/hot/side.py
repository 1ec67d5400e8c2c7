"""The hot doors' half of storage, as it is opened and closed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from limen.storage.hot.group import WriteGroup
from limen.storage.hot.reads import HotReader
from limen.storage.hot.steps import Step


@dataclass(frozen=True, slots=True)
class HotSide:
    """The hot doors' writer and reader, and what closes them."""

    group: WriteGroup[Step]
    reader: HotReader
    close: Callable[[], Awaitable[None]]

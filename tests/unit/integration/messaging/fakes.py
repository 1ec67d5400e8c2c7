"""A queue in memory that keeps the promises of ``OutboxQueue``."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Item:
    id: str
    name: str = "mail.requested"
    tenant_id: str = "ten_1"
    subject: str = "cus_1"
    data: dict[str, Any] = field(default_factory=dict)
    sealed: bytes = b"sealed"
    attempts: int = 0
    created_at: int = 0
    state: str = "due"
    not_before: int = 0
    error: str = ""


class FakeQueue:
    def __init__(self, *items: Item) -> None:
        self.items = {item.id: item for item in items}
        self.leases: list[tuple[str, str]] = []
        self.broken: set[str] = set()

    def _ask(self, verb: str) -> None:
        if verb in self.broken:
            raise ConnectionError("postgresql://app:hunter2@db/limen is away")

    async def lease(self, worker: str, now: int, limit: int, lease_for: int) -> list[Item]:
        self._ask("lease")
        due = [i for i in self.items.values() if i.state == "due" and i.not_before <= now][:limit]
        for item in due:
            item.not_before = now + lease_for
            item.attempts += 1
            self.leases.append((worker, item.id))
        return due

    async def done(self, item_id: str) -> None:
        self._ask("done")
        self.items[item_id].state = "done"

    async def retry(self, item_id: str, not_before: int, error_code: str) -> None:
        self._ask("retry")
        self.items[item_id].not_before = not_before
        self.items[item_id].error = error_code

    async def dead(self, item_id: str, error_code: str) -> None:
        self._ask("dead")
        self.items[item_id].state = "dead"
        self.items[item_id].error = error_code

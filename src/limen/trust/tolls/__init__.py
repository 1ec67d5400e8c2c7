"""Tolls: how many messages that cost money may be sent, to whom, and for whom.

Owns the counters (:class:`Toll`), the protocol of their store, and the guard that is asked before a message is ordered
(:mod:`.guard`). Leaves the numbers to ``identity.customers.phones`` and sending to ``integration.messaging``.

*SMS pumping*: somebody has codes sent to numbers whose operator shares the fee with them. It is told by what people do
not do: ask for many numbers from one place, have numbers in a row, never type what was sent. Each has a count here,
and every count holds over all workers and restarts: it lies in the tenant's database and is taken in the transaction
that orders the message. Where the database is away, nothing is ordered: **fail closed**, other than rate limits, which
fall back to counting in process (``storage.cache``), since here each mistake costs money.
"""

from limen.trust.tolls.records import Order, Toll
from limen.trust.tolls.store import TollStore

__all__ = ["Order", "Toll", "TollStore"]

"""Finishing an erasure: the commit that deletes a customer announces it, and this destroys the key.

Whoever asked destroys the key too, right after that commit. Should the process die between the two, the outbox still
knows; destroying a key twice is nothing.
"""

from limen.identity.keyring import Keyring
from limen.integration.messaging.queue import OutboxItem
from limen.integration.messaging.relay import Handler


def erasure_handler(keyring: Keyring) -> Handler:
    """Return what acts on ``customer.deleted``."""

    async def erase(item: OutboxItem) -> None:
        await keyring.destroy_subject(item.tenant_id, item.subject)

    return erase

"""The keys by which a client's signature on a token is verified."""

from limen.access.clients.key_sets import key_ids, unverified_kid
from limen.access.jose.foreign import ClientKeys
from limen.access.tokens.desk import Desk, LoadedClient


async def keys_for(desk: Desk, loaded: LoadedClient, token: str) -> ClientKeys | None:
    """Return the client's keys; those at a ``jwks_uri`` are asked for again if *token* names one that is not known."""
    document = loaded.client.document
    if not document.jwks_uri or unverified_kid(token) in key_ids(document.jwks):
        return loaded.keys
    renewed = await desk.clients.renewed(loaded.client.client_id)
    return renewed.keys if renewed is not None else None

"""``resource``: the resource servers that are asked for (RFC 8707 §2.1)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.tokens.targets import CODE, RESOURCE, requested_targets
from limen.kernel.errors import Refusal


def check_resource(draft: Draft) -> Checked:
    """Keep them; each must be one that the client has."""
    given = draft.given.get(RESOURCE)
    if given is None or draft.client is None:
        return draft
    named = requested_targets(given, draft.client.audiences or (draft.desk.issuer,))
    if isinstance(named, Refusal):
        return draft.refused(CODE, "a resource is not known, or not allowed for this client")
    return draft.having(resources=named)

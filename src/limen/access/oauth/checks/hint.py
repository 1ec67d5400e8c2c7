"""``id_token_hint``: the person whom the relying party expects (OpenID Connect Core §3.1.2.1)."""

from limen.access.oauth.draft import Checked, Draft
from limen.access.oauth.hints import read_hint


def check_id_token_hint(draft: Draft) -> Checked:
    """Keep the subject of a hint of ours that was issued to this very client; it may be expired."""
    given = draft.given.get("id_token_hint")
    if given is None:
        return draft
    hint = read_hint(draft.desk, given, draft.client)
    if hint is None or draft.request.client_id not in hint.audiences:
        return draft.refused("invalid_request", "id_token_hint is not an ID token of ours for this client")
    return draft.having(id_token_hint_subject=hint.subject)

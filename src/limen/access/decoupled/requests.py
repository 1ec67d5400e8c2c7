"""What a client asks for, through its endpoint's column of the one table of checks."""

from collections.abc import Mapping

from limen.access.oauth.draft import Check, Draft
from limen.access.oauth.records import AuthorizationRequest
from limen.access.tokens.request import TokenRequest
from limen.kernel.errors import Invalid, Refusal


def checked(
    ask: TokenRequest, column: tuple[Check, ...], given: Mapping[str, str] | None = None
) -> AuthorizationRequest | Refusal:
    """Return the request in *given* (in the form unless told), or why it is refused."""
    parameters = {**(ask.form if given is None else given), "client_id": ask.client.client_id}  # who has proven it
    draft = Draft(ask.desk, parameters, ask.client.document)
    for check in column:
        answer = check(draft)
        if not isinstance(answer, Draft):
            return Invalid(answer.code, answer.detail, {"error_description": answer.detail})
        draft = answer
    return draft.request

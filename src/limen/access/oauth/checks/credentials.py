"""``account:credentials``: for whoever is answered at the browser that asked, and for nobody else.

A code that is typed on another device, or a request that is answered there, can be a thief's (RFC 8628 §5.4). Whoever
is deceived so loses a session; with this scope it would be the account, to a passkey of the thief's.
"""

from limen.access.oauth.draft import Checked, Draft
from limen.identity.customers.scopes import ACCOUNT_CREDENTIALS


def refuse_credentials(draft: Draft) -> Checked:
    """Refuse the scope that sets up how a customer signs in."""
    if ACCOUNT_CREDENTIALS in draft.request.scopes:
        return draft.refused("invalid_scope", f"{ACCOUNT_CREDENTIALS} is for the code grant alone")
    return draft

"""The scopes by which an application acts for a customer on the customer's own account."""

from typing import Final

OPENID: Final = "openid"
"""What whoever signs customers in has; it alone opens nothing but what scopes of the tenant's own release."""
ACCOUNT: Final = "account:"
"""What each of them begins with; no resource server's scope may."""
ACCOUNT_READ: Final = "account:read"
ACCOUNT_WRITE: Final = "account:write"
ACCOUNT_CREDENTIALS: Final = "account:credentials"
"""A scope of its own: whoever sets up how a customer signs in could sign in as them, and sees what is shown once."""
ACCOUNT_SCOPES: Final = {
    ACCOUNT_READ: "Read the customer's own account: profile, sessions, applications, factors, activity, data",
    ACCOUNT_WRITE: "Change the customer's own account, end its sessions, take back what applications may, delete it",
    ACCOUNT_CREDENTIALS: "Set up how the customer signs in: password, passkeys, second factors, addresses, numbers",
}
"""Scope to meaning."""

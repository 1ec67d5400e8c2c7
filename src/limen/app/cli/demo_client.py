"""The demo application, registered."""

from limen.access.clients.records import AuthMethod, ClientDocument
from limen.app.basis import Basis
from limen.app.cli.declaring import registration
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.records import Tenant
from limen.kernel.encoding import b64url
from limen.kernel.errors import Misconfigured, Refusal
from limen.kernel.secret import Secret


async def ensure_client(basis: Basis, tenant: Tenant, client_id: str, base_url: str) -> str:
    """Register the application at *base_url*, or bring its addresses up to date; return its secret.

    The secret is a sub-key of the tenant's, so that it need not be stored to be known at the next start.
    """
    secret = Secret(b64url((await basis.keyring.tenant(tenant.id)).derive("demo-client")))
    registrar = registration(basis, tenant.id)
    document = ClientDocument(
        client_name="Pip & Husk",
        redirect_uris=(f"{base_url}/callback",),
        post_logout_redirect_uris=(f"{base_url}/signed-out",),
        token_endpoint_auth_method=AuthMethod.BASIC,
        client_uri=base_url,
    )
    outcome = await registrar.create(document, SYSTEM, client_id=client_id, secret=secret)
    refusal = outcome if isinstance(outcome, Refusal) else None
    if refusal is not None and refusal.code == "client_id_taken":
        updated = await registrar.update(client_id, lambda _before: document, SYSTEM)
        refusal = updated if isinstance(updated, Refusal) else None
    if refusal is not None:
        raise Misconfigured(f"the demo application cannot be registered: {refusal.code}", "use another port")
    return secret.reveal()

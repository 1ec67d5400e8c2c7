"""The server: one object that granian and any ASGI host can call, and the command that runs it.

Owns sockets, the hot table's dispatch, tenant resolution by path, and the adapter that serves the pages over RSGI.
Leaves what doors do to ``access``, what every page passes to ``integration.edge``, and the joining of all parts to
``app``. ``serving`` is imported by whoever serves: it loads granian.
"""

from limen.app.server.application import App
from limen.app.server.records import Doors, Parts, ServerLimits, TenantRouter
from limen.app.server.tenancy import PathTenants

__all__ = ["App", "Doors", "Parts", "PathTenants", "ServerLimits", "TenantRouter"]

"""What tests of the guardians share."""

from typing import Any

import msgspec

from limen.app.basis import tenancy
from limen.identity.administrators import SYSTEM
from limen.identity.tenants.management import TenantChange
from limen.identity.tenants.records import Tenant


async def set_up(house: Any, **settings: Any) -> None:
    """Change the default tenant's settings."""
    changed = msgspec.structs.replace(house.tenant.settings, **settings)
    done = await tenancy(house.basis, house.tenant).update("default", TenantChange(settings=changed), SYSTEM)
    assert isinstance(done, Tenant), done
    house.tenant = done
    await house.storage.feed.poll()

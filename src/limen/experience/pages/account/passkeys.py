"""Passkeys and security keys: what there is, and what the browser may keep of them."""

from limen.access.journeys.passkeys.facts import handle_of
from limen.access.journeys.records import Task
from limen.access.journeys.steps.passkey import ADD, ADD_KEY, REMOVE, RENAME
from limen.access.passkeys.records import MOST_KEYS, Key, opened
from limen.access.passkeys.site import Site
from limen.experience.pages.account.look import Done, Look, Shown, Taken, Turn
from limen.experience.pages.account.tasks import begin_task
from limen.experience.pages.devices import describe_device
from limen.kernel.encoding import b64url


async def show(look: Look) -> Shown:
    """Return the keys by name, and what the browser is told, so that its own lists stay true."""
    held = opened(look.vault, await look.factors())
    tenant = look.visit.desk.tenant
    return {
        "keys": [
            {
                "id": key.factor.id,
                "kind": key.factor.kind.value,
                "name": _name(key),
                "added": key.factor.created_at,
                "used": key.factor.last_used_at,
                "synced": key.credential.backup_eligible,
            }
            for key in held
        ],
        "may_add": tenant.settings.sign_in.passkey and len(held) < MOST_KEYS,
        "signal": await _signal(Site.of(tenant), look, held) if tenant.settings.sign_in.passkey or held else None,
    }


def _name(key: Key) -> str:
    """Return what its owner called it, else its maker's name, else where it was made."""
    return key.credential.name or describe_device(key.credential.user_agent)


async def _signal(site: Site, look: Look, held: tuple[Key, ...]) -> dict[str, object]:
    """Return what the browser is told (WebAuthn §5.1.10): that none is left, too, once the last one was removed.

    Security keys are named as well: what is not on the list, an authenticator may throw away.
    """
    parts, customer = look.visit.journey_parts, look.account.customer
    handle = handle_of(parts, await parts.keyring.tenant(parts.tenant_id), customer.id, held)
    ids = [b64url(key.credential.id) for key in held]
    return {"rpId": site.rp_id, "userId": b64url(handle), "ids": ids, "name": customer.profile.email}


async def add(turn: Turn) -> Taken:
    """Make a passkey, or add a security key."""
    if not turn.visit.desk.tenant.settings.sign_in.passkey:
        return Done()
    return await begin_task(turn, Task(turn.form["intent"]))


async def change(turn: Turn) -> Taken:
    """Rename or remove the key that the form names, if it is the customer's."""
    parts = turn.visit.journey_parts
    async with parts.read(parts.tenant_id) as unit:
        factors = await unit.factors.of_customer(turn.account.customer.id)
    found = next((key for key in opened(turn.vault, factors) if key.factor.id == turn.form.get("factor")), None)
    return Done() if found is None else await begin_task(turn, Task(turn.form["intent"], found.factor.id, _name(found)))


TAKES = {ADD: add, ADD_KEY: add, RENAME: change, REMOVE: change}
"""Intent to what takes it."""

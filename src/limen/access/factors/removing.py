"""Taking a factor away inside a unit of work: what is the last is decided where nobody else removes another."""

from typing import Final

from limen.access.factors.records import FactorKind, StoredFactor, second_steps
from limen.access.factors.store import FactorStore
from limen.kernel.errors import Conflict, NotFound, Refusal

NO_FACTOR: Final = NotFound("factor_not_found")
TOLD: Final = {
    FactorKind.TOTP: "factor_removed",
    FactorKind.PHONE: "phone_removed",
    FactorKind.EMAIL: "mailed_codes_removed",
    FactorKind.PASSKEY: "passkey_removed",
    FactorKind.SECURITY_KEY: "passkey_removed",
}
"""Which message tells of what went. Recovery codes are not taken away one by one."""


async def take_away(factors: FactorStore, factor: StoredFactor, *, is_must: bool) -> Refusal | None:
    """Remove *factor*, and with the last second step the recovery codes.

    Removals of one customer's factors wait for each other, so that two at once do not each take the other's for the
    one that stays.

    Returns:
        None if it is done, ``NotFound`` where somebody was faster, or ``Conflict`` where one is a must (*is_must*) and
        neither a second step nor a key would be left.
    """
    await factors.hold(factor.customer_id)
    held = await factors.of_customer(factor.customer_id)
    rest = [one for one in held if one.id != factor.id]
    if len(rest) == len(held):
        return NO_FACTOR
    if is_must and not second_steps(rest) and not any(one.is_key for one in rest):
        return Conflict("second_factor_required", "the last, where one is a must")
    if not await _remove(factors, factor):
        return NO_FACTOR
    if not second_steps(rest):
        await factors.replace_codes(factor.customer_id, ())
    return None


async def _remove(factors: FactorStore, factor: StoredFactor) -> bool:
    if factor.kind is FactorKind.TOTP:
        return await factors.remove_app(factor.customer_id, factor.id)
    if factor.is_key:
        return await factors.remove_key(factor.customer_id, factor.id)
    return await factors.remove_messaged(factor.customer_id, factor.id)

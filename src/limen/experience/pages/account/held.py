"""Which kinds of data are held of the customer, and what for."""

from limen.access.account.held import held
from limen.experience.pages.account.look import Look, Shown


async def show(look: Look) -> Shown:
    """Return each kind with its purpose; none where the tenant declares nothing."""
    desk = look.visit.desk
    settings, locale = desk.tenant.settings.profile, look.visit.locale
    found = held(settings, look.account.customer.profile, desk.purposes, locale, is_shown=True)
    return {
        "held": [
            {"title": one.name, "label": one.label, "words": one.purpose, "language": one.language} for one in found
        ]
    }

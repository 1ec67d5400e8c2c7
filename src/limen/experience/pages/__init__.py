"""The pages that a person sees: Starlette routes over the journeys of ``access``.

Owns cookies, forms and redirects; leaves what happens to the use cases and how it looks to ``experience.rendering``.
"""

from limen.experience.pages.application import create_pages
from limen.experience.pages.parts import Mailbox, PageParts, TenantPages
from limen.experience.pages.turned_away import TurnedAway

__all__ = ["Mailbox", "PageParts", "TenantPages", "TurnedAway", "create_pages"]

"""The pages that a person sees: the journeys of ``access``, in one list.

Owns cookies, forms and redirects; leaves what happens to the use cases and how it looks to ``experience.rendering``.
"""

from limen.experience.pages.application import Pages, create_pages
from limen.experience.pages.parts import Mailbox, PageParts, TenantPages
from limen.experience.pages.turned_away import TurnedAway

__all__ = ["Mailbox", "PageParts", "Pages", "TenantPages", "TurnedAway", "create_pages"]

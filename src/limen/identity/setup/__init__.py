"""Setting a tenant up: its first administrator, by a link that works once.

Owns the link and what comes of it. Leaves who may ask for one to the command line, the page to ``experience`` and the
roles to ``identity.administrators``.
"""

from limen.identity.setup.first_administrator import (
    FIRST_ADMINISTRATOR,
    Applicant,
    FirstAdministrator,
    SetupUnit,
    role_in,
)
from limen.identity.setup.links import LINK_LIFE, SetupLinks

__all__ = [
    "FIRST_ADMINISTRATOR",
    "LINK_LIFE",
    "Applicant",
    "FirstAdministrator",
    "SetupLinks",
    "SetupUnit",
    "role_in",
]

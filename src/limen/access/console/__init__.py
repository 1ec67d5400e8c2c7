"""The administration console as a relying party of its own tenant.

Owns the built-in client and the way to a token for the administration API, which is the code grant that every other
application takes. Leaves who administers to ``identity.administrators`` and the page to ``experience``.
"""

from limen.access.console.mint import CONSOLE, ConsoleUnit, mint

__all__ = ["CONSOLE", "ConsoleUnit", "mint"]

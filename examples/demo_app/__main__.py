"""``python -m examples.demo_app``."""

import asyncio
import sys

from examples.demo_app.server import serve
from examples.demo_app.settings import NotConfigured, from_environment


def main() -> int:
    """Serve the shop; return 2 where it cannot be opened."""
    try:
        settings = from_environment()
        print(f"Pip & Husk is open at {settings.base_url} (provider: {settings.issuer})", flush=True)
        asyncio.run(serve(settings))
    except NotConfigured as error:
        print(f"demo_app: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

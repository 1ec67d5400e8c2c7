"""``python -m examples.demo_app``."""

import asyncio
import os
import sys

from examples.demo_app.server import serve
from examples.demo_app.settings import NotConfigured, Settings, from_environment


def main() -> int:
    """Serve the shop; return 2 where it cannot be opened."""
    try:
        settings = from_environment()
        print(f"Pip & Husk is open at {settings.base_url} (provider: {settings.issuer})", flush=True)
        asyncio.run(_serve(settings))
    except NotConfigured as error:
        print(f"demo_app: {error}", file=sys.stderr)
        return 2
    return 0


async def _serve(settings: Settings) -> None:
    await serve(settings)
    # granian's threads may still call into the loop; tearing it down under them aborts the process
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

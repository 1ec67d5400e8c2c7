"""Own one server until its run is over: ``python -m tests.support.guardian KIND DIRECTORY LEADER``."""

import importlib
import shutil
import sys
import time
from pathlib import Path

from tests.support.servers import is_alive


def main(kind: str, directory: Path, leader: int) -> None:
    """Start the server, tell its address, wait for the end of the run, stop it."""
    server = importlib.import_module(f"tests.support.{kind}").start(directory)
    try:
        told = directory / f"{kind}.address.new"
        told.write_text(server.address)
        told.rename(directory / f"{kind}.address")  # whoever waits reads all of it or nothing
        while is_alive(leader) and not (directory / "stop").exists():
            time.sleep(0.1)
    finally:
        server.stop()
        if not is_alive(leader):  # which would have removed it
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))

"""``python -m bench.vault``: measure, print, and write ``bench/out/vault.json``; exit 1 where a goal is missed."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from bench.vault import consents
from bench.workbench import ROOT
from limen.integration.edge import logs

OUT = ROOT / "bench/out"
WORKS = {"consent_check": consents.measure}


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(prog="python -m bench.vault", description="What does the vault cost?")
    parser.add_argument("--only", action="append", default=[], choices=list(WORKS), help="measure this work")
    parser.add_argument("--out", type=Path, default=OUT / "vault.json", help="where the JSON goes")
    arguments = parser.parse_args()
    with Path(os.devnull).open("w") as nowhere:
        logs.configure(nowhere)  # written as the served process writes them, and read by nobody
        found = [
            figure
            for name, measure in WORKS.items()
            if not arguments.only or name in arguments.only
            for figure in asyncio.run(measure())
        ]
    for figure in found:
        print(figure.line())
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({figure.name: figure.document() for figure in found}, indent=2) + "\n")
    return 0 if all(figure.is_met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Run every check that reads the code, all of them even if one fails, and say at the end which did."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy", "--no-error-summary"],
    "imports": ["lint-imports", "--no-logo"],
    "dependencies": ["deptry", "."],
    "unused code": ["vulture"],
    "changes": ["towncrier", "build", "--draft", "--version", "next"],
    "documentation": ["sphinx-build", "-W", "--keep-going", "-q", "-j", "2", "-b", "html", "docs", "build/docs"],
}


def main():
    failed = []
    for name, (program, *arguments) in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run([BIN / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"[check] {name:<14} {word:<6} {time.monotonic() - began:5.1f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout + done.stderr, flush=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()

"""Run every test: first what may share the machine (two workers), then what must have it alone; then add up.

What tests need from the machine is installed first where that can be done. What cannot be had is named in the summary
by the tests that go without it, and fails them with ``CI=true``.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
NO_TESTS = 5  # pytest's exit status where none was selected
sys.path.insert(0, str(ROOT))

from tests.support.chromium import system_chromium  # noqa: E402  # the path is set above
from tests.support.softhsm import module as softhsm_module  # noqa: E402


def say(text):
    print(f"[tests] {text}", flush=True)


def quietly(*command):
    """Run *command*; tell whether it succeeded, and show its last words if not."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        say(f"{command[0]} is not installed")
        return False
    if done.returncode != 0:
        say(f"{' '.join(command)} failed:\n" + "\n".join((done.stdout + done.stderr).splitlines()[-6:]))
    return done.returncode == 0


def get_node_packages():
    """Install the locked npm packages, unless they are there."""
    lock, installed = ROOT / "package-lock.json", ROOT / "node_modules" / ".limen-lock"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    say("installing npm packages from package-lock.json")
    if quietly("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"):
        shutil.copyfile(lock, installed)


def get_chromium():
    """Use the system's Chromium, else install Debian's, else Playwright's own."""
    if system_chromium():
        return
    playwright = Path(sys.executable).with_name("playwright")
    where = subprocess.run(
        [playwright, "install", "--dry-run", "chromium"], capture_output=True, text=True, check=False
    )
    places = [line.split()[-1] for line in where.stdout.splitlines() if "Install location" in line]
    if places and Path(places[0]).exists():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Debian's chromium")
        apt = ("apt-get", "-o", "Dpkg::Use-Pty=0", "-qq")
        if quietly(*apt, "update") and quietly(*apt, "install", "--yes", "--no-install-recommends", "chromium"):
            return
    say("asking Playwright for its Chromium")
    quietly(str(playwright), "install", "chromium")


def get_softhsm():
    """Use the system's SoftHSM, else install Debian's."""
    if softhsm_module() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Debian's softhsm2")
        apt = ("apt-get", "-o", "Dpkg::Use-Pty=0", "-qq")
        if not quietly(*apt, "install", "--yes", "--no-install-recommends", "softhsm2"):
            quietly(*apt, "update")
            quietly(*apt, "install", "--yes", "--no-install-recommends", "softhsm2")


def run_pytest(name, *arguments):
    """Run pytest; return its exit status and the counts that tests/conftest.py wrote."""
    counts = BUILD / f"test-counts-{name}.json"
    counts.unlink(missing_ok=True)
    environment = {**os.environ, "LIMEN_TEST_COUNTS": str(counts)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a hundred processes would compile all of Limen, each for itself
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment, check=False)
    status = 0 if done.returncode == NO_TESTS else done.returncode
    return status, json.loads(counts.read_text()) if counts.exists() else {}


def serial_files(chosen):
    """Return the files with tests that must be alone, unless files are *chosen*: to look through all takes as long."""
    if any(Path(word.partition("::")[0]).exists() for word in chosen):
        return []
    return [str(path) for path in sorted(ROOT.glob("tests/**/test_*.py")) if "mark.serial" in path.read_text()]


def main():
    began = time.monotonic()
    BUILD.mkdir(exist_ok=True)
    get_node_packages()
    get_chromium()
    get_softhsm()
    chosen = sys.argv[1:]
    # File by file in their order, which ends with the unit tests: what is short comes last, so that nobody waits long.
    shared = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    together = run_pytest("together", "-q", *shared, "-m", "not serial", *chosen)
    alone = run_pytest("alone", "-q", "-m", "serial", *chosen, *serial_files(chosen))
    total = {key: together[1].get(key, 0) + alone[1].get(key, 0) for key in ("passed", "failed", "skipped")}
    missing = sorted({*together[1].get("missing", []), *alone[1].get("missing", [])})
    status = together[0] or alone[0]
    if not status and total["passed"] + total["skipped"] == 0:
        say("no test ran")
        status = NO_TESTS
    for part in missing:
        say(f"missing: {part}")
    line = f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped"
    (BUILD / "test-summary.txt").write_text(line + "\n")
    say(f"{time.monotonic() - began:.0f} s in all, {'passed' if status == 0 else 'FAILED'}")
    print(line, flush=True)
    sys.exit(status)


main()

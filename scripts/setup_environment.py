"""Make `.venv` and fill it from a hash-pinned lock: ``python3 scripts/setup_environment.py run|dev``.

Uses the standard library alone, since nothing is there yet, and whatever package index pip is configured for.
A second run with the same lock returns at once.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def fail(message, hint):
    """Say what is wrong and what would mend it, and stop."""
    sys.exit(f"setup: {message}\n  hint: {hint}")


def insist_on_python():
    """Continue under a Python that is new enough, looking for one if this is not."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    fail(
        f"Python {sys.version.split()[0]} is too old", "install Python 3.11 or newer, or: make PYTHON=/path/to/python3"
    )


def fingerprint(lock):
    """Tell this lock, project file and interpreter from every other."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (lock, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp_of(kind):
    """Return where the fingerprint of what is installed is kept."""
    return VENV / f".limen-{kind}"


def is_current(kind, wanted):
    """Tell whether the environment holds *wanted* and works (a moved or copied one does not)."""
    stamp = stamp_of(kind)
    if not stamp.exists() or stamp.read_text() != wanted or not PYTHON.exists():
        return False
    return (VENV / ".limen-home").read_text() == str(VENV)


def make_venv():
    """Create the virtual environment, afresh where the old one belongs to another place or Python."""
    home = VENV / ".limen-home"
    if PYTHON.exists() and home.exists() and home.read_text() == str(VENV):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(
            f"cannot make a virtual environment\n{done.stdout}{done.stderr}", "on Debian: apt-get install python3-venv"
        )
    home.write_text(str(VENV))


def pip(arguments, total=0):
    """Run pip, showing how far it is: one line on a terminal, a line every few seconds elsewhere."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar=off", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen, output, told, began = 0, [], time.monotonic(), time.monotonic()
    for line in process.stdout:
        output.append(line)
        if not line.startswith(("Collecting ", "Requirement already satisfied", "Installing collected")):
            continue
        seen += 1
        what = "installing" if line.startswith("Installing") else line.split()[1].split("=")[0]
        text = f"      {min(seen, total)}/{total} {what[:40]} ({time.monotonic() - began:.0f} s)"
        if total and sys.stdout.isatty():
            sys.stdout.write(f"\r\033[K{text}")
            sys.stdout.flush()
        elif total and (what == "installing" or time.monotonic() - told > 5):
            told = time.monotonic()
            print(text, flush=True)
    if total and sys.stdout.isatty():
        sys.stdout.write("\r\033[K")
    if process.wait() != 0:
        fail(
            "pip failed\n" + "".join(output[-25:]), "is a package index reachable? `pip config list` shows which is set"
        )


def main():
    """Bring the environment to the lock that is asked for."""
    insist_on_python()
    kind = sys.argv[1] if len(sys.argv) > 1 else "dev"
    lock = ROOT / "requirements" / f"{kind}.txt"
    wanted = fingerprint(lock)
    if is_current(kind, wanted):
        stamp_of(kind).touch()  # a checkout makes the lock look newer than it is; make compares times
        return
    began = time.monotonic()
    print(f"[1/3] virtual environment (.venv, Python {sys.version.split()[0]})", flush=True)
    make_venv()
    count = sum("==" in line for line in lock.read_text().splitlines())
    print(f"[2/3] {count} packages from requirements/{lock.name}, by hash", flush=True)
    pip(["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(lock)], count)
    print("[3/3] Limen itself, editable", flush=True)
    pip(["--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp_of(kind).write_text(wanted)
    if kind == "dev":  # which holds what run needs
        stamp_of("run").write_text(fingerprint(ROOT / "requirements" / "run.txt"))
    print(f"ready after {time.monotonic() - began:.0f} s", flush=True)


main()

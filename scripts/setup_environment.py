"""Make `.venv` and fill it from a hash-pinned lock: ``python3 scripts/setup_environment.py run|dev [--fastest]``.

Uses the standard library alone, since nothing is there yet, and whatever package index pip is configured for.
A second run with the same lock returns at once. ``--fastest`` looks for a faster build of the same Python first:
one that was compiled without profile-guided optimisation takes about 1.4 times as long for everything.
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
FASTEST = "--fastest"
CLEARLY = 0.87
"""A build is preferred whose time for the same work is below this share of the first one's."""
_WORK = """
import ensurepip, sys, time, venv
def work():
    began, found = time.process_time(), {}
    for number in range(20_000):
        found[str(number)] = [number, *found.get(str(number - 1), ())][:3]
    return time.process_time() - began
print(min(work() for _ in range(3)), sys.executable)
"""


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


def same_pythons():
    """Yield this Python, then the others of its minor version on the PATH and where Debian has them."""
    name, seen = "python{}.{}".format(*sys.version_info), set()
    folders = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin"]
    for path in (sys.executable, *(f"{folder}/{name}" for folder in folders)):
        real = os.path.realpath(path)
        if real not in seen and os.access(real, os.X_OK):
            seen.add(real)
            yield path


def seconds(python):
    """Return what a little work takes there, and its path behind whatever stands before it; None where it won't do."""
    try:
        done = subprocess.run([python, "-I", "-c", _WORK], capture_output=True, text=True, timeout=30, check=True)
        took, path = done.stdout.strip().split(" ", 1)
        return float(took), path
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def fastest(paths):
    """Return the one of *paths* that is clearly the fastest, asked in turns; or else this Python."""
    times = {}
    for path in 3 * paths:
        took, python = seconds(path) or (None, None)
        if python:
            times[python] = min(took, times.get(python, took))
    best, ours = min(times, key=times.get, default=""), times.get(sys.executable, 0)
    if not best or times[best] > CLEARLY * ours:
        return sys.executable
    print(f"{best}: {ours / times[best]:.1f} times as fast as {sys.executable}", flush=True)
    return best


def settled():
    """Return the Python that the environment was made with, while it is still there; or else None."""
    told = VENV / ".limen-python"
    path = told.read_text() if told.exists() else ""
    return path if path and PYTHON.exists() and os.access(path, os.X_OK) else None


def continue_under_the_fastest():
    """Continue under the Python of the environment, or where there is none yet under the fastest of this version."""
    kept = settled()
    if kept is None:
        kept = fastest(list(same_pythons()))
    if os.path.realpath(kept) != os.path.realpath(sys.executable):
        os.execv(kept, [kept, *(word for word in sys.argv if word != FASTEST)])


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
    home, python = VENV / ".limen-home", VENV / ".limen-python"
    is_here = PYTHON.exists() and home.exists() and home.read_text() == str(VENV)
    if is_here and python.exists() and os.path.realpath(python.read_text()) == os.path.realpath(sys.executable):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        fail(
            f"cannot make a virtual environment\n{done.stdout}{done.stderr}", "on Debian: apt-get install python3-venv"
        )
    home.write_text(str(VENV))
    python.write_text(sys.executable)


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
    if FASTEST in sys.argv:
        continue_under_the_fastest()
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

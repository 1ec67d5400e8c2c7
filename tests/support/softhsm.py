"""A token in software: SoftHSM2, in a folder of the test's own."""

import os
import shutil
import subprocess
from pathlib import Path

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
HINT = "apt-get install softhsm2, or set LIMEN_TEST_SOFTHSM to libsofthsm2.so"
LABEL, PIN = "limen-test", "1234-of-the-tests"


def module() -> str | None:
    """Return the library's path, or None where it, or the tool that makes tokens, is not here."""
    named = os.environ.get("LIMEN_TEST_SOFTHSM")
    found = [path for path in ([named] if named else MODULES) if Path(path).exists()]
    return found[0] if found and shutil.which("softhsm2-util") else None


def token(folder: Path) -> dict[str, str]:
    """Make a token in *folder* and return the environment in which it is found."""
    (folder / "tokens").mkdir()
    file = folder / "softhsm2.conf"
    file.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    environment = {"SOFTHSM2_CONF": str(file)}
    make = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "so-of-the-tests"]
    subprocess.run(make, env={**os.environ, **environment}, check=True, capture_output=True)
    return environment

"""Write the locks: every version with its hashes, and nothing that names an index or a machine.

``requirements/run.txt`` is what Limen runs with; ``requirements/dev.txt`` holds that, in the same versions, and what
tests and checks need. Further arguments go to uv: ``--upgrade``, ``--upgrade-package NAME``.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")
COMMON = (
    *("pip", "compile", "pyproject.toml", "--extra", "demo", "--group", "build"),
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links"),
)


def compile_lock(name, *arguments):
    subprocess.run([UV, *COMMON, *arguments, "-o", f"requirements/{name}.txt"], cwd=ROOT, check=True)
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    count = len(re.findall(r"(?m)^\S+==", text))
    print(f"requirements/{name}.txt: {count} packages")


def main():
    compile_lock("run", *sys.argv[1:])
    compile_lock("dev", "--group", "dev", "--constraints", "requirements/run.txt", *sys.argv[1:])
    subprocess.run(
        ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, check=True
    )


main()

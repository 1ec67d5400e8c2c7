"""Where referenced secrets are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from limen.integration.declarative.document import SecretReference
from limen.kernel.errors import Invalid
from limen.kernel.secret import Secret

_LONGEST_FILE = 4_096


@dataclass(frozen=True, slots=True)
class SecretSource:
    """The environment, and the folder to which file references are relative (the document's)."""

    environment: Mapping[str, str]
    folder: Path

    def find(self, reference: SecretReference) -> Secret | Invalid:
        """Return the secret behind *reference*; a last line feed in a file is not part of it."""
        if reference.env:
            text = self.environment.get(reference.env, "")
            return Secret(text) if text else _missing(f"the environment has no {reference.env}")
        try:
            with (self.folder / reference.file).open(encoding="utf-8") as file:
                text = file.read(_LONGEST_FILE).rstrip("\r\n")
        except (OSError, UnicodeError):
            return _missing(f"the file {reference.file} cannot be read")
        return Secret(text) if text else _missing(f"the file {reference.file} is empty")


def _missing(what: str) -> Invalid:
    return Invalid("missing_secret", what, {"secret": what})

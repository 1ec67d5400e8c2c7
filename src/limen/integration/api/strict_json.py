"""The API's reading of JSON bodies: strict, and within a limit."""

from typing import Final

from limen.kernel.strict_json import MalformedJson, strict_json

MAX_BODY: Final = 131_072
"""Bytes; a client with twenty RSA keys has about 20,000."""

__all__ = ["MAX_BODY", "MalformedJson", "strict_json"]

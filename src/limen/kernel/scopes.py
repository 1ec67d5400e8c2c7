"""What a scope may be called, wherever one is named."""

import re
from typing import Final

SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
"""One scope token (RFC 6749 §3.3), of a length that fits on a page."""

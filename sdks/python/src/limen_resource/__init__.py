"""Guards an API with access tokens: RFC 9068, RFC 6750, RFC 9449 (DPoP), RFC 8705 (mTLS), RFC 9470 (step-up)."""

from limen_resource.keys import IssuerKeys, KeysUnavailable
from limen_resource.records import Call, Challenge, Need, Token
from limen_resource.server import ResourceServer

__all__ = ["Call", "Challenge", "IssuerKeys", "KeysUnavailable", "Need", "ResourceServer", "Token"]

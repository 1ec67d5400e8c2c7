"""Identifiers in the addresses of doors: their form is checked before anything is looked up."""

from typing import Annotated, Any

from fastapi import Path

from limen.kernel.ids import CustomerId, TypedId


def identified(kind: type[TypedId], alias: str | None = None) -> Any:
    """Return what a part of an address has to be that is an identifier of this *kind*."""
    return Path(alias=alias, pattern=kind.pattern())


CustomerPath = Annotated[str, identified(CustomerId, "customer_id")]

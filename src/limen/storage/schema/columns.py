"""What tables are made of: the kinds of columns, and whose rows they hold."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()

Sequence64 = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is exactly INTEGER."""


def identifier(name: str, *, null: bool = False) -> Column[str]:
    """Return a column of prefixed identifiers."""
    return Column(name, String(40), nullable=null)


def instant(name: str, *, null: bool = False) -> Column[int]:
    """Return a column of microseconds since 1970, UTC."""
    return Column(name, BigInteger, nullable=null)


def long_text(name: str) -> Column[str]:
    """Return a column of text of any length."""
    return Column(name, Text, nullable=False)


def blob(name: str, *, null: bool = False) -> Column[bytes]:
    """Return a column of bytes: an envelope, a hash, or what is read by us alone."""
    return Column(name, LargeBinary, nullable=null)


SMALL: Mapping[str, Any] = {"sqlite_with_rowid": False}
"""For short rows that are found by their key alone: SQLite keeps them in the tree of the key, so that each look-up
goes down one tree and not two.
"""


def tenant_table(name: str, *columns: Any, key: tuple[str, ...], **options: Any) -> Table:
    """Return a table whose every row, and whose key, begins with its tenant."""
    return Table(name, metadata, identifier("tenant_id"), *columns, PrimaryKeyConstraint("tenant_id", *key), **options)


def of_customer() -> ForeignKeyConstraint:
    """Return that a row goes with its customer."""
    return ForeignKeyConstraint(
        ["tenant_id", "customer_id"], ["customers.tenant_id", "customers.id"], ondelete="CASCADE"
    )


def postgres_only(index: Index) -> None:
    """Have *index* on PostgreSQL alone."""
    index.info["only"] = "postgresql"
    index.ddl_if(dialect="postgresql")


def is_on(kind: str, index: Index) -> bool:
    """Tell whether a *kind* of database has *index*: ``sqlite`` or ``postgresql``."""
    return bool(index.info.get("only", kind) == kind)

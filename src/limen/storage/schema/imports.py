"""Customers on their way in."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, String

from limen.storage.schema.columns import SMALL, identifier, instant, long_text, tenant_table

imports = tenant_table(
    "imports",
    identifier("id"),
    Column("digest", String(64), nullable=False),
    Column("format", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("present", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    long_text("left_out"),
    instant("started_at"),
    instant("updated_at"),
    instant("finished_at", null=True),
    key=("id",),
)
Index("ix_imports_digest", imports.c.tenant_id, imports.c.digest)
Index("ix_imports_updated", imports.c.tenant_id, imports.c.updated_at)

import_refusals = tenant_table(
    "import_refusals",
    identifier("import_id"),
    Column("row", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("field", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    ForeignKeyConstraint(["tenant_id", "import_id"], ["imports.tenant_id", "imports.id"], ondelete="CASCADE"),
    key=("import_id", "row", "field"),
    **SMALL,
)

"""Statements that are compiled once, and the connection that runs them on the bare driver.

How a store is written: its statements are constants of its module, SQLAlchemy Core with ``bindparam`` where a value
goes, and its methods run them with the values by name::

    _GET = select_mine(journeys, journeys.c.id == bindparam("of"))
    _ADD = insert_mine(journeys)
    _END = update_mine(sessions, sessions.c.id == bindparam("of"), sets=("ended_at",))

    row = await self._one(_GET, of=journey_id)
    await self._run(_ADD, _values(journey))
    await self._applied(_END, of=session_id, ended_at=now)

A name in a condition must not be that of a column that the same statement sets. The tenant is bound by the store's
base, to a condition that ``select_mine`` and its like put there; see :mod:`limen.storage.stores.base`.

A statement may also be built where it is run, with its values inside. It is then compiled each time, a quarter of a
millisecond or more: for tests, jobs and searches that nobody waits for.
"""

import re
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, ClassVar

from sqlalchemy import BindParameter, Column, ColumnElement, Executable, Insert, Table, TextClause
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect as CoreDialect
from sqlalchemy.types import LargeBinary, TypeEngine

from limen.kernel.errors import Fault

_QUERY = re.compile(r"\s*(?:SELECT|WITH|PRAGMA)\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|REPLACE\s+INTO)\b", re.IGNORECASE)
Values = Mapping[str, Any]
Processor = Callable[[Any], Any]


@cache
def _dialect(kind: str) -> CoreDialect:
    """Return how SQLAlchemy writes for a *kind* of database; what it needs for that is loaded where it is asked for."""
    if kind == "sqlite":
        return sqlite.dialect()
    from sqlalchemy.dialects.postgresql import asyncpg  # noqa: PLC0415

    return asyncpg.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A Core statement, compiled for each database when it is first run there."""

    __slots__ = ("_columns", "core", "known")

    def __init__(self, core: Any, *, sets: Sequence[str] | None = None) -> None:
        """Take a Core statement.

        Args:
            core: the statement; for INSERT and UPDATE without values for *sets*.
            sets: the columns that an INSERT or UPDATE fills from parameters of their names.
        """
        self.core, self._columns = core, sets
        self.known: dict[str, Compiled] = {}  # by kind of database

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it fills from parameters of their names."""
        return tuple(self._columns or ())

    def compiled(self, kind: str) -> "Compiled":
        """Return it in the words of *kind* of database: ``sqlite`` or ``postgresql``."""
        found = self.known.get(kind)
        if found is None:
            found = self.known[kind] = Compiled(self._worded(kind), kind, self._columns)
        return found

    def _worded(self, kind: str) -> Any:
        """Return it as a *kind* of database is told."""
        del kind
        return self.core


class Compiled:
    """SQL text, the order of its parameters, and how values and rows are converted where the driver does not do it."""

    __slots__ = (
        "_fixed",
        "_names",
        "_pick",
        "_read",
        "_write",
        "converts",
        "has_rows",
        "is_passing",
        "is_query",
        "make",
        "sql",
    )

    def __init__(
        self, core: Executable, kind: str, columns: Sequence[str] | None = None, *, is_passing: bool = False
    ) -> None:
        """Compile *core*; it *is passing* where it is run once and thrown away."""
        dialect, self.is_passing = _dialect(kind), is_passing
        if isinstance(core, Insert) and not core.exported_columns:
            core = core.inline()  # whoever wants a number that the database gave asks for it
        compiled: Any = core.compile(  # type: ignore[attr-defined]  # every statement we make can be compiled
            dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True}
        )
        self.sql: str = str(compiled)
        self.is_query = _QUERY.match(self.sql) is not None and _CHANGES.search(self.sql) is None
        order: tuple[str, ...] = tuple(compiled.positiontup or ())
        binds: Mapping[str, BindParameter[Any]] = compiled.binds
        given = compiled.params  # of an IN, one for each element, under names that are not among the binds
        self._names = frozenset(name for name in order if name in binds and binds[name].required)
        self._fixed = {name: given[name] for name in order if name not in self._names}
        self._pick = _picker(order)
        self._write = _writers(order, binds, dialect)
        named = {} if isinstance(core, TextClause) else dict(getattr(core, "exported_columns", {}).items())
        self.has_rows: bool | None = None if isinstance(core, TextClause) else bool(named)
        self.make = row_maker(tuple(named)) if named else None
        self._read = _readers([column.type for column in named.values()], dialect)
        self.converts = bool(self._read)

    def bind(self, values: Values) -> Sequence[Any]:
        """Return *values* in order.

        Raises:
            Fault: a value is missing, or there is none of such a name.
        """
        if len(values) != len(self._names):
            raise self._unfit(values)
        try:
            bound = self._pick({**self._fixed, **values} if self._fixed else values)
        except KeyError:
            raise self._unfit(values) from None
        return self._written(bound) if self._write else bound

    def _written(self, bound: Sequence[Any]) -> list[Any]:
        values = list(bound)
        for place, convert in self._write:
            values[place] = convert(values[place])
        return values

    def _unfit(self, values: Values) -> Fault:
        off = ", ".join(sorted(values.keys() - self._fixed.keys() ^ self._names))
        return Fault(f"parameters do not fit the statement: {off}")

    def rows(self, raw: Iterable[Any]) -> list[Any]:
        """Return what the driver fetched as rows whose fields are the columns."""
        make = self.make
        if make is None:
            return []
        if not self._read:
            return list(map(make, raw))
        return [make(self._converted(row)) for row in raw]

    def _converted(self, row: Iterable[Any]) -> list[Any]:
        values = list(row)
        for place, convert in self._read:
            values[place] = convert(values[place])
        return values


def _picker(order: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """Return what takes the values of these names out of a mapping, in order."""
    match order:
        case ():
            return lambda _: ()
        case (name,):
            return lambda values: (values[name],)
        case _:
            return itemgetter(*order)


def _writers(
    order: Sequence[str], binds: Mapping[str, BindParameter[Any]], dialect: CoreDialect
) -> list[tuple[int, Processor]]:
    found = ((place, _impl(binds[name].type, dialect)) for place, name in enumerate(order) if name in binds)
    processors = ((place, impl.bind_processor(dialect)) for place, impl in found if impl is not None)
    return [(place, processor) for place, processor in processors if processor is not None]


def _readers(types: Sequence[TypeEngine[Any]], dialect: CoreDialect) -> list[tuple[int, Processor]]:
    found = ((place, _impl(kind, dialect)) for place, kind in enumerate(types))
    processors = ((place, impl.result_processor(dialect, None)) for place, impl in found if impl is not None)
    return [(place, processor) for place, processor in processors if processor is not None]


def _impl(kind: TypeEngine[Any], dialect: CoreDialect) -> TypeEngine[Any] | None:
    """Return the database's version of a type; None where both drivers take and give what we mean: bytes."""
    impl = kind.dialect_impl(dialect)
    return None if isinstance(impl, LargeBinary) else impl


@lru_cache(maxsize=512)
def row_maker(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Return what makes a named tuple of a driver's row; ``_mapping`` shows it as a dictionary."""
    base: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 - the names are known at run time only
    kind: Any = type("Row", (base,), {"__slots__": (), "_mapping": property(base._asdict)})
    return partial(tuple.__new__, kind)  # not its own maker, which counts each row's fields: they are as many


class Result:
    """What one statement did: its rows, all of them, and how many rows it touched."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        """Hold *rows*, named tuples."""
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows."""
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Return every row."""
        return self._rows

    def first(self) -> Any:
        """Return the first row, or None."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """Return the only row.

        Raises:
            Fault: there is another number of them.
        """
        if len(self._rows) != 1:
            msg = f"expected one row, found {len(self._rows)}"
            raise Fault(msg)
        return self._rows[0]

    def scalar(self) -> Any:
        """Return the first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        """Return the first column of the only row."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self._rows]


class Connection(ABC):
    """A transaction that is open, or a connection that is in none."""

    __slots__ = ()

    kind: ClassVar[str]
    """``sqlite`` or ``postgresql``."""

    @abstractmethod
    async def fetch(self, statement: Statement, values: Values) -> list[Any]:
        """Run *statement* with *values* by name; return its rows."""

    async def first(self, statement: Statement, values: Values) -> Any:
        """Run *statement* with *values* by name; return its first row, or None."""
        rows = await self.fetch(statement, values)
        return rows[0] if rows else None

    @abstractmethod
    async def change(self, statement: Statement, values: Values) -> int:
        """Run *statement*, which returns no rows, with *values* by name; return how many it touched."""

    async def execute(
        self, statement: Statement | Executable, values: Values | Sequence[Values] | None = None
    ) -> Result:
        """Run whatever *statement* is with *values* by name; with a list of them, once for each."""
        many = None if values is None or isinstance(values, dict | Mapping) else values
        if isinstance(statement, Statement):
            compiled = statement.known.get(self.kind) or statement.compiled(self.kind)
        else:
            columns = _named(many[0] if many else values) if isinstance(statement, Insert) else None
            compiled = Compiled(statement, self.kind, columns, is_passing=True)
        if many is not None:
            await self._run_many(compiled.sql, [compiled.bind(each) for each in many])
            return Result([], len(many))
        return await self._run(compiled, compiled.bind(values or {}))  # type: ignore[arg-type]  # not a list: see above

    def among(self, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that *column* is one of *values*, which may be many."""
        return column.in_(values)

    async def insert_rows(self, statement: Statement, rows: Sequence[Values]) -> int | None:
        """Run an INSERT once for each of *rows*; return how many went in, where the database can tell.

        On PostgreSQL many rows are one statement, so that a row costs a tenth of what it does by itself.
        """
        await self.execute(statement, rows)
        return None

    @abstractmethod
    async def run_script(self, sql: str) -> None:
        """Run *sql* as it stands, without parameters and without looking at rows."""

    @abstractmethod
    async def commit(self) -> None:
        """Commit; durable when it returns."""

    async def commit_first(self) -> bool:
        """Commit, so that others see it; return whether it is durable already, or the dialect is to be waited for."""
        await self.commit()
        return True

    @abstractmethod
    async def _run(self, compiled: Compiled, bound: Sequence[Any]) -> Result: ...

    @abstractmethod
    async def _run_many(self, sql: str, bound: Sequence[Sequence[Any]]) -> None: ...


def insert_unless_taken(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that does nothing, and says so by its row count, where a unique key is taken."""
    return unless_taken(connection.kind, table)


def unless_taken(kind: str, table: Table) -> Insert:
    """Return the same for a *kind* of database."""
    made: Insert = _insert(kind, table).on_conflict_do_nothing()
    return made


def _insert(kind: str, table: Table) -> Any:
    """Return an INSERT that can say what happens where a unique key is taken."""
    if kind == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(table)
    return sqlite.insert(table)


def _named(values: Any) -> list[str] | None:
    return list(values) if values else None


class ByKind(Statement):
    """A statement that PostgreSQL is told in words of its own, with the same parameters and the same columns."""

    __slots__ = ("_postgres",)

    def __init__(self, core: Any, *, postgres: Any) -> None:
        """Take a Core statement, and the one for PostgreSQL."""
        super().__init__(core)
        self._postgres = postgres

    def _worded(self, kind: str) -> Any:
        return self._postgres if kind == "postgresql" else self.core


class InsertNew(Statement):
    """An INSERT that does nothing, and says so by its row count, where a unique key is taken.

    Any other violation still raises: a row that refers to nothing is a bug, not an answer.
    """

    __slots__ = ()

    def _worded(self, kind: str) -> Any:
        return unless_taken(kind, self.core)


class InsertOrChange(Statement):
    """An INSERT that changes the row that is there where its primary key is taken, if that row meets a condition."""

    __slots__ = ("_changes", "_if")

    def __init__(
        self, table: Table, *, sets: Sequence[str], changes: Mapping[str, ColumnElement[Any]], only_if: Any
    ) -> None:
        """Take a table, the columns that a new row fills, and how a row that is there changes, and when."""
        super().__init__(table, sets=sets)
        self._changes, self._if = changes, only_if

    def _worded(self, kind: str) -> Any:
        return _insert(kind, self.core).on_conflict_do_update(
            index_elements=list(self.core.primary_key), set_=self._changes, where=self._if
        )

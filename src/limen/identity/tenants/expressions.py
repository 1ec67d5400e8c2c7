"""Conditions over facts: the part of CEL that a rule needs, typed before it is ever asked, and linear in its length.

``listed && failures_address >= 2``, ``country in ['AA', 'BB'] || !(agent.contains('Firefox'))``. Names of facts, text,
whole numbers, ``true`` and ``false``; ``==  !=  <  <=  >  >=  in``, ``!  &&  ||``, parentheses; of text
``startsWith``, ``endsWith`` and ``contains``. What means something here means the same in CEL (cel.dev). A fact may be
unknown: then what rests on it alone is unknown too, and neither true nor false.

A fact of type ``any`` has members, of which nobody knows the type before they are asked: ``attributes.tier == 'gold'``.
One that is not of the type that is wanted of it is unknown.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

Type = Literal["text", "number", "truth", "any"]
Value = str | int | bool | None
Facts = Mapping[str, Value]
LONGEST: Final = 500
_DEEPEST: Final = 16
_MOST_LISTED: Final = 100
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>[0-9]{1,9})|(?P<text>'[^'\\\n]*'|"[^"\\\n]*")|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"""
    r"""|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!().,\[\]-]))""",
    re.ASCII,
)
_KINDS: Final[tuple[Literal["number", "text", "name", "sign"], ...]] = ("number", "text", "name", "sign")
_COMPARED: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_FITS: Final[Mapping[Type, Callable[[Value], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "truth": lambda value: isinstance(value, bool),
}
_METHODS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
Ask = Callable[[Facts], Value]


class BadExpression(Exception):
    """A condition that is refused. ``at`` is where in it, from 0."""

    def __init__(self, why: str, at: int) -> None:
        """Say *why*."""
        super().__init__(f"{why}, at {at + 1}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that may be asked. ``reads`` names the facts that it rests on; of members, what they belong to."""

    text: str
    ask: Ask
    reads: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:
        """Tell whether it holds; None where that rests on what is not known."""
        found = self.ask(facts)
        return found if isinstance(found, bool) else None


def condition(text: str, known: Mapping[str, Type]) -> Condition:
    """Return the condition that *text* is, over the facts that are *known*.

    Raises:
        BadExpression: it is none, or compares what cannot be compared.
    """
    if len(text) > LONGEST:
        raise BadExpression(f"it is longer than {LONGEST} characters", LONGEST)
    parser = _Parser(text, known)
    term = parser.either()
    parser.ends()
    if term.type not in {"truth", "any"}:
        raise BadExpression("it is no condition", 0)
    return Condition(text, _needs(term, "truth").ask, frozenset(parser.reads))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["number", "text", "name", "sign", "end"]
    said: str
    at: int


@dataclass(frozen=True, slots=True)
class _Term:
    type: Type
    ask: Ask
    at: int


class _Parser:
    """Reads by descent: a method for each level that binds more tightly."""

    def __init__(self, text: str, known: Mapping[str, Type]) -> None:
        self._tokens, self._known = list(_tokens(text)), known
        self.reads: set[str] = set()
        self._next = self._depth = 0

    def either(self) -> _Term:
        term = self._both()
        while self._takes("||"):
            term = _joined(term, self._both(), decides=True)
        return term

    def ends(self) -> None:
        if self._token.kind != "end":
            self._fail("nothing more is expected")

    def _both(self) -> _Term:
        term = self._not()
        while self._takes("&&"):
            term = _joined(term, self._not(), decides=False)
        return term

    def _not(self) -> _Term:
        at = self._token.at
        if not self._takes("!"):
            return self._compared()
        self._deepen()
        term = _needs(self._not(), "truth")
        self._depth -= 1
        ask = term.ask
        return _Term("truth", lambda facts: None if (found := ask(facts)) is None else not found, at)

    def _compared(self) -> _Term:
        one, sign = self._single(), self._token.said if self._token.kind in {"sign", "name"} else ""
        if sign == "in":
            self._next += 1
            return self._listed(one)
        if sign not in {"==", "!=", *_COMPARED}:
            return one
        self._next += 1
        other = self._single()
        if sign in _COMPARED:
            return _ordered(_needs(one, "number"), _needs(other, "number"), _COMPARED[sign])
        one = _needs(one, other.type) if one.type == "any" else one
        return _equal(one, _needs(other, one.type), is_same=sign == "==")

    def _listed(self, one: _Term) -> _Term:
        self._must("[")
        listed: list[Value] = []
        while not self._takes("]"):
            if listed:
                self._must(",")
            member = self._constant()
            one = _needs(one, member.type) if one.type == "any" else one
            listed.append(_needs(member, one.type).ask({}))
            if len(listed) > _MOST_LISTED:
                self._fail(f"a list has more than {_MOST_LISTED} members")
        members, ask = frozenset(listed) or (), one.ask  # beside no member a fact may be anything, a list too
        return _Term("truth", lambda facts: None if (found := ask(facts)) is None else found in members, one.at)

    def _single(self) -> _Term:
        at = self._token.at
        if self._takes("("):
            self._deepen()
            term = self.either()
            self._depth -= 1
            self._must(")")
            return term
        if self._token.kind == "name" and self._token.said not in {"true", "false"}:
            return self._fact(at)
        return self._constant()

    def _fact(self, at: int) -> _Term:
        name = self._token.said
        if name not in self._known:
            self._fail(f"there is no fact {name[:40]}")
        self._next += 1
        self.reads.add(name)
        kind = self._known[name]
        if kind == "any":
            name = self._member(name)
        term = _Term(kind, lambda facts: facts.get(name), at)
        if not self._takes("."):
            return term
        method = _METHODS.get(self._token.said)
        if method is None:
            self._fail("text has startsWith, endsWith and contains")
        _needs(term, "text")
        self._next += 1
        self._must("(")
        part = str(_needs(self._constant(), "text").ask({}))
        self._must(")")
        return _Term(
            "truth", lambda facts: method(found, part) if isinstance(found := facts.get(name), str) else None, at
        )

    def _member(self, of: str) -> str:
        self._must(".")
        token = self._token
        if token.kind != "name":
            self._fail(f"a member of {of} is expected")
        self._next += 1
        return f"{of}.{token.said}"

    def _constant(self) -> _Term:
        token = self._token
        is_negative = self._takes("-")
        token = self._token
        value: Value = None
        if token.kind == "number":
            value = -int(token.said) if is_negative else int(token.said)
        elif not is_negative and token.kind == "text":
            value = token.said[1:-1]
        elif not is_negative and token.kind == "name" and token.said in {"true", "false"}:
            value = token.said == "true"
        if value is None:
            self._fail("a fact, text, a number, true or false is expected")
        self._next += 1
        kind: Type = "truth" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"
        return _Term(kind, lambda _: value, token.at)

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _takes(self, sign: str) -> bool:
        taken = self._token.kind == "sign" and self._token.said == sign
        self._next += taken
        return taken

    def _must(self, sign: str) -> None:
        if not self._takes(sign):
            self._fail(f"{sign} is expected")

    def _deepen(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("it is nested too deeply")

    def _fail(self, why: str) -> NoReturn:
        raise BadExpression(why, self._token.at)


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise BadExpression("this is not understood", start)
        kind = next(kind for kind in _KINDS if match[kind] is not None)
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, _Token("end", "", end)]


def _needs(term: _Term, kind: Type) -> _Term:
    if kind == "any":
        return term
    if term.type == "any":
        ask, fits = term.ask, _FITS[kind]
        return _Term(kind, lambda facts: found if fits(found := ask(facts)) else None, term.at)
    if term.type != kind:
        raise BadExpression(f"a {kind} is expected here, and this is a {term.type}", term.at)
    return term


def _joined(one: _Term, other: _Term, *, decides: bool) -> _Term:
    """Return both (``decides`` is False) or either: what decides does so whether the rest is known or not (Kleene)."""
    first, second = _needs(one, "truth").ask, _needs(other, "truth").ask

    def ask(facts: Facts) -> Value:
        found = first(facts)
        if found is decides:
            return decides
        then = second(facts)
        return decides if then is decides else None if found is None else then

    return _Term("truth", ask, one.at)


def _ordered(one: _Term, other: _Term, holds: Callable[[int, int], bool]) -> _Term:
    first, second = one.ask, other.ask

    def ask(facts: Facts) -> Value:
        left, right = first(facts), second(facts)
        return holds(left, right) if isinstance(left, int) and isinstance(right, int) else None

    return _Term("truth", ask, one.at)


def _equal(one: _Term, other: _Term, *, is_same: bool) -> _Term:
    first, second = one.ask, other.ask

    def ask(facts: Facts) -> Value:
        left, right = first(facts), second(facts)
        is_unknown = left is None or right is None or isinstance(left, bool) is not isinstance(right, bool)
        return None if is_unknown else (left == right) is is_same  # 1 is no truth, although Python says so

    return _Term("truth", ask, one.at)

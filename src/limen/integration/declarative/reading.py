"""Reading a document so that every mistake is named with its line."""

import re
from typing import Any, Final

import msgspec
import yaml

from limen.integration.declarative.document import Document
from limen.kernel.errors import Invalid

CODE: Final = "invalid_document"
LONGEST: Final = 1_048_576
_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)
_DEEPEST: Final = 20


def load(text: str) -> Document | Invalid:
    """Return the document in YAML *text*.

    Returns:
        ``Invalid("invalid_document")`` whose ``fields`` map a place (``line 7, clients[0].scopes``) to a sentence.
        Refused are unknown and repeated members, wrong types, anchors and tags; a secret in the clear is unknown.
    """
    if len(text) > LONGEST:
        return _invalid("document", "longer than a mebibyte")
    lines: dict[str, int] = {}
    try:
        node = yaml.compose(text, Loader=_Loader)
        value = _value(node, "", lines, 0) if node is not None else {}
    except _Mistake as mistake:
        return _invalid(mistake.where, mistake.what)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _invalid(f"line {mark.line + 1}" if mark is not None else "document", "not YAML")
    try:
        document = msgspec.convert(value, Document)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        what, where = (found["what"], found["where"] or "") if found else (str(error), "")
        return _invalid(place(lines, where), what)
    return _consistent(document, lines)


def place(lines: dict[str, int], where: str) -> str:
    """Return *where* with the line of the nearest thing that has one."""
    known = where
    while known and known not in lines:
        known = re.sub(r"(?:\.[^.\[]+|\[[^\]]*\]|^[^.\[]+)$", "", known)
    line = f"line {lines[known]}" if known in lines else ""
    return ", ".join(part for part in (line, where) if part) or "document"


def _consistent(document: Document, lines: dict[str, int]) -> Document | Invalid:
    for index, destination in enumerate(document.audit_destinations):
        if destination.secret is not None and bool(destination.secret.env) == bool(destination.secret.file):
            return _invalid(place(lines, f"audit_destinations[{index}].secret"), "needs either `env` or `file`")
    seen: set[str] = set()
    for index, client in enumerate(document.clients):
        if client.client_id in seen:
            return _invalid(place(lines, f"clients[{index}].client_id"), "another client has this client_id")
        seen.add(client.client_id)
        if client.secret is not None and bool(client.secret.env) == bool(client.secret.file):
            return _invalid(place(lines, f"clients[{index}].secret"), "needs either `env` or `file`")
    return document


class _Mistake(Exception):
    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.where, self.what = where, what


class _Loader(yaml.SafeLoader):
    """YAML without anchors: an alias of an alias of an alias is how a small file becomes a large one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Mistake(f"line {line}", "anchors and aliases are not read")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!"):
            raise _Mistake(f"line {line}", "tags are not read")
        return super().compose_node(parent, index)


def _value(node: yaml.Node, path: str, lines: dict[str, int], depth: int) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if depth > _DEEPEST:
        raise _Mistake(f"line {line}", "nested too deep")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, f"{path}[{index}]", lines, depth + 1) for index, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:timestamp":  # 2020-01-01 is text here
        return node.value
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise _Mistake(f"line {line}", "not a value that is understood") from error


def _mapping(node: yaml.MappingNode, path: str, lines: dict[str, int], depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _Mistake(f"line {line}", "a member's name must be text")
        name = str(key.value)
        if name in members:
            raise _Mistake(f"line {line}", f"`{name}` is there twice")
        below = f"{path}.{name}" if path else name
        lines[below] = line
        members[name] = _value(item, below, lines, depth + 1)
    return members


def _invalid(where: str, what: str) -> Invalid:
    return Invalid(CODE, f"{where}: {what}", {where: what})

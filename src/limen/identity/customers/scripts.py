"""Whether a name mixes scripts, by which it could look like another (UTS 39 §5.2, *Highly Restrictive*; §5.3).

Python knows no property *Script*, but the name of a letter begins with that of its script. Where a script's has two
words the first will do: two *OLD* scripts in one name deceive nobody.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

_JOINED: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
"""Which scripts people write side by side: Japanese, Chinese and Korean, each with Latin letters."""
_OTHER_NAMES: Final = {"IDEOGRAPHIC": "CJK", "EXTENDED": "ARABIC"}
"""How some letters and digits of a script are called instead."""
_SHARED: Final = frozenset({"COMBINING", "DIGIT", "MODIFIER"})
"""How characters are called that belong to no script (*Common*, *Inherited*)."""
_KINDS: Final = frozenset("LMN")


def is_mixed(text: str) -> bool:
    """Tell whether *text* has letters of scripts that are not written side by side, or digits of two kinds."""
    if text.isascii():
        return False
    scripts = frozenset(_scripts(text))
    zeros = {ord(mark) - unicodedata.decimal(mark) for mark in text if unicodedata.category(mark) == "Nd"}
    return len(zeros) > 1 or (len(scripts) > 1 and not any(scripts <= joined for joined in _JOINED))


def _scripts(text: str) -> Iterator[str]:
    for mark in text:
        if unicodedata.category(mark)[0] in _KINDS:
            word = unicodedata.name(mark, "").partition(" ")[0].partition("-")[0]
            if word not in _SHARED:
                yield _OTHER_NAMES.get(word, word)

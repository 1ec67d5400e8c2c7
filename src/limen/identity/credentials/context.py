"""Words that a guesser would try first for this one person: their name, their address, the service.

SP 800-63B-4 §3.1.1.2 asks to block context-specific words "and derivatives thereof", and to compare the whole
password, not parts of it: *annabel eats turnips* is fine for Anna, *Anna.1990!* is not.
"""

import re
import unicodedata
from collections.abc import Iterable

_MAXIMUM_WORDS = 32
_MAXIMUM_TEXT = 320  # the longest e-mail address; longer texts only cost time
_SHORTEST = 3
_FEWEST_LEFT = 5  # letters of one's own beside the context words

_not_letters = re.compile(r"[\W\d_]+")


def context_words(*texts: str) -> tuple[str, ...]:
    """Return the folded words in *texts* (address, host name, tenant's name, person's name), each text whole as well.

    Words shorter than three characters are left out: they are in too many good passwords. At most 32 are returned.
    """
    words: dict[str, None] = {}
    for text in texts:
        folded = fold(text[:_MAXIMUM_TEXT])
        for word in (folded, *_not_letters.split(folded)):
            if len(word) >= _SHORTEST:
                words[word] = None
    return tuple(words)[:_MAXIMUM_WORDS]


def fold(text: str) -> str:
    """Return *text* without case and compatibility differences."""
    return unicodedata.normalize("NFKC", text).casefold()


def derives_from(password: str, words: Iterable[str]) -> bool:
    """Tell whether *password* is little more than *words* with digits and signs between them."""
    rest = folded = fold(password)
    for word in sorted(words, key=len, reverse=True):  # the longest first, so that "anna" does not spoil "annabel"
        rest = rest.replace(word, " ")
    return rest != folded and len(_not_letters.sub("", rest)) < _FEWEST_LEFT

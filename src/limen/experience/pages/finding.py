"""Finding a page without trying one pattern after the other, and without the framework.

Most pages lie at a path of their own, or at one name below it. Those are looked up; for everything else, methods that a
page does not answer included, the framework goes through its list.
"""

from collections.abc import Iterable, Mapping

from limen.access.http import Page


class Finder:
    """A table of pages (:class:`limen.access.http.Find`)."""

    def __init__(self, pages: Iterable[tuple[Page, frozenset[str]]]) -> None:
        """Look up those of *pages*, each with its methods, whose path is plain or ends in its one name."""
        self._at: dict[tuple[str, str], Page] = {}
        self._below: dict[tuple[str, str], tuple[Page, str]] = {}
        for page, methods in pages:
            above, _, last = page.path.rpartition("/")
            for method in methods:
                if "{" not in page.path:
                    self._at[method, page.path] = page
                elif "{" not in above and last[0] == "{" and last[-1] == "}":
                    self._below[method, above] = (page, last[1:-1])

    def __call__(self, method: str, path: str, /) -> tuple[Page, Mapping[str, str]] | None:
        """Return the page that answers *method* at *path*, with what the path names; None: the framework knows."""
        page = self._at.get((method, path))
        if page is not None:
            return page, {}
        above, _, last = path.rpartition("/")
        below = self._below.get((method, above)) if last else None
        return (below[0], {below[1]: last}) if below is not None else None

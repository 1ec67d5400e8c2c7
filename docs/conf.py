"""How the documentation is built: ``make docs``. The reference is generated from the code on every build."""

from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.domains.python import PythonDomain

from limen.app.guessing import guessing_page
from limen.app.reference_pages import checks_page, events_page, steps_page
from limen.app.settings.reference import reference_page
from limen.app.tenant_reference import tenant_settings_page

WRITTEN = {
    "reference/settings": reference_page,
    "reference/tenant-settings": tenant_settings_page,
    "reference/events": events_page,
    "reference/steps": steps_page,
    "reference/checks": checks_page,
    "reference/guessing": guessing_page,
}

PACKAGE = Path(__file__).parent.parent / "src" / "limen"

project = "Limen"
author = "The Limen authors"
copyright = "2026, The Limen authors"  # noqa: A001  # Sphinx's name
release = version = version_of("limen")

extensions = ["sphinx.ext.apidoc", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["adr/template.rst", "reference/generated/modules.rst"]
nitpicky = False  # third-party types have no inventory here: builds reach no network

html_theme = "furo"
html_title = "Limen"
html_show_sphinx = False

apidoc_modules = [
    {
        "path": str(PACKAGE),
        "destination": "reference/generated",
        "exclude_patterns": [str(PACKAGE / "storage" / "migrations*")],  # Alembic runs these, nobody imports them
        "module_first": True,
    }
]
autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints = "signature"
autodoc_use_type_comments = False  # there are none, and to look for them takes a fifth of the reading
# Every page carries the whole table of contents. It names modules: with each of their functions it is most of the work.
toc_object_entries = False
# Our records describe their fields under "Attributes:"; without this each would be listed twice.
napoleon_use_ivar = True
# A type's name may be exported from several packages; which one is meant does not matter to a reader.
suppress_warnings = ["ref.python", "autodoc.duplicate_object"]


def setup(app):
    """Let pages of the reference be what the code says, and leave out functions named as modules are."""
    app.add_domain(NarrowedPythonDomain, override=True)
    app.connect("source-read", _write)
    app.connect("autodoc-skip-member", _named_as_a_module)


class NarrowedPythonDomain(PythonDomain):
    """Looks for a name among the objects that end in it.

    Sphinx compares each name of each signature with every object it knows, which is most of a build's time; it finds
    the same here.
    """

    _ending_in: dict | None = None
    _narrowed: dict | None = None

    @property
    def objects(self):
        return super().objects if self._narrowed is None else self._narrowed

    def find_obj(self, env, modname, classname, name, *how):
        if self._ending_in is None or self._ending_in["of"] != len(self.objects):
            self._ending_in = {"of": len(self.objects)}
            for known, entry in self.objects.items():
                self._ending_in.setdefault(f".{known.rpartition('.')[2]}", {})[known] = entry
        self._narrowed = self._ending_in.get(f".{name.removesuffix('()').rpartition('.')[2]}", {})
        try:
            return super().find_obj(env, modname, classname, name, *how)
        finally:
            self._narrowed = None


def _write(_app, name, source):
    if name in WRITTEN:
        source[0] = WRITTEN[name]()


def _named_as_a_module(_app, _what, name, member, _skip, _options):
    """Sphinx cannot tell a function from its module where a package exports it under the module's name."""
    return True if str(getattr(member, "__module__", "")).endswith(f".{name}") else None

"""How the documentation is built: ``make docs``. The reference is generated from the code on every build."""

from importlib.metadata import version as version_of
from pathlib import Path

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
# Our records describe their fields under "Attributes:"; without this each would be listed twice.
napoleon_use_ivar = True
# A type's name may be exported from several packages; which one is meant does not matter to a reader.
suppress_warnings = ["ref.python", "autodoc.duplicate_object"]


def setup(app):
    """Let pages of the reference be what the code says, and leave out functions named as modules are."""
    app.connect("source-read", _write)
    app.connect("autodoc-skip-member", _named_as_a_module)


def _write(_app, name, source):
    if name in WRITTEN:
        source[0] = WRITTEN[name]()


def _named_as_a_module(_app, _what, name, member, _skip, _options):
    """Sphinx cannot tell a function from its module where a package exports it under the module's name."""
    return True if str(getattr(member, "__module__", "")).endswith(f".{name}") else None

"""The command line: ``limen serve``, ``demo``, ``migrate``, ``apply``, ``audit``, ``keys``, ``doctor`` and more.

Owns words for the operator: what is running where, what is weak, what to do next. A mistake is one clear line and a
hint. Every command is loaded when it is called, so that ``limen --help`` answers at once; the work itself is done by
the use cases that the API drives too.
"""

from limen.app.cli.entry import main

__all__ = ["main"]

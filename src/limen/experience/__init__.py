"""The front door: every page and every mail a person sees.

Owned here: the design system (``static/``), the templates (``templates/``), the words in every language (``locales/``)
and their rendering (:mod:`limen.experience.rendering`). Left to others: what a page is about. A journey step arrives
as data (name, version, values, errors as message keys) from the access layer; native applications receive the same.

No template contains a sentence: every message is a key of the catalogues (``_("sign_in.title")``), English included.
Every page works with script switched off; ``static/limen.js`` only adds comfort.
"""

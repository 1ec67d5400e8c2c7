"""The hot doors' storage: single atomic steps on the bare drivers, many sharing one commit.

A step says what is to be done and, once its outcome is known, what is to be told (audit, events, changes). A
:class:`WriteGroup` gathers the steps of concurrent requests while the commit before them is under way; an adapter runs
them in one transaction. No timer: a lone request waits for nobody, and nobody is answered before the commit.
"""

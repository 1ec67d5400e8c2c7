"""What factors cost: processor time of a sign-in by passkey and by authenticator app, and the weight of two pages.

Owns a person's browser with an authenticator in software, and the figures made with it. Leaves starting Limen to
``bench.limen`` and the table to ``bench.report``.
"""

"""The edge: what every request passes before it reaches a page, an API or a protocol door.

Owns the arrival (request id, client address, scheme, tenant prefix), limits on size and shape, rate limits with their
headers, security headers, the access log, metrics and health. Leaves sockets and the choice between hot doors and
pages to ``limen.app.server``, counting to ``storage.cache``.
"""

"""Messaging: what was promised in the outbox leaves the house here.

Owns the relay that drains the outbox (:mod:`.relay`), the handler that turns ``mail.requested`` into a message
(:mod:`.handler`), and the two ways a message leaves: SMTP (:mod:`.smtp`) and the development mailbox (:mod:`.mailbox`).
It leaves to others: the outbox rows (:class:`.queue.OutboxQueue` is implemented in storage), the look of a message
(:class:`.request.RenderMail`), and the keys that seal it.

Delivery is *at least once*. A message carries the same Message-ID each time it is sent, so that mail programs show one.

::

    due ──lease──▶ leased ──handled, or nobody listens──▶ done
     ▲               │ DeliveryLater, unknown fault, lease ran out
     └───back-off────┤
                     └─DeliveryRefused, corrupted, too many attempts──▶ dead

RFC 5321 (SMTP), RFC 5322 (messages), RFC 3834 §5 (Auto-Submitted), RFC 6531 (SMTPUTF8), RFC 5891 (IDNA).
"""

"""Journeys: one persisted walk through sign-up, sign-in, recovery or a change, and one pure function that leads it.

Owns the journey's record, its steps and the dispatcher; every step returns to the dispatcher, never to another step.
Leaves proofs to the use cases it calls and pages to ``experience``: a step is data first, rendered as HTML or as
versioned JSON.
"""

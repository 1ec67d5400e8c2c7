"""Limen as a benchmark subject: its tenant file, how it is prepared, and how its pages are walked."""

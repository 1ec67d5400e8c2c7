"""The composition root and the command line: the one place that knows everything, imported by no one.

It reads the settings once, builds every part, hands each its own section and mounts the doors. No rule of the domain
lives here.
"""

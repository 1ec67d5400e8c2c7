"""Passkeys in a journey: its challenge, what the browser said of itself, and the proof that is checked."""

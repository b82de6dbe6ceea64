"""Decisions, as pure functions of values: which target next, how long to leave one alone."""

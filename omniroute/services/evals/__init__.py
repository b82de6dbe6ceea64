"""Suites of questions with known answers, asked of models and combos, and what the answers say of them."""

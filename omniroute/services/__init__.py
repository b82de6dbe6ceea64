"""What an operator manages: the rules, written once. Frozen dataclasses in and out, errors of one tree."""

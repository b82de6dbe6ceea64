"""How the dashboard looks: the style sheet, and what charts need of it, since they can't read it themselves."""

from functools import cache
from importlib.resources import files

# Mid-tones that read well on both grounds.
INK = "#7d899d"
GRID = "rgba(125, 137, 157, .18)"
SERIES = ("#4f6ef7", "#17a37b", "#e0962b", "#c65bcf", "#3aa6d0", "#e0626c", "#8a8f3c", "#7a6ff0")
GOOD, WARN, BAD = "#17a37b", "#e0962b", "#e0626c"
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'


@cache
def style_sheet() -> str:
    """Return the style sheet."""
    return (files(__package__) / "assets" / "style.css").read_text(encoding="utf-8")


LOGO = (
    '<svg viewBox="0 0 32 32" fill="none" aria-hidden="true"><rect width="32" height="32" rx="9" fill="#3454d1"/>'
    '<path d="M7 16h6m0 0 6-7h6m-12 7 6 7h6" stroke="#fff" stroke-width="2.4" stroke-linecap="round" '
    'stroke-linejoin="round"/><circle cx="7.5" cy="16" r="2.3" fill="#fff"/></svg>'
)

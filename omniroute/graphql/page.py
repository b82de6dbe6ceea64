"""The query page that browsers get."""

PAGE = b"<!doctype html>"
PAGE_HEADERS: dict[str, str] = {}

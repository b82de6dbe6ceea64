"""Which outbound proxy a connection uses: the nearest one set, unless the host is to be reached without. Pure.

A proxy belongs to a level: `connection:ID` wins over `combo:ID`, that over `provider:ID`, and that over `global`.
"""

import ipaddress
from collections.abc import Mapping, Sequence

GLOBAL = "global"
LEVELS = (GLOBAL, "provider", "combo", "connection")


def place_of(level: str, owner: str | None) -> str:
    """Return the name under which the proxy of a level is kept."""
    return level if level == GLOBAL else f"{level}:{owner}"


def nearest(known: Mapping[str, str], *, connection: str | None, combos: Sequence[str], provider: str) -> str | None:
    """Return the place of the proxy to use, None without one. `combos` are those passed, the outermost first."""
    places = [
        *([] if connection is None else [f"connection:{connection}"]),
        *(f"combo:{combo}" for combo in reversed(combos)),
        f"provider:{provider}",
        GLOBAL,
    ]
    return next((place for place in places if place in known), None)


def is_exempt(host: str, exemptions: Sequence[str]) -> bool:
    """Whether a host is reached without a proxy: named itself, under a named domain, or in a named network."""
    host = host.strip("[]").rstrip(".").lower()
    return any(_matches(host, one) for one in exemptions)


def _matches(host: str, exemption: str) -> bool:
    rule = exemption.strip().lower().rstrip(".")
    if rule == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        pass
    bare = rule.removeprefix("*").removeprefix(".")
    return host == bare or host.endswith(f".{bare}")

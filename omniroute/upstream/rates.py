"""What one model costs at one provider: prices by kind of token, by length of the input, by service tier."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

_NO_SERVICES: Final[Mapping[str, "Rate"]] = MappingProxyType({})
# How vendors call the service that has no price of its own; "auto" leaves the choice to the vendor.
STANDARD: Final = frozenset({None, "", "auto", "default", "standard", "standard_only", "on_demand"})


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Nano-dollars for a million tokens of each kind. None = no price of its own: input's or output's counts.

    `cache_write_1h` is for what is kept an hour instead of five minutes; without it `cache_write` counts. The last four
    are for what is no token: a picture, a minute of sound, a million letters, a search.
    """

    input: int = 0
    output: int = 0
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    audio_input: int | None = None
    image_input: int | None = None
    reasoning: int | None = None
    audio_output: int | None = None
    image_output: int | None = None
    image: int = 0
    audio_minute: int = 0
    characters: int = 0
    search: int = 0

    @property
    def long_write(self) -> int | None:
        """The price of what is kept in the cache for an hour."""
        return self.cache_write if self.cache_write_1h is None else self.cache_write_1h

    @cached_property
    def is_by_unit(self) -> bool:
        """Whether anything but tokens is paid for."""
        return bool(self.image or self.audio_minute or self.characters or self.search)

    @cached_property
    def dearest_input(self) -> int:
        """The highest price that a text token of the input can have."""
        return max(self.input, self.cache_write or 0, self.cache_write_1h or 0)

    @cached_property
    def dearest_output(self) -> int:
        """The highest price that a text token of the output can have."""
        return max(self.output, self.reasoning or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Prices that hold for the whole request once its input is longer than `above` tokens."""

    above: int
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a model costs at a provider. `tiers` ascend; `request` is nano-dollars for each request.

    `services` are the rates of service tiers with prices of their own (flex, priority, fast, batch); `version` names
    the price list.
    """

    model: str
    prices: Prices
    tiers: tuple[Tier, ...] = ()
    request: int = 0
    services: Mapping[str, "Rate"] = field(default_factory=lambda: _NO_SERVICES)
    version: str = ""

    def at(self, input_tokens: int) -> Prices:
        """Return the prices for a request with this much input."""
        for tier in reversed(self.tiers):
            if input_tokens > tier.above:
                return tier.prices
        return self.prices

    def under(self, service: str | None) -> "Rate | None":
        """Return the rate of a service tier; None for one whose price is not known."""
        return self if service in STANDARD else self.services.get(service or "")

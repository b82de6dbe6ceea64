"""How requests are routed, how patient the gateway is, how much may go through, and what of it is kept."""

from functools import partial
from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, flat
from omniroute.ui.pages.settings_group import Field, Group, fill, show_group, words
from omniroute.ui.pages.settings_scopes import show_scopes
from omniroute.ui.parts import Stat, button, card, confirmed
from omniroute.ui.visit import Visit

_STRATEGIES = (
    "PRIORITY", "ROUND_ROBIN", "FILL_FIRST", "LEAST_USED", "TWO_CHOICES", "RANDOM", "WEIGHTED", "COST_OPTIMIZED",
    "LATENCY_OPTIMIZED", "LAST_KNOWN_GOOD", "CONTEXT_OPTIMIZED",
)  # fmt: skip
_BALANCING = "fallbackStrategy stickyRoundRobinLimit blockedProviders"
ROUTING = Document(f"query Balancing {{ balancingSettings {{ {_BALANCING} }} }}")
SET_ROUTING = Document(f"""
mutation SetBalancing($input: BalancingSettingsChange!) {{
  updateBalancingSettings(input: $input) {{ ... on BalancingSettings {{ fallbackStrategy }} {FAILURE} }}
}}""")
_PROFILE = (
    "circuitBreakerThreshold", "circuitBreakerReset", "transientCooldown", "maxTransientCooldown", "rateLimitCooldown",
    "maxRateLimitCooldown", "lockCooldown", "maxBackoffLevel", "maxRetries", "retryDelay",
)  # fmt: skip
_REQUESTS = ("maxAttempts", "timeoutMs", "firstByteTimeoutMs", "hedgeAfterMs", "maxRetries", "retryDelayMs")
RESILIENCE = Document(f"""
query Resilience {{
  resilienceSettings {{
    profiles {{ category profile {{ {" ".join(_PROFILE)} }} }}
    requests {{ {" ".join(_REQUESTS)} }}
    heedLimits
  }}
}}""")
SET_RESILIENCE = Document(f"""
mutation SetResilience($input: ResilienceSettingsChange!) {{
  updateResilienceSettings(input: $input) {{ ... on ResilienceSettings {{ requests {{ maxAttempts }} }} {FAILURE} }}
}}""")
_LIMITS = (
    "requestsPerMinute", "tokensPerMinute", "concurrentRequests", "minTimeBetweenRequests", "queueSize",
    "queueTimeoutMs", "defaultOutputTokens",
)  # fmt: skip
LIMITS = Document(f"query Limits {{ limitSettings {{ {' '.join(_LIMITS)} unknownPrice }} }}")
SET_LIMITS = Document(f"""
mutation SetLimits($input: LimitSettingsChange!) {{
  updateLimitSettings(input: $input) {{ ... on LimitSettings {{ queueSize }} {FAILURE} }}
}}""")
CACHE = Document("""
query CacheSettings {
  cacheSettings {
    enabled onlyDeterministic ttlS maxEntries maxEntryBytes shared
    similarity { enabled shadow model threshold thresholds { model threshold } }
  }
}""")
SET_CACHE = Document(f"""
mutation SetCache($input: CacheSettingsChange!) {{
  updateCacheSettings(input: $input) {{ ... on CacheSettings {{ enabled }} {FAILURE} }}
}}""")
CACHE_FIGURES = Document("""
query CacheFigures {
  cache {
    semanticCache { memorySize memoryMaxSize dbSize hitRate hits savedUsd tokensSaved }
    idempotency { activeKeys replays }
  }
  cacheSimilarity { enabled shadow lookedUp matches served wouldHaveSavedUsd }
}""")
CLEAR_CACHE = Document(f"""
mutation ClearCache($part: CachePart!) {{ clearCache(part: $part) {{ ... on Done {{ message }} {FAILURE} }} }}""")

_ROUTING_GROUP = Group(
    name="routing",
    query=ROUTING,
    update=SET_ROUTING,
    fields=(
        Field(path="fallbackStrategy", kind="choice", options=words("strategy", _STRATEGIES)),
        Field(path="stickyRoundRobinLimit"),
        Field(path="blockedProviders", kind="lines"),
    ),
)
_LIMITS_GROUP = Group(
    name="limits",
    query=LIMITS,
    update=SET_LIMITS,
    fields=(
        *(Field(path=one) for one in _LIMITS),
        Field(path="unknownPrice", kind="choice", options=words("unknown_price", ("ALLOW", "DENY"))),
    ),
)
_CACHE_GROUP = Group(
    name="cached",
    query=CACHE,
    update=SET_CACHE,
    fields=(
        Field(path="enabled", kind="switch"),
        Field(path="onlyDeterministic", kind="switch"),
        Field(path="shared", kind="switch"),
        Field(path="ttlS"),
        Field(path="maxEntries"),
        Field(path="maxEntryBytes"),
        Field(path="similarity.enabled", kind="switch"),
        Field(path="similarity.shadow", kind="switch"),
        Field(path="similarity.model", kind="line"),
        Field(path="similarity.threshold", kind="decimal"),
    ),
    kept=("similarity.thresholds",),
)


async def show_routing(visit: Visit) -> None:
    """Build the tab."""
    await show_group(visit, _ROUTING_GROUP)


async def show_resilience(visit: Visit) -> None:
    """Build the tab: the limits of a request, then a profile for each category of accounts."""
    data = await visit.tell(RESILIENCE)
    if data is None:
        return
    holds = data["resilienceSettings"]
    group = Group(
        name="requests",
        query=RESILIENCE,
        update=SET_RESILIENCE,
        fields=(*(Field(path=f"requests.{one}") for one in _REQUESTS), Field(path="heedLimits", kind="switch")),
    )
    with card(visit.say("requests.title"), hint=visit.say("requests.about")):
        fill(visit, group, flat({"requests": holds["requests"], "heedLimits": holds["heedLimits"]}))
    for one in holds["profiles"]:
        with card(visit.say(f"category.{one['category'].lower()}"), hint=visit.say("profile.about")):
            _profile(visit, one)


def _profile(visit: Visit, one: Data) -> None:
    # The schema names a profile's fields by the category's own word.
    path = {"API_KEY": "profiles.apiKey", "OAUTH": "profiles.oauth", "LOCAL": "profiles.local"}[one["category"]]

    def into(values: dict[str, Any]) -> dict[str, Any]:
        profile = {name.rpartition(".")[2]: value for name, value in values.items()}
        return {"profiles": [{"category": one["category"], "profile": profile}]}

    group = Group(
        name="profile",
        query=RESILIENCE,
        update=SET_RESILIENCE,
        fields=tuple(Field(path=f"{path}.{name}", label=name) for name in _PROFILE),
        into=into,
    )
    fill(visit, group, {f"{path}.{name}": value for name, value in one["profile"].items()})


async def show_limits(visit: Visit) -> None:
    """Build the tab."""
    await show_group(visit, _LIMITS_GROUP)
    await show_scopes(visit)


async def show_cache(visit: Visit) -> None:
    """Build the tab: how it does, what holds."""
    figures_ = ui.element("div").classes("stats")
    await _show_cache_figures(visit, figures_)
    await show_group(visit, _CACHE_GROUP)
    with (
        card(visit.say("cached.empty"), hint=visit.say("cached.empty_about")),
        ui.element("div").classes("row-line wraps"),
    ):
        for part in ("ALL", "ANSWERS", "IDEMPOTENCY", "SIMILARITY"):
            button(visit.say(f"cached.empty_{part.lower()}"), partial(_empty, visit, part, figures_))


async def _empty(visit: Visit, part: str, place: ui.element) -> None:
    say = visit.say
    sure = await confirmed(visit, say("cached.empty_sure"), say("cached.empty_lost"), say("cached.empty_it"))
    if sure and await visit.act(CLEAR_CACHE, {"part": part}) is not None:
        await _show_cache_figures(visit, place)


async def _show_cache_figures(visit: Visit, place: ui.element) -> None:
    data = await visit.tell(CACHE_FIGURES)
    if data is None:
        return
    say = visit.say
    kept, keys, like = data["cache"]["semanticCache"], data["cache"]["idempotency"], data["cacheSimilarity"]
    place.clear()
    with place:
        hits = say("cached.hits", count=figures.count(kept["hits"]))
        Stat(say("cached.hit_rate")).show(figures.share(kept["hitRate"]), hits)
        tokens = say("health.tokens", count=figures.count(kept["tokensSaved"]))
        Stat(say("analytics.saved")).show(figures.dollars(kept["savedUsd"]), tokens)
        stored = say("cached.stored", count=figures.count(kept["dbSize"]))
        Stat(say("cached.held")).show(figures.count(kept["memorySize"]), stored)
        replays = say("cached.replays", count=figures.count(keys["replays"]))
        Stat(say("cached.keys")).show(figures.count(keys["activeKeys"]), replays)
        would = say("cached.would", amount=figures.dollars(like["wouldHaveSavedUsd"]))
        Stat(say("cached.matches")).show(figures.count(like["matches"]), would)

"""What is under way and how it went lately, for each account and each target of a combo: what strategies go by.

All of it is in memory and costs a few operations a request. Plans hold on to the figures themselves, so that no
request looks them up. Times are `time.perf_counter` seconds.
"""

from collections.abc import Collection, Mapping

from omniroute.routing.strategies import peak_latency, strain


class Load:
    """One account, or one target of a combo."""

    __slots__ = (
        "begun",
        "failures",
        "in_flight",
        "last_status",
        "latency_s",
        "latency_sum_s",
        "requests",
        "seen_at",
        "successes",
        "used_at",
    )

    def __init__(self) -> None:
        self.in_flight = 0
        self.begun = 0
        self.latency_s: float | None = None
        self.seen_at = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget what operators are shown; what strategies go by stays."""
        self.requests = 0
        self.successes = 0
        self.failures = 0
        self.latency_sum_s = 0.0
        self.last_status: str | None = None
        self.used_at: float | None = None

    def begin(self, now: float) -> None:
        """A try begins."""
        self.in_flight += 1
        self.begun += 1
        self.requests += 1
        self.used_at = now

    def end(self) -> None:
        """The try is over, however it ended."""
        self.in_flight -= 1

    def answered(self, now: float, latency_s: float) -> None:
        """The try was answered, or its stream has begun."""
        self.successes += 1
        self.latency_sum_s += latency_s
        self.last_status = "ok"
        self._saw(now, latency_s)

    def failed(self, now: float, latency_s: float, status: str) -> None:
        """The try failed. A quick failure must not look like a quick answer, so only slowness is learned from it."""
        self.failures += 1
        self.latency_sum_s += latency_s
        self.last_status = status
        if self.latency_s is not None and latency_s > self.latency_s:
            self._saw(now, latency_s)

    def _saw(self, now: float, latency_s: float) -> None:
        self.latency_s = peak_latency(self.latency_s, now - self.seen_at, latency_s)
        self.seen_at = now

    def strain(self, now: float) -> float:
        """Return how long an answer might take."""
        return strain(self.latency_s, now - self.seen_at, self.in_flight)


class Scope:
    """One group that is chosen from: whose turn it is, which member answered last, and its sums."""

    __slots__ = ("fallbacks", "last_good", "loads", "requests", "successes", "total_s", "turn", "used_at")

    def __init__(self) -> None:
        self.loads: dict[str, Load] = {}
        self.turn = 0
        self.last_good: Load | None = None
        self.reset()

    def reset(self) -> None:
        """Forget what operators are shown, of the members too."""
        self.requests = 0
        self.successes = 0
        self.fallbacks = 0
        self.total_s = 0.0
        self.used_at: float | None = None
        for load in self.loads.values():
            load.reset()

    def load(self, key: str) -> Load:
        """Return a member's figures."""
        found = self.loads.get(key)
        if found is None:
            found = self.loads[key] = Load()
        return found

    def finished(self, now: float, took_s: float, *, answered: bool, tries: int) -> None:
        """A request to this group was answered or given up, after so many tries."""
        self.requests += 1
        self.used_at = now
        self.total_s += took_s
        if answered:
            self.successes += 1
            self.fallbacks += tries > 1


class Traffic:
    """All figures of a process. What they are about comes from the configuration, so that they stay few."""

    def __init__(self) -> None:
        self._combos: dict[str, Scope] = {}
        self._providers: dict[tuple[str, ...], Scope] = {}
        self._accounts: dict[str, Load] = {}

    def combo(self, combo_id: str) -> Scope:
        """Return a combo's figures."""
        return self._combos.setdefault(combo_id, Scope())

    def providers(self, provider_ids: tuple[str, ...]) -> Scope:
        """Return the figures of a choice among the accounts of these providers."""
        return self._providers.setdefault(provider_ids, Scope())

    def account(self, connection_id: str) -> Load:
        """Return an account's figures."""
        return self._accounts.setdefault(connection_id, Load())

    def retain(
        self, *, combos: Mapping[str, Collection[str]], providers: Collection[str], accounts: Collection[str]
    ) -> None:
        """Forget all but these (combos with their members): the rest is gone from the configuration."""
        self._combos = {one: scope for one, scope in self._combos.items() if one in combos}
        for combo_id, scope in self._combos.items():
            scope.loads = {key: load for key, load in scope.loads.items() if key in combos[combo_id]}
        self._accounts = {one: load for one, load in self._accounts.items() if one in accounts}
        self._providers = {ids: scope for ids, scope in self._providers.items() if all(one in providers for one in ids)}

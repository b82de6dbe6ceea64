"""What each live feed tells of the picture. A source remembers what it has not told yet; it belongs to one channel."""

from collections.abc import Iterable, Mapping, Sequence

from omniroute.services.live_picture import Picture, Sorted, Who, usd
from omniroute.services.live_values import (
    Change,
    ConfigurationNews,
    Grouping,
    LiveRequest,
    Percentiles,
    ProviderTelemetry,
    RequestFilter,
    RequestNews,
    SessionNews,
    Sum,
    TelemetryNews,
    UsageGroup,
    UsageNews,
)
from omniroute.services.moments import moment
from omniroute.state.rolling import Sums
from omniroute.state.sketch import Sketch

MOST_TOLD = 1_000  # requests in one message; more than that nobody reads
_POSITIONS = {Grouping.KEY: 0, Grouping.PROVIDER: 1, Grouping.CONNECTION: 2, Grouping.MODEL: 3}


class RequestSource:
    """Requests that begin and end."""

    is_delta = False

    def __init__(self, picture: Picture, wanted: RequestFilter) -> None:
        self._picture = picture
        self._wanted = wanted
        self._waiting: list[LiveRequest] = []
        self._missed = 0

    def note(self, picture: Picture) -> None:
        """Collect what is new."""
        self._missed += picture.lost
        self._waiting += self._fitting(picture.new_requests)
        over = len(self._waiting) - MOST_TOLD
        if over > 0:
            del self._waiting[:over]
            self._missed += over

    def snapshot(self) -> RequestNews:
        """Return the newest requests, and those under way."""
        running = [told for told, _ in self._picture.open.values()]
        return RequestNews(snapshot=True, requests=tuple(self._fitting([*self._picture.recent, *running])[-MOST_TOLD:]))

    def news(self) -> RequestNews | None:
        """Return what was collected."""
        if not self._waiting and not self._missed:
            return None
        told, missed = tuple(self._waiting), self._missed
        self._waiting, self._missed = [], 0
        return RequestNews(snapshot=False, missed=missed, requests=told)

    def weight(self, value: RequestNews) -> int:
        """Count the requests."""
        return len(value.requests) + value.missed

    def _fitting(self, requests: Sequence[LiveRequest]) -> Sequence[LiveRequest]:
        return requests if self._wanted == RequestFilter() else [one for one in requests if _fits(self._wanted, one)]


def _fits(wanted: RequestFilter, one: LiveRequest) -> bool:
    return (
        (wanted.key_id is None or wanted.key_id == one.key_id)
        and (wanted.model is None or wanted.model == one.model)
        and (wanted.provider is None or wanted.provider == one.provider)
        and (wanted.statuses is None or one.status in wanted.statuses)
    )


class SessionSource:
    """Sessions that change."""

    is_delta = True

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._changed: set[Who] = set()
        self._ended: list[str] = []

    def note(self, picture: Picture) -> None:
        """Collect who did something."""
        self._changed |= picture.touched
        self._ended += picture.ended

    def snapshot(self) -> SessionNews:
        """Return all sessions."""
        return SessionNews(snapshot=True, sessions=tuple(one.shown() for one in self._picture.sessions.values()))

    def news(self) -> SessionNews | None:
        """Return those that changed."""
        if not self._changed and not self._ended:
            return None
        found = (self._picture.sessions.get(who) for who in self._changed)
        told = SessionNews(
            snapshot=False, sessions=tuple(one.shown() for one in found if one), ended=tuple(self._ended)
        )
        self._changed, self._ended = set(), []
        return told

    def weight(self, value: SessionNews) -> int:
        """Count the sessions."""
        return len(value.sessions) + len(value.ended)


class UsageSource:
    """Sums of a window."""

    is_delta = False

    def __init__(self, picture: Picture, window_s: int, by: Grouping) -> None:
        self._picture = picture
        self._window_s = window_s
        self._position = _POSITIONS[by]
        self._last: Mapping[str, int] | None = None

    def note(self, picture: Picture) -> None:
        """Nothing to collect: the picture has the sums."""

    def snapshot(self) -> UsageNews:
        """Return the sums."""
        return self._told(self._picture.rolling.within(self._window_s, self._picture.now_s()), snapshot=True)

    def news(self) -> UsageNews | None:
        """Return the sums, unless nothing was used before and nothing is now."""
        sums = self._picture.rolling.within(self._window_s, self._picture.now_s())
        counts = {repr(key): one.requests for key, one in sums.items()}
        if counts == self._last:
            return None
        self._last = counts
        return self._told(sums, snapshot=False)

    def weight(self, _value: UsageNews) -> int:
        """Count the message."""
        return 1

    def _told(self, sums: Mapping[Sorted, Sums], *, snapshot: bool) -> UsageNews:
        groups: dict[str, Sums] = {}
        for key, one in sums.items():
            groups.setdefault(key[self._position], Sums()).add(one)
        ordered = sorted(groups.items(), key=lambda item: -item[1].requests)
        return UsageNews(
            snapshot=snapshot,
            at=moment(self._picture.clock.now_ms()),
            window_seconds=self._window_s,
            covered_seconds=_covered(self._picture, self._window_s),
            total=_sum(added(sums.values())),
            groups=tuple(UsageGroup(name=name, sum=_sum(one)) for name, one in ordered),
        )


class TelemetrySource:
    """How answers come."""

    is_delta = False

    def __init__(self, picture: Picture, window_s: int) -> None:
        self._picture = picture
        self._window_s = window_s
        self._was_idle = False

    def note(self, picture: Picture) -> None:
        """Nothing to collect: the picture has the sums."""

    def snapshot(self) -> TelemetryNews:
        """Return the figures."""
        return self._told(snapshot=True)

    def news(self) -> TelemetryNews | None:
        """Return the figures; when nothing goes on that is told once."""
        told = self._told(snapshot=False)
        is_idle = told.latency.count == 0 and told.in_flight == 0
        was_idle, self._was_idle = self._was_idle, is_idle
        return None if is_idle and was_idle else told

    def weight(self, _value: TelemetryNews) -> int:
        """Count the message."""
        return 1

    def _told(self, *, snapshot: bool) -> TelemetryNews:
        picture, window = self._picture, self._window_s
        sums = picture.rolling.within(window, picture.now_s())
        total = added(sums.values())
        covered = _covered(picture, window)
        providers: dict[str, Sums] = {}
        for (_, provider, _, _), one in sums.items():
            providers.setdefault(provider, Sums()).add(one)
        return TelemetryNews(
            snapshot=snapshot,
            at=moment(picture.clock.now_ms()),
            window_seconds=window,
            covered_seconds=covered,
            in_flight=len(picture.open),
            requests_per_second=round(total.requests / covered, 3),
            failure_rate=round(total.failures / total.requests, 4) if total.requests else 0.0,
            output_tokens_per_second=round(total.output_tokens / covered, 3),
            latency=_percentiles(total.latency),
            first_token=_percentiles(total.first),
            providers=tuple(_provider(name, one) for name, one in sorted(providers.items()) if name),
        )


class ConfigurationSource:
    """What operators change."""

    is_delta = False

    def __init__(self, _picture: Picture) -> None:
        self._waiting: list[Change] = []

    def note(self, picture: Picture) -> None:
        """Collect what is new."""
        self._waiting += picture.new_changes

    def snapshot(self) -> ConfigurationNews:
        """There is nothing to tell before something changes."""
        return ConfigurationNews(snapshot=True, changes=())

    def news(self) -> ConfigurationNews | None:
        """Return what was collected."""
        if not self._waiting:
            return None
        told, self._waiting = tuple(self._waiting), []
        return ConfigurationNews(snapshot=False, changes=told)

    def weight(self, value: ConfigurationNews) -> int:
        """Count the changes."""
        return len(value.changes)


def added(all_sums: Iterable[Sums]) -> Sums:
    """Return all sums together."""
    total = Sums()
    for one in all_sums:
        total.add(one)
    return total


def _covered(picture: Picture, window_s: int) -> int:
    """Return for how much of the window anything is known, in whole seconds, at least one."""
    return max(1, min(window_s, (picture.clock.now_ms() - picture.covered_since) // 1000))


def _sum(sums: Sums) -> Sum:
    return Sum(
        requests=sums.requests,
        failures=sums.failures,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        cost_usd=usd(sums.cost_nano),
    )


def _percentiles(sketch: Sketch) -> Percentiles:
    p50, p95, p99 = sketch.quantiles((0.5, 0.95, 0.99))
    return Percentiles(p50=_ms(p50), p95=_ms(p95), p99=_ms(p99), count=sketch.count)


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _provider(name: str, sums: Sums) -> ProviderTelemetry:
    return ProviderTelemetry(
        provider=name,
        requests=sums.requests,
        failures=sums.failures,
        latency=_percentiles(sums.latency),
        first_token=_percentiles(sums.first),
    )

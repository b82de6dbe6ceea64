"""One request's walk over its targets: what became of each try so far, and what follows from a failure."""

import random
import time

from omniroute.formats.events import Fault
from omniroute.formats.hub import Usage
from omniroute.gateway.call import Call
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.cooling import FREELY, Cooling, Permit
from omniroute.gateway.decision import Ask
from omniroute.gateway.snapshot import Plan, Route, Target
from omniroute.gateway.telling import AllFailed, Refusal, client_fault, summary
from omniroute.gateway.trial import Trial, attempt_row, begin, cancelled_row, end
from omniroute.state.limits import Refused
from omniroute.upstream.failures import Failure, FailureKind

# A target that asks for more than this is not waited for: the client hears of it, and can decide.
MOST_RETRY_WAIT_S = 10.0


class Walk:
    """What is known of one request's tries."""

    __slots__ = ("_chooser", "_cooling", "_failures", "ask", "call", "plan", "refused", "tries")

    def __init__(self, call: Call, plan: Plan, ask: Ask, *, cooling: Cooling, chooser: Chooser) -> None:
        self.call = call
        self.plan = plan
        self.ask = ask
        self.tries = 0
        self.refused: Refused | None = None  # the limit by which a target was passed over last
        self._cooling = cooling
        self._chooser = chooser
        self._failures: list[tuple[Target, Failure]] = []

    def begin(self, route: Route, target: Target, permit: Permit) -> Trial:
        """Begin a try."""
        self.tries += 1
        self.call.trying = target
        return begin(route, self.ask, target, permit)

    def passed_over(self, refused: Refused, permit: Permit) -> None:
        """Note that a target had no room."""
        self.refused = refused
        self._cooling.release(permit)

    def end(self, trial: Trial, *, answered: bool) -> None:
        """End a try; the probe of one that told nothing is given back."""
        end(trial)
        if trial.permit and not answered:
            self.release(trial)

    def release(self, trial: Trial) -> None:
        """Give a try's probe back."""
        self._cooling.release(trial.permit)
        trial.permit = FREELY

    def delay(self, trial: Trial, failure: Failure, retried: int) -> float | None:
        """Return after how many seconds to try the same target again, None for not at all."""
        if not failure.rule.again:
            return None
        limits, profile = self.plan.limits, trial.target.profile
        most = profile.max_retries if limits.max_retries is None else limits.max_retries
        if retried >= most or (limits.max_attempts is not None and self.tries >= limits.max_attempts):
            return None
        delay_ms = profile.retry_delay if limits.retry_delay_ms is None else limits.retry_delay_ms
        spread = random.uniform(0.5, 1.5)  # noqa: S311 - so that not all come back at once
        wait_s = min(delay_ms / 1000 * 2**retried * spread, MOST_RETRY_WAIT_S)
        if failure.retry_after_s is not None:
            wait_s = max(wait_s, failure.retry_after_s)
        return wait_s if wait_s <= MOST_RETRY_WAIT_S and self.call.has_time_for(wait_s) else None

    def noted(self, trial: Trial, failure: Failure) -> None:
        """Note a failed try."""
        now = time.perf_counter()
        self.call.tried(attempt_row(self.call, trial, failure=failure))
        for _, load in trial.route.steps:
            load.failed(now, now - trial.began, failure.kind.value)
        self._failures.append((trial.target, failure))

    def failed(self, trial: Trial, failure: Failure) -> None:
        """Note the last try at a target; raise AllFailed at once when no other target could do better."""
        self.noted(trial, failure)
        # A target that the request's own time cut short may be as good as ever.
        if not (self.call.is_late() and failure.kind is FailureKind.TIMEOUT):
            took_s = time.perf_counter() - trial.began
            self._cooling.failed(trial.target, failure, took_s=took_s, permit=trial.permit)
            trial.permit = FREELY
        if not failure.rule.try_next:
            self.call.target = trial.target
            raise AllFailed(client_fault(failure))

    def answered(self, trial: Trial) -> None:
        """Note the try that answered. A request with one try that did needs no row for it."""
        call, now = self.call, time.perf_counter()
        call.target = trial.target
        if call.attempts:
            call.tried(attempt_row(call, trial, failure=None))
        for _, load in trial.route.steps:
            load.answered(now, now - trial.began)
        self._chooser.answered(trial.route, trial.ask)
        self._cooling.succeeded(trial.target, took_s=now - trial.began, permit=trial.permit)
        trial.permit = FREELY

    def overtaken(self, trial: Trial, why: str | None, usage: Usage | None) -> None:
        """Note a try that was given up, if there is anything to tell; it says nothing against its target."""
        if why is not None or usage is not None:
            self.call.tried(cancelled_row(self.call, trial, why or "the request ended", usage))
        if trial.permit:
            self.release(trial)

    def refusals(self) -> list[Refusal]:
        """Return the targets that are left alone for now."""
        return self._cooling.refusals([route.target for route in self.plan.routes])

    def told(self) -> Fault:
        """Return what the client hears when none answered."""
        return summary(self.call, self._failures, self.refusals())

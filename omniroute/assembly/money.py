"""Builds what limits and budgets are counted with."""

import time

from omniroute.assembly.stores import Stores
from omniroute.gateway.admission import Admission, Counters, warning
from omniroute.gateway.books import Books
from omniroute.gateway.journal import Journal
from omniroute.gateway.queue import Queue
from omniroute.gateway.record import Recorder
from omniroute.gateway.rooms import Rooms
from omniroute.gateway.terms import EVERYONE
from omniroute.kit.clock import Clock
from omniroute.kit.settings import Settings
from omniroute.services.limits import LimitsStatus
from omniroute.state.bus import Bus
from omniroute.state.ledger import MemoryLedger
from omniroute.state.limits import MemoryLimiter


class Money:
    """Limits and budgets of one process; `recorder` stores what calls cost."""

    def __init__(self, settings: Settings, stores: Stores, recorder: Recorder, *, clock: Clock, bus: Bus) -> None:
        self._clock = clock
        self._bus = bus
        self._limiter = MemoryLimiter()
        self._queue = Queue()
        self.ledger = MemoryLedger()
        self.journal = Journal(settings.data_dir / "journal")
        self.rooms = Rooms(self._limiter, self._queue)
        self.books = Books(
            budgets=stores.budgets,
            usage=stores.usage,
            recorder=recorder,
            journal=self.journal,
            ledger=self.ledger,
            clock=clock,
        )
        self.admission = Admission(
            Counters(limiter=self._limiter, ledger=self.ledger, journal=self.journal),
            self.rooms,
            self._queue,
            bus=bus,
            clock=clock,
            longest_s=settings.total_timeout_s,
        )
        recorder.tell(self.journal.stored)

    async def status(self) -> LimitsStatus:
        """Tell what goes through now."""
        meter = await self._limiter.meter(EVERYONE, time.monotonic())
        return LimitsStatus(
            requests_last_minute=meter.requests.total,
            tokens_last_minute=meter.tokens.total,
            in_flight=meter.open,
            waiting=len(self._queue),
        )

    @property
    def waiting(self) -> int:
        """How many calls wait for a limit."""
        return len(self._queue)

    def adjust(self, key_id: str, began_ms: int, cost_nano: int) -> None:
        """Change what calls that were settled before have cost."""
        for warned in self.ledger.adjust(key_id, began_ms, cost_nano):
            self._bus.publish(warning(warned))

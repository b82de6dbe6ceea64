"""The way in for what runs in the same process, as the dashboard does: the same schema and limits, no network."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from omniroute.edge.admission import Caller
from omniroute.graphql.admitted import Check, Seats, until_refused
from omniroute.graphql.context import Context
from omniroute.graphql.engine import Asking, Engine
from omniroute.kit.ids import new_id
from omniroute.kit.json import JsonObject, loads
from omniroute.services.collection import Services
from omniroute.services.login import Visitor


class Door:
    """Runs operations for an operator who was admitted elsewhere."""

    def __init__(self, services: Services, engine: Engine, subscriptions: Seats) -> None:
        self._services = services
        self._engine = engine
        self._subscriptions = subscriptions

    async def execute(self, document: str, variables: Mapping[str, Any], visitor: Visitor) -> JsonObject:
        """Run a query or mutation; return the response with `data`, `errors` or both."""
        return await self._engine.execute(Asking(document=document, variables=variables), self._context(visitor))

    async def subscribe(
        self, document: str, variables: Mapping[str, Any], visitor: Visitor, check: Check
    ) -> AsyncGenerator[JsonObject, None]:
        """Run a subscription; give responses until it ends, and raise what `check` raises when the caller must go.

        Raise Rejected when it cannot begin, and TooMany when the caller has too many.
        """
        context = self._context(visitor)
        with self._subscriptions.taken(context.caller.name):
            stream = self._engine.stream(Asking(document=document, variables=variables), context)
            async with aclosing(until_refused(stream, self._services, check)) as bodies:
                async for body in bodies:
                    if body is not None:
                        answer: JsonObject = loads(body)
                        yield answer

    def _context(self, visitor: Visitor) -> Context:
        caller = Caller(operator=visitor.operator)
        return Context(
            services=self._services, caller=caller, visitor=visitor, request_id=new_id("req"), surface="dashboard"
        )

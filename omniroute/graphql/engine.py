"""Runs operations: parsed once, checked against the limits, executed within a time, with errors fit to be heard.

HTTP, the sockets and the dashboard all come here. A live event is executed once for each different subscription
document, however many subscribers share it: they get the same result.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute,
    execute_subscription_event,
    get_operation_ast,
    parse,
    validate,
)

from omniroute.graphql.context import Context
from omniroute.graphql.errors import Wrong, masked
from omniroute.graphql.limits import MOST_TOKENS, check_cost, check_extent
from omniroute.graphql.projection import Make, project
from omniroute.kit.errors import Invalid, NotAllowed, OmniError, Unavailable
from omniroute.kit.json import JsonObject, dumps
from omniroute.services.feeds import Tick

_MOST_KNOWN = 200
LONGEST_S = 60.0
ONCE = frozenset({OperationType.QUERY, OperationType.MUTATION})
READING = frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION})
_IMPOSSIBLE = {
    OperationType.QUERY: "queries are not possible this way",
    OperationType.MUTATION: "mutations are possible by POST only",
    OperationType.SUBSCRIPTION: "a subscription needs a websocket, or Accept: text/event-stream",
}


class Rejected(Exception):
    """The operation did not begin; `errors` are as they are sent."""

    def __init__(self, errors: list[JsonObject]) -> None:
        super().__init__("the operation was refused")
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One operation as it came in."""

    document: str
    variables: Mapping[str, Any]
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Prepared:
    document: DocumentNode
    operation: OperationDefinitionNode
    project: Make | None = None


class Engine:
    """One schema, and the documents it has seen lately."""

    def __init__(self, schema: GraphQLSchema, *, longest_s: float = LONGEST_S) -> None:
        self.schema = schema
        self.longest_s = longest_s
        self._known: OrderedDict[tuple[str, str | None], _Prepared] = OrderedDict()

    async def execute(self, asking: Asking, context: Context, allowed: Collection[OperationType] = ONCE) -> JsonObject:
        """Run a query or mutation and return the response, whatever went wrong."""
        try:
            prepared = self._checked(asking, allowed)
        except (OmniError, Wrong) as error:
            return {"errors": masked([error], context.request_id)}
        return await self._executed(prepared, asking, context)

    async def stream(
        self, asking: Asking, context: Context, allowed: Collection[OperationType] = READING
    ) -> AsyncGenerator[bytes, None]:
        """Run an operation and give its responses as JSON: one, or of a subscription one an event.

        Raise Rejected when it cannot even begin.
        """
        try:
            prepared = self._checked(asking, allowed)
        except (OmniError, Wrong) as error:
            raise Rejected(masked([error], context.request_id)) from None
        if prepared.operation.operation is not OperationType.SUBSCRIPTION:
            yield dumps(await self._executed(prepared, asking, context))
            return
        executor = Executor.build(
            self.schema,
            prepared.document,
            context_value=context,
            raw_variable_values=dict(asking.variables),
            operation_name=asking.operation,
        )
        if isinstance(executor, list):
            raise Rejected(masked(executor, context.request_id))
        source: Any = create_source_event_stream(executor)
        if asyncio.iscoroutine(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise Rejected(masked(source.errors or (), context.request_id))
        answers = _Answers(asking, prepared, executor, context.request_id)
        async with aclosing(source):
            async for tick in source:
                yield await answers.to(tick)

    async def _executed(self, prepared: _Prepared, asking: Asking, context: Context) -> JsonObject:
        try:
            async with asyncio.timeout(self.longest_s):
                result = execute(
                    self.schema,
                    prepared.document,
                    context_value=context,
                    variable_values=dict(asking.variables),
                    operation_name=asking.operation,
                )
                if not isinstance(result, ExecutionResult):
                    result = await result
        except TimeoutError:
            late = Unavailable(f"the operation took longer than {self.longest_s:g} s", code="timeout")
            return {"errors": masked([late], context.request_id)}
        return written(result, context.request_id)

    def _checked(self, asking: Asking, allowed: Collection[OperationType]) -> _Prepared:
        prepared = self._prepared(asking)
        if prepared.operation.operation not in allowed:
            raise NotAllowed(_IMPOSSIBLE[prepared.operation.operation])
        check_cost(self.schema, prepared.document, prepared.operation, asking.variables)
        return prepared

    def _prepared(self, asking: Asking) -> _Prepared:
        key = (asking.document, asking.operation)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._prepare(asking)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found

    def _prepare(self, asking: Asking) -> _Prepared:
        try:
            document = parse(asking.document, max_tokens=MOST_TOKENS)
        except GraphQLError as error:
            raise Wrong([error]) from None
        except RecursionError:
            raise Invalid("the document is nested too deeply", code="too_deep") from None
        check_extent(document)
        faults = validate(self.schema, document, max_errors=20)
        if faults:
            raise Wrong(faults)
        operation = get_operation_ast(document, asking.operation)
        if operation is None:
            raise Invalid("say which of the document's operations to run: operationName", code="no_operation")
        is_live = operation.operation is OperationType.SUBSCRIPTION
        live = project(self.schema, document, operation) if is_live else None
        return _Prepared(document=document, operation=operation, project=live)


class _Answers:
    """What one subscription answers to a feed's messages: made once for all who asked the same."""

    def __init__(self, asking: Asking, prepared: _Prepared, executor: Executor[Any], request_id: str) -> None:
        self._shared = (asking.document, asking.operation, dumps(asking.variables))
        self._project = prepared.project
        self._executor = executor
        self._request_id = request_id

    async def to(self, tick: Tick[Any]) -> bytes:
        """Return the answer to one message."""
        found = tick.answers.get(self._shared)
        if found is None:
            found = tick.answers[self._shared] = dumps(await self._made(tick.value))
        return found

    async def _made(self, value: Any) -> JsonObject:
        if self._project is not None:
            return {"data": self._project(value)}
        result: Any = execute_subscription_event(self._executor.build_per_event_executor(value))
        return written(result if isinstance(result, ExecutionResult) else await result, self._request_id)


def written(result: ExecutionResult, request_id: str) -> JsonObject:
    """Return a result as it is sent."""
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": masked(result.errors, request_id)}

"""The audit log: who did what, whether the log is whole, and a feed of new entries."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry
from strawberry.scalars import JSON

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.pages import PAGE, After, First, Page, checked, page
from omniroute.graphql.subscribing import feed
from omniroute.graphql.types import Shown, asked, expose
from omniroute.services.audit import AuditEntry, AuditNews, AuditQuery, AuditVerdict

expose(
    AuditEntry,
    "AuditEntry",
    "Something that was done, or refused.",
    id=Shown(words="Its number; the next entry has the next one.", kind=strawberry.ID, read=str),
    timestamp="When that was.",
    action="What was done: a table and what became of a row, such as `connections.update`, or an operation.",
    target="The id or name of what it was done to.",
    outcome="`ok`, `refused` or `failed`.",
    details="Why it was refused or failed, or more about it.",
    actor="Who did it, by name.",
    actor_id=Shown(words="The id of the key or session.", kind=strawberry.ID | None),
    actor_kind="What the actor is: session, key, local, nobody, command, job or system.",
    surface="The way in: rest, graphql, dashboard, command, job or system.",
    operation="The operation or command by which it was done.",
    ip_address="Where it came from.",
    request_id="The id of the request.",
    before=Shown(words="The fields that differ, as they were; secrets are left out.", kind=JSON | None),
    after=Shown(words="The fields that differ, as they are; secrets are left out.", kind=JSON | None),
    hash="What binds this entry to all before it, in hexadecimal.",
)
expose(
    AuditVerdict,
    "AuditVerdict",
    "What checking the audit log found.",
    ok="Whether nothing was changed, removed or moved.",
    rows="How many rows were read.",
    faults=Shown(words="What is wrong, for people: the first twenty.", kind=list[str], read=list),
)
expose(
    AuditNews,
    "AuditNews",
    snapshot="Whether this is the first message, with the newest entries.",
    missed="How many things were dropped since the last message; here always 0.",
    entries="The entries, the oldest first.",
)
accept(
    AuditQuery,
    "AuditFilter",
    "Which entries; what is left out does not matter.",
    action="What was done, in full.",
    actor="Who did it: a name or an id.",
    target="What it was done to, in full.",
    outcome="`ok`, `refused` or `failed`.",
    surface="The way in: rest, graphql, dashboard, command, job or system.",
    since="From when on.",
    until="Before when.",
)


@strawberry.type
class Query:
    """The audit log."""

    @asked("What was done and what was refused, the newest first.")
    async def audit_log(
        self, info: Asked, first: First = PAGE, after: After = None, filter: AuditQuery | None = None
    ) -> Page[AuditEntry]:
        found = await services_of(info).audit.page(checked(first) + 1, filter or AuditQuery(), after)
        return page(found, first, after, lambda one: str(one.id))

    @asked("Whether the audit log is whole: it is read from end to end.")
    async def audit_verdict(self, info: Asked) -> AuditVerdict:
        return await services_of(info).audit.verify()


@strawberry.type
class Subscription:
    """The feed of the audit log."""

    @feed("What is done and what is refused, as it happens.", AuditNews)
    async def audit_feed(self, info: Asked) -> AsyncGenerator[Any, None]:
        return services_of(info).audit.follow()

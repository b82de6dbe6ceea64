"""Synchronisation of the configuration between instances, through one object at a remote that an operator names.

Each sync merges three ways: what both had in common last, what is here, what lies there. It writes there only over the
version that it read, and changes here only what it read, in one transaction; otherwise it begins anew. What was changed
on both sides is a conflict: each side keeps its own until an operator chooses.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import structlog

from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, NotFound, OmniError, Outdated, Unprocessable
from omniroute.kit.events import EVERYTHING, ConfigurationChanged
from omniroute.routing.merging import Clash, Merged, Objects, Side, merge, settled
from omniroute.services.changes import Changed
from omniroute.services.moments import moment, moment_or_none
from omniroute.services.rules import credential, fault, line, optional_line
from omniroute.services.sync_document import Document, changed, read, write
from omniroute.services.sync_values import SyncAction, SyncConflict, SyncDone, SyncDraft, SyncStatus
from omniroute.services.upstreams import CheckUrl
from omniroute.storage.configured import Configured, kind_and_name, masked
from omniroute.storage.encryption import require_passphrase
from omniroute.storage.sync import RemoteRow, SyncRemotes
from omniroute.upstream.remotes import Remote, RemoteKind, Remotes, Stored

log = structlog.get_logger(__name__)

_TRIES = 6
_LONGEST_URL = 2_000
_LONGEST_NAME = 256
_LONGEST_REGION = 64
# What reading a configuration raises that no version of ours wrote.
_UNREADABLE = (OmniError, ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Both sides at one moment, and what they come to."""

    ours: Objects
    stored: Stored | None
    document: Document | None
    merged: Merged

    @property
    def theirs(self) -> Objects:
        return {} if self.document is None else self.document.objects


class Sync:
    """One remote, or none. `proxy_of` says by which proxy an address is reached."""

    def __init__(
        self,
        *,
        rows: SyncRemotes,
        configured: Configured,
        remotes: Remotes,
        check_url: CheckUrl,
        proxy_of: Callable[[str], str | None],
        version: str,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._configured = configured
        self._remotes = remotes
        self._check_url = check_url
        self._proxy_of = proxy_of
        self._version = version
        self._clock = clock
        self._changed = changed
        self._turn = asyncio.Lock()
        self._conflicts: int | None = None

    async def status(self) -> SyncStatus:
        """Return how it stands, without asking the remote."""
        row = await self._rows.get()
        if row is None:
            return SyncStatus(initialized=False, enabled=False, connected=False)
        return SyncStatus(
            initialized=True,
            enabled=row.is_enabled,
            connected=row.is_enabled and row.synced_at is not None and row.error is None,
            kind=RemoteKind(row.kind),
            url=row.url,
            local=row.is_local,
            username=row.username,
            region=row.region,
            revision=row.revision,
            last_sync=moment_or_none(row.synced_at),
            last_error=row.error,
            conflicts=self._conflicts,
        )

    async def initialize(self, draft: SyncDraft) -> SyncStatus:
        """Name the remote, once it was seen to work; nothing is stored otherwise.

        Raises Unprocessable on a bad value or a wrong passphrase, UpstreamFailed when the remote cannot be used.
        """
        async with self._turn:
            old, row = await self._rows.get(), self._checked(draft)
            if old is not None and (old.kind, old.url) == (row.kind, row.url):
                row = replace(
                    row, base=old.base, version=old.version, revision=old.revision, synced_at=old.synced_at,
                    is_enabled=old.is_enabled, created_at=old.created_at,
                )  # fmt: skip
            elif old is not None and old.is_enabled:
                raise Conflict("sync is enabled with another remote: disable it first", code="sync_enabled")
            remote = self._remote(row)
            await self._remotes.probe(remote)
            stored = await self._remotes.get(remote)
            if stored is not None:
                await asyncio.to_thread(read, stored.data, row.passphrase)
            await self._rows.put(row)
        return await self.status()

    def _checked(self, draft: SyncDraft) -> RemoteRow:
        url = line(draft.url, "url", most=_LONGEST_URL).rstrip("/")
        try:
            self._check_url(url, draft.local)
        except Unprocessable as error:
            raise fault("url", error.message) from error
        row = RemoteRow(
            kind=draft.kind.value,
            url=url,
            is_local=draft.local,
            username=optional_line(draft.username, "username", most=_LONGEST_NAME),
            region=optional_line(draft.region, "region", most=_LONGEST_REGION),
            credential=credential(draft.credential, "credential"),
            passphrase=require_passphrase(draft.passphrase),
            created_at=self._clock.now_ms(),
            updated_at=self._clock.now_ms(),
        )
        if draft.kind is RemoteKind.S3 and (row.username is None or row.credential is None):
            raise fault("credential", "S3 needs the access key id as username and the secret key as credential")
        if draft.kind is RemoteKind.OMNIROUTE and row.credential is None:
            raise fault("credential", "another gateway needs a key with the scope admin as credential")
        return row

    def _remote(self, row: RemoteRow) -> Remote:
        return Remote(
            kind=RemoteKind(row.kind),
            url=row.url,
            local=row.is_local,
            username=row.username,
            credential=row.credential,
            region=row.region,
            proxy=self._proxy_of(row.url),
        )

    async def act(self, action: SyncAction, *, forget: bool = False) -> SyncDone:
        """Enable (after a first sync that worked), sync now, or disable; `forget` removes the remote's copy as well.

        Raises Conflict where there is nothing to do it with, and what the remote does wrong.
        """
        async with self._turn:
            row = await self._required()
            match action:
                case SyncAction.ENABLE:
                    return await self._synced(row, action, "sync is enabled")
                case SyncAction.SYNC:
                    if not row.is_enabled:
                        raise Conflict("sync is not enabled: enable it first", code="sync_disabled")
                    return await self._synced(row, action, "synced")
                case SyncAction.DISABLE:
                    return await self._disabled(row, forget=forget)

    async def _required(self) -> RemoteRow:
        row = await self._rows.get()
        if row is None:
            raise Conflict("no remote is named yet: POST /api/sync/initialize does", code="not_initialized")
        return row

    async def _disabled(self, row: RemoteRow, *, forget: bool) -> SyncDone:
        if forget:
            await self._remotes.delete(self._remote(row))
            await self._rows.remove()
        else:
            await self._rows.put(replace(row, is_enabled=False, updated_at=self._clock.now_ms()))
        self._conflicts = None
        return SyncDone(
            action=SyncAction.DISABLE, message="sync is disabled", changed_here=0, changed_there=0, conflicts=0,
            revision=row.revision,
        )  # fmt: skip

    async def _synced(self, row: RemoteRow, action: SyncAction, message: str) -> SyncDone:
        """Sync and remember how it went; begin anew when somebody else was quicker."""
        try:
            for _ in range(_TRIES):
                try:
                    return await self._once(row, action, message)
                except Outdated as error:
                    log.info("sync begins anew", reason=error.message)
            raise Conflict("others write to the remote all the time: try again later", code="busy")
        except OmniError as error:
            known = await self._required()
            await self._rows.put(replace(known, error=error.message, updated_at=self._clock.now_ms()))
            raise

    async def _once(self, row: RemoteRow, action: SyncAction, message: str) -> SyncDone:
        look = await self._look(row)
        merged, revision = look.merged, max(row.revision, 0 if look.document is None else look.document.revision)
        version = None if look.stored is None else look.stored.version
        if look.document is None or merged.theirs != look.theirs:
            revision += 1
            data = await asyncio.to_thread(write, self._document(merged.theirs, revision), row.passphrase)
            version = await self._remotes.put(self._remote(row), data, version)
        await self._take(look.ours, merged.ours)
        now = self._clock.now_ms()
        done = replace(row, base=merged.base, version=version, revision=revision, synced_at=now, error=None)
        is_enabled = row.is_enabled or action is SyncAction.ENABLE
        await self._rows.put(replace(done, is_enabled=is_enabled, updated_at=now))
        self._conflicts = len(merged.clashes)
        return SyncDone(
            action=action,
            message=message if not merged.clashes else f"{message}; {len(merged.clashes)} objects are in conflict",
            changed_here=changed(look.ours, merged.ours),
            changed_there=changed(look.theirs, merged.theirs),
            conflicts=len(merged.clashes),
            revision=revision,
        )

    def _document(self, objects: Objects, revision: int) -> Document:
        written_at = moment(self._clock.now_ms()).isoformat().replace("+00:00", "Z")
        made = {name: dict(value) for name, value in objects.items()}
        return Document(revision=revision, version=self._version, written_at=written_at, objects=made)

    async def _look(self, row: RemoteRow) -> _Look:
        """Read both sides and merge, without changing either; raise Conflict when the remote went back in time."""
        stored = await self._remotes.get(self._remote(row))
        document = None if stored is None else await asyncio.to_thread(read, stored.data, row.passphrase)
        if document is None and row.revision:
            raise Conflict(
                "what lay at the remote is gone: disable sync with forget, and initialize it again", code="remote_gone"
            )
        if document is not None and document.revision < row.revision:
            raise Conflict(
                f"the remote has revision {document.revision}, which is older than {row.revision} that was seen there: "
                "somebody put an old copy back. Disable sync with forget, and initialize it again",
                code="older_version",
            )
        ours = await self._configured.read()
        merged = merge(row.base, ours, {} if document is None else document.objects)
        return _Look(ours=ours, stored=stored, document=document, merged=merged)

    async def _take(self, before: Objects, after: Objects) -> None:
        """Change what is here; go back when the gateway cannot read the outcome."""
        if before == after:
            return
        try:
            await self._configured.apply(before, after)
        except Conflict as error:
            raise Outdated(error.message) from error
        try:
            await self._changed(ConfigurationChanged(noun=EVERYTHING))
        except _UNREADABLE as error:
            log.exception("what came from the remote cannot be read: going back")
            await self._configured.apply(await self._configured.read(), before)
            await self._changed(ConfigurationChanged(noun=EVERYTHING))
            raise Unprocessable(f"what lies at the remote cannot be read: {error}", code="bad_remote") from error

    async def conflicts(self) -> tuple[SyncConflict, ...]:
        """Return what was changed both here and elsewhere, as it stands now; raise what the remote does wrong."""
        async with self._turn:
            look = await self._look(await self._required())
        self._conflicts = len(look.merged.clashes)
        return tuple(_shown(one) for one in look.merged.clashes)

    async def resolve(self, name: str, side: Side) -> SyncDone:
        """Choose whose version of an object holds, and sync; raise NotFound for what is not in conflict."""
        async with self._turn:
            row = await self._required()
            look = await self._look(row)
            clash = next((one for one in look.merged.clashes if one.name == name), None)
            if clash is None:
                raise NotFound(f"{name[:200]!r} is not in conflict: see /api/sync/conflicts")
            return await self._synced(replace(row, base=settled(row.base, clash, side)), SyncAction.SYNC, "resolved")

    async def scheduled(self) -> SyncDone | None:
        """Sync where it is enabled; a failure is remembered and told by the status. Fit for a timetable."""
        row = await self._rows.get()
        if row is None or not row.is_enabled:
            return None
        try:
            return await self.act(SyncAction.SYNC)
        except OmniError as error:
            log.warning("the scheduled sync failed", reason=error.message)
            return None


def _shown(clash: Clash) -> SyncConflict:
    return SyncConflict(
        name=clash.name,
        kind=kind_and_name(clash.name)[0],
        base=masked(clash.base),
        ours=masked(clash.ours),
        theirs=masked(clash.theirs),
    )

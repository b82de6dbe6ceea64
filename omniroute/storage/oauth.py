"""OAuth clients that the operator registered, and sign-ins that were begun; their secrets sealed."""

from sqlalchemy import RowMapping, delete, select, update

from omniroute.storage import account_tables
from omniroute.storage.account_rows import OAuthClientRow, OAuthFlowRow
from omniroute.storage.database import Database, insert, upsert
from omniroute.storage.fit import require_fit
from omniroute.storage.secrets import Sealer, place

_CLIENTS = account_tables.oauth_clients
_FLOWS = account_tables.oauth_flows


class OAuthClients:
    """The table `oauth_clients`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def list(self) -> tuple[OAuthClientRow, ...]:
        """Return all, by provider."""
        async with self._database.reading() as connection:
            found = (await connection.execute(select(_CLIENTS).order_by(_CLIENTS.c.id))).mappings().all()
        return tuple(self._read(row) for row in found)

    async def get(self, provider: str) -> OAuthClientRow | None:
        """Return that of one provider, None where there is none."""
        query = select(_CLIENTS).where(_CLIENTS.c.id == provider)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._read(row)

    async def put(self, row: OAuthClientRow) -> None:
        """Store one, over that of the same provider."""
        secret = row.client_secret
        values = require_fit(
            _CLIENTS,
            {
                "id": row.provider,
                "client_id": row.client_id,
                "client_secret_sealed": None if secret is None else self._sealer.seal(secret, _client(row.provider)),
                "endpoints": row.endpoints,
                "updated_at": row.updated_at,
            },
        )
        changed = [name for name in values if name != "id"]
        async with self._database.transaction() as connection:
            await connection.execute(upsert(connection, _CLIENTS, changed), values)

    async def delete(self, provider: str) -> bool:
        """Remove that of one provider; return whether there was one."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(_CLIENTS).where(_CLIENTS.c.id == provider))
        return gone.rowcount > 0

    def _read(self, row: RowMapping) -> OAuthClientRow:
        sealed = row["client_secret_sealed"]
        return OAuthClientRow(
            provider=row["id"],
            client_id=row["client_id"],
            client_secret=None if sealed is None else self._sealer.open(sealed, _client(row["id"])),
            endpoints=row["endpoints"],
            updated_at=row["updated_at"],
        )


class OAuthFlows:
    """The table `oauth_flows`."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def add(self, row: OAuthFlowRow, now_ms: int) -> None:
        """Store a new one, and drop those that are over."""
        values = require_fit(
            _FLOWS,
            {
                "id": row.id,
                "provider": row.provider,
                "owner": row.owner,
                "kind": row.kind,
                "secret_sealed": self._sealer.seal(row.secret, _flow(row.id)),
                "redirect_uri": row.redirect_uri,
                "name": row.name,
                "connection_id": row.connection_id,
                "interval_s": row.interval_s,
                "next_poll_at": row.next_poll_at,
                "expires_at": row.expires_at,
            },
        )
        async with self._database.transaction() as connection:
            await connection.execute(delete(_FLOWS).where(_FLOWS.c.expires_at <= now_ms))
            await connection.execute(insert(connection, _FLOWS), values)

    async def get(self, flow_id: str) -> OAuthFlowRow | None:
        """Return one, None when there is none."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(_FLOWS).where(_FLOWS.c.id == flow_id))).mappings().one_or_none()
        if row is None:
            return None
        return OAuthFlowRow(
            id=row["id"],
            provider=row["provider"],
            owner=row["owner"],
            kind=row["kind"],
            secret=self._sealer.open(row["secret_sealed"], _flow(row["id"])),
            redirect_uri=row["redirect_uri"],
            name=row["name"],
            connection_id=row["connection_id"],
            interval_s=row["interval_s"],
            next_poll_at=row["next_poll_at"],
            expires_at=row["expires_at"],
        )

    async def take(self, flow_id: str) -> bool:
        """Use one up; return whether it was there: of several who try at once one alone gets it."""
        async with self._database.transaction() as connection:
            gone = await connection.execute(delete(_FLOWS).where(_FLOWS.c.id == flow_id))
        return gone.rowcount > 0

    async def turn(self, row: OAuthFlowRow, *, next_poll_at: int, interval_s: int) -> bool:
        """Set when to ask next; return False when somebody else asks already."""
        change = update(_FLOWS).where(_FLOWS.c.id == row.id, _FLOWS.c.next_poll_at == row.next_poll_at)
        async with self._database.transaction() as connection:
            changed = await connection.execute(change.values(next_poll_at=next_poll_at, interval_s=interval_s))
        return changed.rowcount > 0


def _client(provider: str) -> str:
    return place("oauth_clients", provider, "client_secret_sealed")


def _flow(flow_id: str) -> str:
    return place("oauth_flows", flow_id, "secret_sealed")

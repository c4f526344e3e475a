"""How far a source is stored: one row, moved in the same transaction as the rows it stands for."""

from uuid import UUID

from adapters.outbound import Away, answering
from adapters.timescale.connections import Connection


class Cursor:
    """The row of `ingest_cursor` of one source; `seq` is what is committed."""

    def __init__(self, connection: Connection, source: UUID, seq: int) -> None:
        self.source = source
        self.seq = seq
        self._connection = connection

    @classmethod
    async def open(cls, connection: Connection, source: str) -> "Cursor":
        """Return the cursor of a source as it stands, made at 0 for a new one. Raises psycopg.Error, Away."""
        key = UUID(source)
        async with answering():
            await connection.execute(
                "insert into ingest_cursor (source_id, last_seq) values (%s, 0) on conflict do nothing", (key,)
            )
            found = await connection.execute("select last_seq from ingest_cursor where source_id = %s", (key,))
            row = await found.fetchone()
        return cls(connection, key, int(row[0]) if row else 0)

    async def step_back(self, seq: int) -> None:
        """Move back to `seq`: the source is an older copy, whose next numbers are new. Raises psycopg.Error."""
        await self._connection.execute(
            "update ingest_cursor set last_seq = %s, updated_at = now() where source_id = %s", (seq, self.source)
        )
        self.seq = seq

    async def advance(self, seq: int) -> None:
        """Move to `seq`, inside the caller's transaction. Raises Away when somebody else moved it meanwhile."""
        moved = await self._connection.execute(
            "update ingest_cursor set last_seq = %s, updated_at = now() where source_id = %s and last_seq = %s",
            (seq, self.source, self.seq),
        )
        if moved.rowcount != 1:
            raise Away("another writer stores the same source; looking again how far it is")

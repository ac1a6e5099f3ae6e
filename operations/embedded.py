"""The embedded servers of one data folder, as far as none are given from outside."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from operations.account import Account
from operations.archive import DUMP
from operations.data import DataFolder
from operations.environment import environment, uses_own_database, uses_own_valkey
from operations.identity import Identity, identity
from operations.postgres import Postgres
from operations.supervisor import Supervisor
from operations.valkey import Valkey

SOCKETS_PREFIX = "guildhall-"


class Servers:
    def __init__(
        self,
        data: DataFolder,
        account: Account,
        sockets: Path,
        given: Mapping[str, str],
        *,
        throw_away: bool = False,
    ) -> None:
        self.data = data
        self.account = account
        self.given = given
        own_database, own_valkey = uses_own_database(given), uses_own_valkey(given)
        self.postgres = (
            Postgres(data, account, sockets, throw_away=throw_away) if own_database else None
        )
        self.valkey = Valkey(account, sockets) if own_valkey else None

    def environment(self) -> dict[str, str]:
        return environment(self.data, self.given, self.postgres, self.valkey)


@contextmanager
def owning(data: DataFolder, say: Callable[[str], None], *, name: str) -> Iterator[Supervisor]:
    """The folder is ours and clean; at the end whatever the supervisor started is stopped."""
    supervisor = Supervisor(data, say)
    supervisor.listen_to_signals()
    data.prepare()
    data.lock(name)
    try:
        data.forget("servers")
        data.forget("site")
        supervisor.clean_up()
        _remove_sockets(data)
        # A dump that an interrupted restore left here.
        (data.run / DUMP).unlink(missing_ok=True)
        yield supervisor
    finally:
        data.forget("servers")
        supervisor.stop()
        _remove_sockets(data)
        data.unlock()


def start_servers(
    supervisor: Supervisor, given: Mapping[str, str], *, throw_away: bool = False
) -> Servers:
    """The servers answer, the database has its roles, and other commands find them."""
    data = supervisor.data
    account = data.prepare()
    sockets = _make_sockets(data, account)
    servers = Servers(data, account, sockets, given, throw_away=throw_away)
    if servers.postgres:
        servers.postgres.initialise()
    supervisor.start(*[each.program() for each in (servers.postgres, servers.valkey) if each])
    if servers.postgres:
        servers.postgres.ensure_roles()
    owner = identity(os.getpid())
    assert owner is not None
    data.note("servers", {"owner": [owner.pid, owner.began], "sockets": str(sockets)})
    return servers


def running(data: DataFolder, given: Mapping[str, str]) -> tuple[Servers, Identity] | None:
    """The servers that another process runs on this folder, and that process."""
    note = data.noted("servers")
    if note is None or not (owner := Identity(*note["owner"])).is_alive():
        return None
    if site := data.noted("site"):
        given = {"BASE_URL": site["base_url"], **given}
    return Servers(data, data.prepare(), Path(note["sockets"]), given), owner


def _make_sockets(data: DataFolder, account: Account) -> Path:
    """A folder with a short name: the path of a socket may have 107 bytes, ours more."""
    home = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108  mkdtemp makes it ours alone.
    sockets = Path(tempfile.mkdtemp(prefix=SOCKETS_PREFIX, dir=home))
    data.note("sockets", str(sockets))
    account.give(sockets)
    return sockets


def _remove_sockets(data: DataFolder) -> None:
    """The folder of the last run is gone, also after a crash."""
    noted = data.noted("sockets")
    if isinstance(noted, str) and Path(noted).name.startswith(SOCKETS_PREFIX):
        shutil.rmtree(noted, ignore_errors=True)
    data.forget("sockets")

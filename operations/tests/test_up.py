"""`bin/up` as a household runs it. The tests of the class share one installation, in this order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from operations.demo import OWNER, PASSWORD
from operations.process import project
from operations.tests.running import BIN_UP, Up, clean_environment, folder, gone, up

pytestmark = pytest.mark.slow
SECRETS = {
    *["SECRET_KEY", "JWT_PRIVATE_KEY", "ENCRYPTION_KEYS", "EMAIL_URL", "METRICS_TOKEN"],
    *["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_OWNER_URL", "VAPID_PRIVATE_KEY"],
}
PROGRAMS = {"postgres", "valkey", "web", "worker-deliver", "worker-work", "beat"}


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with folder() as path:
        yield path / "var"


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[Up]:
    given = {"EMAIL_URL": "smtp://127.0.0.1:1", "METRICS_TOKEN": "a long word"}
    with up(BIN_UP, data, **given) as running:
        running.wait_until_ready()
        yield running


def manage(data: Path, *words: str) -> str:
    """What bin/manage prints about this installation."""
    answer = subprocess.run(
        [project() / "bin" / "manage", *words],
        env=clean_environment() | {"GUILDHALL_DATA": str(data)},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout


class TestOneInstallation:
    def test_it_is_healthy_after_a_start_on_an_empty_folder(self, house: Up) -> None:
        status, answer = house.get("/readyz")
        assert status == 200
        assert all(part["ok"] for part in answer["components"].values())
        assert set(house.pids()) == PROGRAMS

    def test_its_processes_together_need_less_than_600_mib(self, house: Up) -> None:
        family = [psutil.Process(house.process.pid), *house.family()]
        pss = sum(each.memory_full_info().pss for each in family)
        assert pss < 600 * 2**20

    def test_secrets_are_for_their_owner_alone(self, house: Up) -> None:
        secrets = list((house.data / "secrets").iterdir())
        assert {*["secret_key", "encryption_keys", "jwt_private_key.pem", "vapid_private_key"]} <= {
            path.name for path in secrets
        }
        assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}

    def test_no_process_knows_more_secrets_than_it_needs(self, house: Up) -> None:
        common = {
            *["SECRET_KEY", "JWT_PRIVATE_KEY", "VAPID_PRIVATE_KEY"],
            *["DATABASE_URL", "DATABASE_SYSTEM_URL"],
        }
        known = {
            name: SECRETS & psutil.Process(pid).environ().keys()
            for name, pid in house.pids().items()
        }
        assert known == {
            "postgres": set(),
            "valkey": set(),
            "web": common | {"ENCRYPTION_KEYS", "EMAIL_URL", "METRICS_TOKEN"},
            "worker-deliver": common | {"ENCRYPTION_KEYS", "EMAIL_URL"},
            "worker-work": SECRETS - {"METRICS_TOKEN"},
            "beat": common,
        }

    def test_the_servers_never_run_as_root(self, house: Up) -> None:
        users = [psutil.Process(house.pids()[name]).uids().real for name in ("postgres", "valkey")]
        assert 0 not in users

    def test_a_second_start_on_the_folder_is_refused(self, house: Up) -> None:
        with up(BIN_UP, house.data) as second:
            assert second.exit_code() == 1
        assert f"The data folder {house.data} is already in use by bin/up (process" in second.words

    def test_a_taken_port_is_said_in_one_line(self, house: Up, place: Path) -> None:
        with up(BIN_UP, place / "var", "--port", str(house.port)) as second:
            assert second.exit_code() == 1
        [line] = second.lines
        assert line.startswith(f"Port {house.port} on 127.0.0.1 is in use. Stop what uses it,")

    def test_manage_uses_the_servers_that_run(self, house: Up) -> None:
        show = (
            "from django.conf import settings as s;"
            "print(s.DATABASES['default']['HOST'], s.BASE_URL)"
        )
        answer = manage(house.data, "shell", "--verbosity", "0", "-c", show)
        sockets = json.loads((house.data / "run" / "servers.json").read_text())["sockets"]
        assert answer.split() == [sockets, f"http://127.0.0.1:{house.port}"]

    def test_given_servers_are_used_beside_it_and_none_started(
        self, house: Up, place: Path
    ) -> None:
        given = ["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_OWNER_URL", "REDIS_URL"]
        with up(
            BIN_UP, place / "var", "--demo", **{name: os.environ[name] for name in given}
        ) as other:
            other.wait_until_ready()
            assert f"sign in as {OWNER} with {PASSWORD}" in other.words
            assert set(other.pids()) == PROGRAMS - {"postgres", "valkey"}
            assert other.get("/readyz")[0] == house.get("/readyz")[0] == 200
            assert other.stop() == 0
        assert not (place / "var" / "postgres").exists()

    def test_a_backup_is_restored_into_an_empty_folder(self, house: Up, place: Path) -> None:
        upload = house.data / "files" / "photos" / "ada.txt"
        upload.parent.mkdir()
        upload.write_text("a picture")
        assert "ada@home.example is staff." in manage(house.data, "staff", "ada@home.example")
        backup = place / "backup.tar"
        assert f"{backup} (" in manage(house.data, "backup", str(backup))
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600

        new = place / "new"
        assert "Restored the backup of" in manage(new, "restore", str(backup))
        assert (new / "files" / "photos" / "ada.txt").read_text() == "a picture"
        key = "encryption_keys"
        assert (new / "secrets" / key).read_text() == (house.data / "secrets" / key).read_text()
        # Only a person who is there can be removed.
        assert "no longer staff" in manage(new, "staff", "--remove", "ada@home.example")
        with pytest.raises(subprocess.CalledProcessError):
            manage(new, "restore", str(backup))

    @pytest.mark.parametrize(("name", "part"), [("postgres", "database"), ("valkey", "valkey")])
    def test_a_killed_server_is_missed_and_comes_back(
        self, house: Up, name: str, part: str
    ) -> None:
        # Nobody starts it again while we ask.
        house.process.send_signal(signal.SIGSTOP)
        try:
            os.kill(house.pids()[name], signal.SIGKILL)
            # A backend may answer once more before it sees that its server is gone.
            answer = house.wait_for_status(503, "/readyz")
        finally:
            house.process.send_signal(signal.SIGCONT)
        assert answer["components"][part] == {"ok": False}
        house.wait_for(f"{name} was killed by SIGKILL. It is started again at once.")
        house.wait_for(f"{name} is ready again after")

    def test_killed_programs_of_the_site_come_back(self, house: Up) -> None:
        names = PROGRAMS - {"postgres", "valkey"}
        for name in names:
            os.kill(house.pids()[name], signal.SIGKILL)
        for name in names:
            house.wait_for(f"{name} was killed by SIGKILL. It is started again")
            house.wait_for(f"{name} is ready again after")
        assert house.get("/readyz")[0] == 200

    def test_term_stops_everything_within_ten_seconds(self, house: Up) -> None:
        family = house.family()
        sockets = Path(json.loads((house.data / "run" / "servers.json").read_text())["sockets"])
        began_at = time.monotonic()
        assert house.stop() == 0
        assert time.monotonic() - began_at < 10
        assert gone(family)
        assert not sockets.exists()
        assert house.lines[-1] == "Guildhall has stopped."

    def test_it_starts_again_also_after_the_death_of_its_supervisor(self, data: Path) -> None:
        with up(BIN_UP, data) as second:
            second.wait_until_ready()
            # Nothing changed, so there is nothing to migrate or collect.
            assert "Preparing" not in second.words
            family = second.family()
            second.process.kill()
            second.exit_code()
            with up(BIN_UP, data) as third:
                third.wait_until_ready()
                assert gone(family)
                assert third.get("/readyz")[0] == 200
                assert third.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="without root every other test is this one")
def test_it_runs_as_a_plain_user(place: Path) -> None:
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    packages = sysconfig.get_path("purelib")
    if subprocess.run([*as_nobody, "test", "-r", packages], check=False).returncode:
        pytest.skip(f"other users cannot read {packages}")
    copy = copy_for_everyone(place)
    home = place / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    # An interpreter that was moved finds its own library by this.
    variables = {"HOME": str(home), "LD_LIBRARY_PATH": str(place / "python" / "lib")}
    with up([*as_nobody, str(copy / "bin" / "up")], home / "var", **variables) as running:
        running.wait_until_ready()
        assert {each.username() for each in running.family()} == {"nobody"}
        assert running.stop() == 0


def copy_for_everyone(place: Path) -> Path:
    """The project with a Python that every user reaches, made of links."""
    copy, python = place / "project", place / "python"
    ignored = shutil.ignore_patterns(".git", ".venv", ".*_cache", "var")
    shutil.copytree(project(), copy, ignore=ignored, symlinks=True)
    subprocess.run(["cp", "-rlL", sys.base_prefix, python], check=True)
    packages = Path(sysconfig.get_path("purelib"))
    venv = copy / ".venv"
    (venv / packages.relative_to(sys.prefix)).parent.mkdir(parents=True)
    (venv / packages.relative_to(sys.prefix)).symlink_to(packages)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(python / "bin" / "python3")
    (venv / "pyvenv.cfg").write_text(f"home = {python / 'bin'}\n")
    shutil.copy(Path(sys.prefix) / ".guildhall", venv)
    return copy

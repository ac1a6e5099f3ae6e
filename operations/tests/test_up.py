"""`bin/up` as a household runs it. The tests of the class share one installation, in this order."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from operations.process import project
from operations.tests.running import BIN_UP, Up, clean_environment, folder, gone, up

pytestmark = pytest.mark.slow
PROGRAMS = {"postgres", "valkey", "web", "worker-deliver", "worker-work", "beat"}


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with folder() as path:
        yield path / "var"


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[Up]:
    with up(BIN_UP, data) as running:
        running.wait_until_ready()
        yield running


class TestOneInstallation:
    def test_it_is_ready_within_thirty_seconds_on_an_empty_folder(self, house: Up) -> None:
        assert time.monotonic() - house.began_at < 30, house.words
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
        assert {"secret_key", "encryption_keys", "jwt_private_key.pem"} <= {
            path.name for path in secrets
        }
        assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}

    def test_a_second_start_on_the_folder_is_refused(self, house: Up) -> None:
        with up(BIN_UP, house.data) as second:
            assert second.exit_code() == 1
        assert f"The data folder {house.data} is already in use by up (process" in second.words

    def test_a_taken_port_is_said_in_one_line(self, house: Up, place: Path) -> None:
        with up(BIN_UP, place / "var", "--port", str(house.port)) as second:
            assert second.exit_code() == 1
        [line] = second.lines
        assert line.startswith(f"Port {house.port} on 127.0.0.1 is in use. Stop what uses it,")

    def test_manage_uses_the_servers_that_run(self, house: Up) -> None:
        print_socket = "from django.db import connection as c; print(c.settings_dict['HOST'])"
        answer = subprocess.run(
            [project() / "bin" / "manage", "shell", "--verbosity", "0", "-c", print_socket],
            env=clean_environment() | {"GUILDHALL_DATA": str(house.data)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout.strip() in (house.data / "run" / "servers.json").read_text()

    @pytest.mark.parametrize("name", ["postgres", "valkey"])
    def test_a_killed_server_comes_back(self, house: Up, name: str) -> None:
        os.kill(house.pids()[name], signal.SIGKILL)
        house.wait_for(f"{name} was killed by SIGKILL. It is started again in 0.5 s.")
        house.wait_for(f"{name} is ready again after")

    def test_killed_programs_of_the_site_come_back(self, house: Up) -> None:
        names = PROGRAMS - {"postgres", "valkey"}
        for name in names:
            os.kill(house.pids()[name], signal.SIGKILL)
        for name in names:
            house.wait_for(f"{name} was killed by SIGKILL. It is started again in")
            house.wait_for(f"{name} is ready again after")
        assert house.get("/readyz")[0] == 200

    def test_term_stops_everything_within_ten_seconds(self, house: Up) -> None:
        family = house.family()
        sockets = Path(psutil.Process(house.pids()["valkey"]).cmdline()[1].partition(":")[2]).parent
        began_at = time.monotonic()
        assert house.stop() == 0
        assert time.monotonic() - began_at < 10
        assert gone(family)
        assert not sockets.exists()
        assert house.lines[-1] == "Guildhall has stopped."

    def test_the_next_start_is_quick_and_so_is_the_one_after_a_killed_supervisor(
        self, data: Path
    ) -> None:
        with up(BIN_UP, data) as second:
            second.wait_until_ready()
            assert time.monotonic() - second.began_at < 15
            assert "Preparing" not in second.words
            family = second.family()
            second.process.kill()
            second.exit_code()
            with up(BIN_UP, data) as third:
                third.wait_until_ready()
                assert gone(family)
                assert third.get("/readyz")[0] == 200
                assert third.stop() == 0


def test_two_folders_run_side_by_side(place: Path) -> None:
    with up(BIN_UP, place / "a") as one, up(BIN_UP, place / "b") as other:
        one.wait_until_ready()
        other.wait_until_ready()
        assert one.get("/readyz")[0] == other.get("/readyz")[0] == 200
        assert one.stop() == other.stop() == 0


def test_given_servers_are_used_and_none_started(place: Path) -> None:
    given = ["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_OWNER_URL", "REDIS_URL"]
    with up(BIN_UP, place / "var", **{name: os.environ[name] for name in given}) as running:
        running.wait_until_ready()
        assert set(running.pids()) == PROGRAMS - {"postgres", "valkey"}
        assert running.stop() == 0
    assert not (place / "var" / "postgres").exists()

"""What the supervisor does with programs that do not behave, shown with small ones."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from operations.child import STEADY_SECONDS
from operations.tests.running import gone, stand_in, up

pytestmark = pytest.mark.slow


def test_five_early_exits_stop_everything_with_the_last_words(place: Path) -> None:
    with up(stand_in("exits"), place / "var") as running:
        running.wait_for("postgres is ready")
        family = running.family()
        assert running.exit_code() == 1
    assert running.words.count("worker-work ended by itself with code 3. It is started again") == 4
    assert "worker-work ended by itself with code 3 5 times in a row" in running.words
    assert running.lines[-1].strip() == "no work today"
    assert gone(family)


def test_a_death_by_signal_before_health_is_never_the_last(place: Path) -> None:
    with up(stand_in("dies"), place / "var") as running:
        running.wait_for("worker-work was killed by SIGKILL", times=6)
        assert "It is started again in 5 s." in running.words
        assert running.stop() == 0


def test_whoever_was_well_is_started_again_at_once(place: Path) -> None:
    with up(stand_in("well"), place / "var") as running:
        running.wait_until_ready()
        time.sleep(STEADY_SECONDS)
        for times in (1, 2):
            killed_at = time.monotonic()
            os.kill(running.pids()["worker-work"], signal.SIGKILL)
            running.wait_for("worker-work is ready again after", times=times)
            assert time.monotonic() - killed_at < 1
        words = "worker-work was killed by SIGKILL. It is started again"
        assert running.words.count(f"{words} at once.") == 2
        # The third in a row, and it had hardly begun.
        os.kill(running.pids()["worker-work"], signal.SIGKILL)
        running.wait_for(f"{words} in 0.5 s.")
        assert running.stop() == 0


def test_whoever_dies_as_soon_as_it_is_well_waits_longer_and_longer(place: Path) -> None:
    with up(stand_in("falters"), place / "var") as running:
        for pause in ("at once", "in 0.5 s", "in 1 s", "in 2 s"):
            running.wait_for(f"worker-work was killed by SIGKILL. It is started again {pause}.")
        assert running.stop() == 0


def test_one_that_does_not_answer_keeps_nobody_else_from_being_started(place: Path) -> None:
    with up(stand_in("mute"), place / "var") as running:
        running.wait_for("beat is ready")
        os.kill(running.pids()["web"], signal.SIGKILL)
        running.wait_for("web is ready again", 5)
        assert running.stop() == 0


def test_a_stubborn_worker_is_killed_after_five_seconds(place: Path) -> None:
    with up(stand_in("stubborn"), place / "var") as running:
        running.wait_until_ready()
        family = running.family()
        began_at = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        time.sleep(1)
        running.process.send_signal(signal.SIGINT)
        assert running.exit_code(15) == 0
        assert 5 <= time.monotonic() - began_at < 10
    assert "worker-work did not stop in time and was killed." in running.words
    assert gone(family)


def test_a_stop_during_the_start_is_a_clean_one(place: Path) -> None:
    with up(stand_in("slow"), place / "var") as running:
        running.wait_for("web is ready")
        family = running.family()
        assert running.stop() == 0
    assert gone(family)


def test_a_second_folder_is_not_disturbed(place: Path) -> None:
    with up(stand_in("well"), place / "a") as one, up(stand_in("well"), place / "b") as other:
        one.wait_until_ready()
        other.wait_until_ready()
        assert one.stop() == 0
        os.kill(other.pids()["web"], 0)
        assert other.stop() == 0

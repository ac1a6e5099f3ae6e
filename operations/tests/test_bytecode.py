from __future__ import annotations

from pathlib import Path

from operations.bytecode import compile_code


def made(folder: Path) -> list[str]:
    return sorted(path.name.split(".")[0] for path in folder.rglob("*.pyc"))


def room(place: Path) -> Path:
    folder = place / "reminders"
    (folder / "tests").mkdir(parents=True)
    (folder / "plan.py").write_text("LEASE = 8\n")
    (folder / "tests" / "test_plan.py").write_text("def test_it() -> None: ...\n")
    return folder


def test_what_the_site_runs_is_compiled_beforehand(place: Path) -> None:
    folder = room(place)
    compile_code(place)
    assert made(folder) == ["plan"]


def test_where_nothing_can_be_written_it_goes_on_without(place: Path) -> None:
    folder = room(place)
    (folder / "__pycache__").write_text("in the way")
    (folder / "broken.py").write_text("def\n")
    compile_code(place)
    assert made(folder) == []

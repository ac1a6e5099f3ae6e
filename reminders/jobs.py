"""Where the engine begins and ends, the doorbell that beat rings each second, and what moves old
deliveries into archives.
"""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import celeryd_init, worker_shutting_down

from accounts.guild.jobs import Work, guild_job
from reminders.engine.archive import archive, households
from reminders.engine.loop import Engine, deliver_due

# A run ends after so many, so that others have their turn.
BATCHES = 100
_engines: list[Engine] = []


@celeryd_init.connect
def start_engine(**_: Any) -> None:
    """Every worker keeps time by itself from now on, in threads beside its slots, whatever queue
    it serves: while one of them is started again, the others have sent what was due. It does not
    wait for Valkey, which may be away and only rings.
    """
    engine = Engine()
    engine.start()
    _engines.append(engine)


@worker_shutting_down.connect
def stop_engine(**_: Any) -> None:
    while _engines:
        _engines.pop().stop()


@shared_task(ignore_result=True)
def tick() -> None:
    """Wake the engine of this worker; in a process without one do its work here."""
    if _engines:
        _engines[0].ring()
    else:
        deliver_due()


@shared_task(ignore_result=True)
def archive_old() -> None:
    """Have each household with something old archived; twice is harmless."""
    for guild in households():
        archive_guild.delay(str(guild))


@guild_job
def archive_guild(work: Work) -> None:
    """Move what is old of this household, a little at a time; what is left has its turn later."""
    for _ in range(BATCHES):
        if not archive(work.guild.pk):
            return

"""The figures of /metrics: this process's own, and what workers left in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from operations.backup import NIGHTLY
from operations.data import DataFolder
from operations.health import components
from operations.models import Heartbeat
from reminders.engine.figures import figures as engine_figures


def figures() -> bytes:
    """Everything in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_FromDatabase())
    return generate_latest(REGISTRY) + generate_latest(registry)


class _FromDatabase(Collector):
    def collect(self) -> Iterable[Metric]:
        parts = components()
        up = GaugeMetricFamily("guildhall_up", "Whether this part works.", labels=["part"])
        for name, part in parts.items():
            up.add_metric([name], int(part["ok"]))
        yield up
        yield from backup_figures()
        if parts["database"]["ok"]:
            yield job_figures()
            yield from delivery_figures()


def job_figures() -> Metric:
    """One series per job, outcome and run: a run that ended takes its own series with it."""
    jobs = CounterMetricFamily(
        "guildhall_jobs", "Jobs that ended.", labels=["job", "outcome", "run"]
    )
    for beat in Heartbeat.objects.fresh():
        for name, outcomes in beat.jobs.items():
            for outcome, count in outcomes.items():
                jobs.add_metric([name, outcome, beat.instance], count)
    return jobs


def delivery_figures() -> Iterator[Metric]:
    """How many deliveries are in which state, and how late the last ones went out."""
    found = engine_figures()
    counts = GaugeMetricFamily(
        "guildhall_deliveries",
        "Deliveries that wait, and those of the last day that ended.",
        labels=["channel", "state"],
    )
    for labels, count in found.counts.items():
        counts.add_metric(labels, count)
    late = GaugeMetricFamily(
        "guildhall_delivery_late_seconds",
        "How late deliveries of the last five minutes went out.",
        labels=["channel", "quantile"],
    )
    for channel, (middle, most) in found.lateness.items():
        late.add_metric([channel, "0.5"], middle)
        late.add_metric([channel, "0.99"], most)
    attempts = GaugeMetricFamily(
        "guildhall_delivery_attempts",
        "How the tries ended of what went out in the last five minutes.",
        labels=["channel", "outcome"],
    )
    for labels, count in found.attempts.items():
        attempts.add_metric(labels, count)
    retries = GaugeMetricFamily(
        "guildhall_delivery_retries", "Deliveries that wait for another try.", labels=["channel"]
    )
    for channel, count in found.retries.items():
        retries.add_metric([channel], count)
    yield counts
    yield late
    yield attempts
    yield retries
    yield GaugeMetricFamily(
        "guildhall_overdue_seconds",
        "How long the one that waits longest has been due.",
        value=found.overdue_seconds,
    )


def backup_figures() -> Iterator[Metric]:
    made = sorted(DataFolder(settings.DATA_DIR).backup.glob(f"{NIGHTLY}*.tar"))
    yield GaugeMetricFamily("guildhall_backups", "Nightly backups kept.", value=len(made))
    if made:
        newest = made[-1].stat()
        yield GaugeMetricFamily(
            "guildhall_backup_seconds", "When the newest was made.", value=newest.st_mtime
        )
        yield GaugeMetricFamily(
            "guildhall_backup_bytes", "How big the newest is.", value=newest.st_size
        )

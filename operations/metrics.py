"""What Prometheus reads. Labels are views, methods and states: nothing that names a person, a unit or a row."""

import os

from django.db import DatabaseError, connections
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from audit.models import Head
from jobs.models import Job

METHODS = {"GET", "HEAD", "POST"}
REQUESTS = Counter("rectification_requests_total", "Requests answered.", ["method", "view", "status"])
SECONDS = Histogram("rectification_request_seconds", "Time until the answer was made.", ["method", "view"], buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15))
GIVEN_UP = Counter("rectification_requests_given_up_total", "Requests that waited too long for the database.")


def note(method: str, view: str, status: int, seconds: float) -> None:
    method = method if method in METHODS else "other"
    REQUESTS.labels(method, view, str(status)).inc()
    SECONDS.labels(method, view).observe(seconds)


class FromDatabase(Collector):
    """Asked when Prometheus comes by; a database that is down is a figure too."""

    def collect(self):
        up = GaugeMetricFamily("rectification_database_up", "1 if the database answered.")
        jobs = GaugeMetricFamily("rectification_jobs", "Background jobs by state.", labels=["status"])
        age = GaugeMetricFamily("rectification_jobs_oldest_waiting_seconds", "How long the oldest claimable job has waited.")
        lines = GaugeMetricFamily("rectification_audit_lines", "Number of the log's last line.")
        try:
            for row in Job.objects.order_by().values("status").annotate(n=Count("pk")):
                jobs.add_metric([row["status"]], row["n"])
            age.add_metric([], oldest_waiting())
            lines.add_metric([], Head.objects.values_list("seq", flat=True).first() or 0)
            up.add_metric([], 1)
        except DatabaseError:
            up.add_metric([], 0)
            connections["default"].close()
        yield from (up, jobs, age, lines)


def oldest_waiting() -> float:
    """Seconds since the oldest job that a runner could take was asked for."""
    now = timezone.now()
    asked = Job.objects.claimable(now).aggregate(at=Min("asked_at"))["at"]
    return max(0.0, (now - asked).total_seconds()) if asked else 0.0


def page() -> bytes:
    """All processes' figures where PROMETHEUS_MULTIPROC_DIR is set, as the server does; else this one's."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    else:
        registry = REGISTRY
    own = CollectorRegistry()
    own.register(FromDatabase())
    return generate_latest(registry) + generate_latest(own)

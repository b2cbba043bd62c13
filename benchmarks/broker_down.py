"""How long a deed waits to wake a runner, by what state Redis is in: `python benchmarks/broker_down.py`. A Redis of its own, no database."""

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.jobs.works import Works

TRIES = 20


def main(works: Works) -> None:
    os.environ |= {name: works.env[name] for name in ("DATA_DIR", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DEBUG")}
    import logging

    import django

    django.setup()
    logging.disable(logging.WARNING)
    from django.core.cache import cache

    from jobs import actions, tasks  # noqa: F401  imported before the clock runs
    from jobs.models import Job

    def measure(words: str, tries: int, forget: bool = True) -> None:
        took, woken = [], 0
        for _n in range(tries):
            actions._broker_down_until = 0.0 if forget else actions._broker_down_until
            begun = time.perf_counter()
            woken += actions.wake(Job(queue="quick"))
            took.append(1000 * (time.perf_counter() - begun))
        print(f"{words}: woken {woken} of {tries}; median {statistics.median(took):.1f} ms, longest {max(took):.1f} ms", flush=True)

    works.start_redis()
    measure("first wake-up of a process (loads Celery)", 1)
    measure("Redis up", TRIES)
    works.redis.send_signal(signal.SIGSTOP)
    measure("Redis takes connections and doesn't answer", 3)
    measure("… within ten seconds of that", TRIES, forget=False)
    begun = time.perf_counter()
    cache.get("a")
    print(f"… a page's first look into the cache: {1000 * (time.perf_counter() - begun):.0f} ms", end="; ")
    begun = time.perf_counter()
    cache.get("a")
    print(f"the next: {1000 * (time.perf_counter() - begun):.1f} ms", flush=True)
    works.redis.send_signal(signal.SIGCONT)
    works.stop_redis()
    measure("Redis stopped", TRIES)
    works.start_redis()
    measure("Redis back", TRIES)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        plant = Works(Path(folder))
        try:
            main(plant)
        finally:
            plant.close()

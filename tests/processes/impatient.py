"""The product's own Celery application with a beat that loses its patience with Redis at once."""

from workers.app import app
from workers.beat import TickScheduler

__all__ = ["app"]


class Impatient(TickScheduler):
    """Works by itself as soon as Redis has been away for a moment."""

    work_after_s = 0.5


app.conf.update(beat_scheduler="tests.processes.impatient:Impatient")

"""The product's own application, in a process of its own: it reads the environment."""

import json
import os
import subprocess
import sys

import pytest

from notifier.queue import Task
from notifier.ring import VISIBILITY_S
from tests.workers.crew import ROOT

LOOK = """
import json
from workers.app import app
app.loader.import_default_modules()
conf = app.conf
print(json.dumps({
    "tasks": sorted(app.tasks),
    "acks_late": conf.task_acks_late,
    "queues": [queue.name for queue in conf.task_queues],
    "transport": app.connection_for_read().transport_cls,
    "time_limit": conf.task_time_limit,
    "socket_timeout": "socket_timeout" in conf.broker_transport_options,
}))
"""


@pytest.mark.long
def test_every_named_task_is_registered_and_the_measured_settings_are_on() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "NOTIFIER_SECRET_KEY": "for-tests-only-0123456789-abcdefghij",
    }
    seen = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, check=True, timeout=30, text=True
    )
    app = json.loads(seen.stdout)
    assert {task.value for task in Task} <= set(app["tasks"])
    assert app["acks_late"]
    assert app["queues"] == ["urgent", "replies", "alerts", "digests", "bulk"]
    assert app["transport"] == "workers.guard:GuardedTransport"
    assert not app["socket_timeout"]
    assert app["time_limit"] < VISIBILITY_S / 2, "a task must end before its message is delivered again"

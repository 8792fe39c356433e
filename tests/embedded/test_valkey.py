"""The embedded Valkey."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier.embedded.valkey import Valkey
from tests.valkey import start

PARENT = """
import sys, time
from pathlib import Path
from notifier.embedded.valkey import Valkey
server = Valkey.start(Path(sys.argv[1]))
print(server.process.pid, flush=True)
time.sleep(60)
"""


def test_it_is_durable_bounded_by_refusal_and_closed_to_strangers(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("bind")["bind"] == "127.0.0.1"
    with redis.Redis(port=valkey.place.port, retry=Retry(NoBackoff(), 0)) as stranger:  # noqa: SIM117 - two promises
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_started_again_at_the_same_place_it_still_knows(tmp_path: Path) -> None:
    with start(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")
    assert server.process.returncode == 0
    with Valkey.start_at(server.place) as again, redis.Redis.from_url(again.url) as client:
        assert client.get("kept") == b"yes"


@pytest.mark.long
def test_it_ends_with_its_parent(valkey: Valkey, tmp_path: Path) -> None:
    del valkey  # asked for the skip where there is none
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-c", PARENT, str(tmp_path / "orphan")], stdout=subprocess.PIPE, env=environment
    )
    assert parent.stdout
    with parent.stdout:
        server = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert psutil.wait_procs([server], timeout=5)[1] == []

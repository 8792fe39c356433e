"""An SMTP server as a process of its own, to be killed: `python -m tests.processes.mail_server INBOX PORT`."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from notifier.embedded.inbox import Inbox
from notifier.embedded.inbox.server import InboxServer

if __name__ == "__main__":
    with InboxServer(Inbox(Path(sys.argv[1])), port=int(sys.argv[2]), now=lambda: datetime.now(UTC)):
        signal.pause()

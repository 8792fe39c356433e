"""A real IMAP server on loopback: Debian's Dovecot, with one mailbox, ended by id."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

START_S: Final = 20.0
PASSWORD: Final = "opensesame"
_CONFIG: Final = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 0
first_valid_gid = 0
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@contextlib.contextmanager
def running() -> Iterator[int]:
    """The port of a server. Raises OSError where there is no Dovecot, or it does not start."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise OSError("Debian's dovecot-imapd is not here")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    for name in ("run", "state", "mail", "home"):
        (folder / name).mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    is_root = os.geteuid() == 0
    owner = ("dovecot", "dovecot") if is_root else (getpass.getuser(), getpass.getuser())
    ids = (65534, 65534) if is_root else (os.getuid(), os.getgid())
    config = folder / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder, user=owner[0], group=owner[1], uid=ids[0], gid=ids[1], port=port, password=PASSWORD
        )
    )
    if is_root:
        folder.chmod(0o755)
        for name in ("mail", "home"):
            os.chown(folder / name, *ids)
    server = subprocess.Popen([program, "-F", "-c", str(config)], start_new_session=True)  # noqa: S603 - our own words
    try:
        _until_it_answers(port, server, folder)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(signal.SIGTERM)
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _until_it_answers(port: int, server: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError as fault:
            if server.poll() is not None or time.monotonic() > end:
                told = (folder / "log").read_text() if (folder / "log").exists() else ""
                raise OSError(f"Dovecot does not start: {told[-500:]}") from fault
            time.sleep(0.02)
        else:
            return

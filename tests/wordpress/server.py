"""A real WordPress on loopback: Debian's packages, PHP's own web server, a private MariaDB; ended by id."""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path("/usr/share/wordpress")
START_S: Final = 60.0
PASSWORD: Final = "correct-horse-battery-staple"
_SET_PARENT_DEATH_SIGNAL: Final = 1
_PHP: Final = (
    "php",
    *("-d", "sendmail_path=/bin/true"),
    *("-d", "display_errors=stderr"),
    *("-d", "opcache.enable=1"),
    *("-d", "memory_limit=256M"),
)
_CONFIG: Final = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_ENVIRONMENT_TYPE', 'local'); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true); define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('AUTH_KEY', '{salt}'); define('SECURE_AUTH_KEY', '{salt}'); define('LOGGED_IN_KEY', '{salt}');
define('NONCE_KEY', '{salt}'); define('AUTH_SALT', '{salt}'); define('SECURE_AUTH_SALT', '{salt}');
define('LOGGED_IN_SALT', '{salt}'); define('NONCE_SALT', '{salt}');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}
require_once ABSPATH . 'wp-settings.php';
"""


class NoWordPressError(Exception):
    """Why there is none here."""


@dataclass
class WordPress:
    """A WordPress that runs; `run` does in it what an editor or a visitor would."""

    folder: Path
    port: int
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def docs(self) -> Path:
        """Where its files are."""
        return self.folder / "site"

    def run(self, php: str, **given: Any) -> Any:
        """What a piece of PHP returns inside this WordPress, `$given` at hand; as its own pages would run it."""
        script = (
            "$_SERVER['HTTP_HOST'] = '127.0.0.1:' . $argv[1]; $_SERVER['REQUEST_METHOD'] = 'GET';"
            "require 'wp-load.php'; wp_set_current_user(1); $given = json_decode($argv[2], true);"
            f'echo "\\n@@" . json_encode((function () use ($given) {{ {php} }})());'
        )
        words = [*_PHP, "-r", script, "--", str(self.port), json.dumps(given)]
        done = subprocess.run(words, cwd=self.docs, capture_output=True, timeout=60, check=False)  # noqa: S603 - our own command line
        told = done.stdout.decode().rpartition("@@")[2]
        assert done.returncode == 0, done.stderr.decode()[-2000:] or done.stdout.decode()[-2000:]
        return json.loads(told)

    def get(self, path: str) -> str:
        """A page of it."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as answer:  # noqa: S310 - http, on loopback
            return str(answer.read().decode())

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Send a form."""
        body = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}{path}", body, timeout=60) as answer:  # noqa: S310 - http, on loopback
            return str(answer.read().decode())

    def write_post(self, title: str, **values: Any) -> int:
        """Publish an article; gives its number."""
        first = {"post_title": title, "post_content": f"<p>نص {title}</p>", "post_status": "publish", "post_author": 1}
        return int(self.run("return wp_insert_post($given, true);", **{**first, **values}))

    def write_comment(self, post: int, text: str, parent: int = 0, **values: Any) -> int:
        """Leave a comment that is shown at once; gives its number."""
        first = {
            "comment_post_ID": post,
            "comment_content": text,
            "comment_parent": parent,
            "comment_author": "ليلى",
            "comment_author_email": "layla@example.org",
            "comment_approved": 1,
        }
        return int(self.run("return wp_insert_comment($given);", **{**first, **values}))


@contextlib.contextmanager
def running() -> Iterator[WordPress]:
    """A WordPress, installed as its own page installs it. Raises `NoWordPressError` where it cannot be."""
    missing = [one for one in ("php", "mariadbd", "mariadb", "mariadb-install-db") if not _program(one)]
    if not (SOURCE / "wp-settings.php").exists() or missing:
        raise NoWordPressError("Debian's wordpress, php-cli, php-mysql and mariadb-server are not all here")
    # A socket's path may have 107 bytes, so not in pytest's own deep folders.
    folder = Path(tempfile.mkdtemp(prefix="wp-"))
    site = WordPress(folder, _free_port())
    try:
        _start_database(site)
        _start_web(site)
        _install(site)
        yield site
    finally:
        for child in reversed(site.children):
            _end(child)
        shutil.rmtree(folder, ignore_errors=True)


def _start_database(site: WordPress) -> None:
    data, path = site.folder / "data", site.folder / "db.sock"
    user = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}"]
    made = subprocess.run(  # noqa: S603 - our own command line
        [
            str(_program("mariadb-install-db")),
            "--no-defaults",
            *user,
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--innodb-log-file-size=8M",
        ],
        capture_output=True,
        timeout=START_S,
        check=False,
    )
    if made.returncode:
        raise NoWordPressError(f"MariaDB cannot be set up: {made.stderr.decode()[-500:]}")
    quick = ("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M")
    words = [str(_program("mariadbd")), "--no-defaults", *user, f"--datadir={data}", f"--socket={path}"]
    words += ["--skip-networking", f"--pid-file={site.folder}/db.pid", *quick]
    _start(site, words, site.folder)
    _wait(lambda: _answers(socket.AF_UNIX, str(path)), site, "MariaDB")
    subprocess.run(  # noqa: S603 - our own command line
        [str(_program("mariadb")), "--no-defaults", f"--socket={path}", "-uroot", "-e", "CREATE DATABASE wordpress"],
        check=True,
        timeout=30,
    )


def _start_web(site: WordPress) -> None:
    shutil.copytree(SOURCE, site.docs, ignore=shutil.ignore_patterns("wp-config.php"), ignore_dangling_symlinks=True)
    config = _CONFIG.format(socket=site.folder / "db.sock", salt=secrets.token_hex(16))
    (site.docs / "wp-config.php").write_text(config, encoding="utf-8")
    (site.docs / "wp-content" / "mu-plugins").mkdir(parents=True, exist_ok=True)
    words = [*_PHP, "-S", f"127.0.0.1:{site.port}", "-t", str(site.docs)]
    _start(site, words, site.docs, PHP_CLI_SERVER_WORKERS="3")
    _wait(lambda: _answers(socket.AF_INET, ("127.0.0.1", site.port)), site, "PHP's web server")


def _install(site: WordPress) -> None:
    told = site.post(
        "/wp-admin/install.php?step=2",
        {
            "weblog_title": "صحيفة الرافدين",
            "user_name": "editor",
            "admin_password": PASSWORD,
            "admin_password2": PASSWORD,
            "admin_email": "editor@rafidain.example",
            "blog_public": "1",
            "language": "",
            "Submit": "Install WordPress",
        },
    )
    if "wp-login.php" not in told:
        raise NoWordPressError(f"WordPress's own installation failed: {told[-500:]}")
    site.run("wp_delete_post(1, true); update_option('timezone_string', 'Asia/Baghdad'); return 1;")


def _start(site: WordPress, words: list[str], cwd: Path, **environment: str) -> None:
    log = (site.folder / "log").open("ab")
    with log:
        child = subprocess.Popen(  # noqa: S603 - our own command line
            words,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call
        )
    site.children.append(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End what we started: the group that it leads, workers included."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(5)


def _wait(is_there: Any, site: WordPress, name: str) -> None:
    end = time.monotonic() + START_S
    while not is_there():
        if site.children[-1].poll() is not None or time.monotonic() > end:
            log = (site.folder / "log").read_text(errors="replace")
            raise NoWordPressError(f"{name} did not start: {log[-500:]}")
        time.sleep(0.05)


def _answers(family: int, address: Any) -> bool:
    with socket.socket(family) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """No server is left behind when the tests are killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

"""What users install: a wheel with everything inside, that works from any directory."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*") if path.is_file())


def run(*argv: str | Path, cwd: Path, timeout_s: float = 60) -> str:
    """The output of a command that must succeed, in an environment as bare as a fresh machine's."""
    bare = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own command lines
        [str(part) for part in argv],
        cwd=cwd,
        env={**bare, "HOME": str(cwd), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_dir(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a venv with the wheel in it, which borrows our dependencies: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    ours = sysconfig.get_path("purelib")
    theirs = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    # A path named in a .pth file is not searched for .pth files, so our own editable install stays out.
    (Path(theirs) / "borrowed.pth").write_text(ours + "\n")
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    return folder / "bin"


def test_the_wheel_holds_every_template_and_the_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {f"notifier/_{name}" for name in TEMPLATES}
    assert inside - names == set()
    migrations = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("notifier/migrations/**/*.[pm]*[yo]")}
    assert "notifier/migrations/script.py.mako" in migrations
    assert migrations - names == set()


def test_the_wheel_holds_the_workers_and_nothing_that_is_not_product(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"notifier", "workers", next(top for top in tops if top.endswith(".dist-info"))}
    assert "workers/tasks.py" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert [name for name in names if name.endswith((".pyc", ".db", ".orig"))] == []


@pytest.mark.long
def test_the_installed_package_is_the_wheels_own(bin_dir: Path, tmp_path: Path) -> None:
    names = "notifier.__file__, workers.__file__, notifier.settings.templates_dir()"
    ask = f"import notifier.settings, workers; print({names})"
    for path in run(bin_dir / "python", "-c", ask, cwd=tmp_path).split():
        assert Path(path).is_relative_to(bin_dir.parent)
        assert Path(path).exists()


@pytest.mark.long
def test_the_command_answers_from_another_directory(bin_dir: Path, tmp_path: Path) -> None:
    said = run(bin_dir / "notifier", "--help", cwd=tmp_path)
    for command in ("demo", "serve", "worker", "beat", "migrate"):
        assert command in said


@pytest.mark.long
def test_the_drill_says_that_it_comes_with_the_source(bin_dir: Path, tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own command line
        [bin_dir / "notifier", "drill", "--quick"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "comes with the source" in ended.stderr


@pytest.mark.slow
def test_the_demo_works_from_another_directory(bin_dir: Path, tmp_path: Path) -> None:
    run(bin_dir / "notifier", "demo", "--smoke", cwd=tmp_path, timeout_s=110)

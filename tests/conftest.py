import gc
import os
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

# Threads that share a little work wait for each other in a loop: beside another worker that takes
# twice the time of one and more. For what is loaded later, and for processes that tests start, too.
for kind, name in (("blas", "OPENBLAS_NUM_THREADS"), ("openmp", "OMP_NUM_THREADS")):
    os.environ.setdefault(name, "1")
    threadpool_limits(int(os.environ[name]), user_api=kind)

from tests.brief import LARGER_STEPS  # noqa: E402
from tests.hand_written import company, pairs  # noqa: E402

__all__ = ["company", "pairs"]

# The first example may have to compile a kernel; how long that takes proves nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

MANY_TESTS = 300
"""From so many tests on a file takes long, however short each of them is."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that none of them begins when the others have ended."""
    files = [item.nodeid.partition("::")[0] for item in items]
    long = {name for name, item in zip(files, items, strict=True) if "long" in item.keywords}
    long |= {name for name, tests in Counter(files).items() if tests > MANY_TESTS}
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in long)


def pytest_collection_finish() -> None:
    """What was imported stays: nobody need look through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


def pytest_sessionfinish() -> None:
    """At the end everything goes as ever."""
    gc.unfreeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole files for each worker, which share what is made once a file, in the order above.

    Otherwise each worker trains the model of the file again. Groups of xdist would do the same, but
    xdist writes them into node ids, which pytest has made constants in 9.2.
    """
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.fixture(scope="module")
def brief_boosting() -> Iterator[None]:
    """Let boosted models learn in larger steps, as ``tests.brief`` says."""
    from churngrid.training.models.classifier import ChurnClassifier

    init = ChurnClassifier.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(init, "__kwdefaults__", (init.__kwdefaults__ or {}) | LARGER_STEPS)
        yield


@pytest.fixture(scope="module")
def unproven() -> Iterator[None]:
    """Without the proof of each dataset, which other tests look at."""
    from churngrid.training.dataset import dataset

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "prove", lambda *_: None)
        yield


PASSWORD = "s3cret/wörd"


def _server_programs() -> Path | None:
    """Folder with the programs of a PostgreSQL server."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _as_server_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root, so that root hands the folder to another user."""
    if os.geteuid() != 0:
        return []
    user = next((name for name in ("postgres", "nobody") if _exists(name)), None)
    if user is None or shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv and a user postgres or nobody to start a PostgreSQL server")
    shutil.chown(folder, user)
    return ["setpriv", f"--reuid={user}", f"--regid={_group(user)}", "--clear-groups"]


def _exists(user: str) -> bool:
    return subprocess.run(["id", user], capture_output=True, check=False).returncode == 0


def _group(user: str) -> str:
    found = subprocess.run(["id", "-g", user], capture_output=True, check=True, text=True)
    return found.stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, started on a free port and stopped at the end."""
    pytest.importorskip("adbc_driver_postgresql", reason="the PostgreSQL driver is not installed")
    programs = _server_programs()
    if programs is None:
        pytest.skip("the programs of a PostgreSQL server (initdb, pg_ctl) are not installed")
    folder = Path(tempfile.mkdtemp(prefix="churngrid-postgres-"))
    prefix, port = _as_server_user(folder), _free_port()

    def run(*command: str) -> None:
        log = (folder / "commands.log").open("a")
        with log:
            subprocess.run(
                [*prefix, *command], check=True, cwd=folder, stdout=log, stderr=log, timeout=120
            )

    password_file = folder / "password"
    password_file.write_text(PASSWORD, encoding="utf-8")
    password_file.chmod(0o644)
    data = str(folder / "data")
    control = [str(programs / "pg_ctl"), "-D", data, "-w"]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        run(
            *(str(programs / "initdb"), "-D", data, "-U", "churn", "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"),
        )
        run(*control, "-l", str(folder / "server.log"), "-o", options, "start")
        try:
            yield f"postgresql://churn:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)

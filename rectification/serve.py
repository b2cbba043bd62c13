"""`make run`: brings database, static files and demo up to date and serves, background jobs included.

One process loads Django once; gunicorn forks its workers from it. PORT, HOST, WEB_WORKERS (2) and DEMO come from the environment:
DEMO=0 is how an office runs it (deploy/).
"""

import gc
import hashlib
import os
import socket
import sys
import unicodedata
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectification.settings")
HOST = os.environ.get("HOST", "127.0.0.1")
IS_DEMO = os.environ.get("DEMO", "1") != "0"  # 0 in production: nothing is entered, and nothing migrated that no backup was made of
WORKERS = int(os.environ.get("WEB_WORKERS", "2"))
AWAY = 75  # exit status while a service doesn't answer: it may come back by itself, so systemd tries again (as it doesn't after 1)


def chosen_port() -> int:
    """PORT, refused with a sentence when it's no port or somebody else has it."""
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"PORT={text} 不是可用的端口号，请写 1 到 65535 之间的数字，例如 make run PORT=8001")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            sys.exit(f"端口 {text} 用不了（{error.strerror}）。请关掉占用它的程序，或换一个端口：make run PORT={int(text) % 65535 + 1}")
    return int(text)


def refuse(words: str, status: int = 1) -> NoReturn:
    print(words, file=sys.stderr, flush=True)
    sys.exit(status)


def refuse_unsafe() -> None:
    """What the start-up checks complain of, a sentence each, and no start. What can be mended here is mended: folders open to others."""
    from django.core import checks

    from operations.checks import check_surroundings
    from operations.checks.folders import close_to_others

    for path in close_to_others():
        print(f"已收回本机其他账号进入 {path} 的权限。", flush=True)
    found = [*checks.run_checks(databases=["default"]), *check_surroundings(databases=["default"])]
    wrong = [message for message in found if message.is_serious() and not message.is_silenced()]
    if wrong:
        status = AWAY if {message.id for message in wrong} == {"operations.E031"} else 1  # Redis alone doesn't answer
        refuse("没有启动：\n" + "\n".join(f"  {message.msg}（{message.id}）" for message in wrong), status)


def prepare_database() -> None:
    """Apply what migrations are missing."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan and not IS_DEMO:
        sys.exit(f"数据库缺少 {len(plan)} 个迁移，没有启动。请先执行 manage.py backup 备份，再执行 manage.py migrate，然后启动。")
    if plan:
        call_command("migrate", interactive=False, verbosity=0)


def prepare_counts() -> None:
    """Make the counts that figures are read from, where they were never made."""
    from django.utils import timezone

    from organizations.actions import check_counts
    from organizations.kept import COUNTERS, is_built

    if not all(is_built(model) for model in COUNTERS):
        check_counts(by=None, at=timezone.now())


def static_stamp() -> str:
    """Changes when a static file of ours or an installed package does."""
    from django.conf import settings

    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted(Path(settings.STATICFILES_DIRS[0]).rglob("*")):
        if path.is_file():
            digest.update(f"{path}{path.stat().st_mtime_ns}{path.stat().st_size}".encode())
    return digest.hexdigest()


def prepare_static() -> None:
    """Collect the static files when they have changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    kept = settings.DATA_DIR / "static.stamp"
    stamp = static_stamp()
    if not kept.exists() or kept.read_text() != stamp or not (settings.STATIC_ROOT / "staticfiles.json").exists():
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        kept.write_text(stamp)


def prepare_demo() -> None:
    """Enter the demo into a database that never had one; one that was removed stays away."""
    from django.core.management import call_command

    from accounts.models import User
    from audit.models import Event

    if not User.objects.exists() and not Event.objects.filter(action="demo.enter_demo").exists():
        call_command("demo")


def padded(text: str, width: int) -> str:
    """Text filled up to a width in columns, a Chinese character being two."""
    return text + " " * (width - sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))


def greet(port: int) -> None:
    """The address and who can sign in."""
    from demo.actions import accounts

    print(f"\n教育整顿工作平台  http://{HOST}:{port}/   （按 Ctrl+C 停止）\n", flush=True)
    rows = accounts()
    if rows:
        print("演示账号：", flush=True)
    for row in rows:
        print(f"  {padded(row['username'], 8)}{padded(row['password'], 18)}{padded(row['name'], 10)}{row['role']}", flush=True)
    print(flush=True)


def prepare_figures() -> None:
    """The processes' figures are summed through files of this run (operations/metrics.py); said before the library is loaded."""
    import shutil

    from django.conf import settings

    folder = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(settings.DATA_DIR / "metrics")))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def spare_garbage_search() -> None:
    """What is loaded stays to the end of the process and is not looked through for garbage again; what a page leaves is looked for less often. It took a tenth of each page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def sweep_garbage(_worker=None, _request=None) -> None:
    """Between two pages, when the first has been sent, what they left is looked for while it is little (3 ms): at the threshold one visitor would wait for
    that of thirty pages (35 ms)."""
    for generation, most in ((2, 50), (1, 20), (0, 5_000)):
        if gc.get_count()[generation] > most:
            gc.collect(generation)
            return


def serve(port: int) -> None:
    """gunicorn with threads; a job thread starts in each worker when jobs run in the web process."""
    from django.conf import settings
    from django.db import connections
    from gunicorn.app.base import BaseApplication

    from rectification.wsgi import application

    def forget_figures(server, worker) -> None:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)

    def wake_jobs(worker) -> None:
        if settings.JOBS_IN_PROCESS:
            from jobs.runner import thread

            thread.wake()

    class Server(BaseApplication):
        def load_config(self) -> None:
            options = {
                "bind": f"{HOST}:{port}", "workers": WORKERS, "threads": 4, "worker_class": "gthread", "timeout": 120,
                "max_requests": 2000, "max_requests_jitter": 200, "loglevel": "warning", "post_worker_init": wake_jobs, "post_request": sweep_garbage, "child_exit": forget_figures,
                "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None, "control_socket_disable": True,
            }
            for key, value in options.items():
                if key in self.cfg.settings:
                    self.cfg.set(key, value)

        def load(self):
            return application

    connections.close_all()
    spare_garbage_search()
    Server().run()


def main() -> None:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    port = chosen_port()
    try:
        prepare_figures()
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"设置有误，没有启动：{error}")
    try:
        refuse_unsafe()
        prepare_database()
        prepare_counts()
    except OperationalError as error:
        refuse(f"数据库连接不上，没有启动。请检查 DATABASE_URL 和数据库服务。原因：{error}", AWAY)
    prepare_static()
    if IS_DEMO:
        prepare_demo()
        greet(port)
    serve(port)


if __name__ == "__main__":
    main()

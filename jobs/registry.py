"""Which function does which kind of job, and in which queue. Rooms above register theirs in AppConfig.ready()."""

from collections.abc import Callable
from typing import BinaryIO, Protocol

QUICK, DOCUMENTS, IMPORTS = "quick", "documents", "imports"
QUEUES = (QUICK, DOCUMENTS, IMPORTS)  # seconds; files that take up to minutes; long writing. Limits: settings.JOB_LIMITS


class Report(Protocol):
    """How a running job tells how far it is, and learns whether it may go on.

    Called as the last thing inside a transaction it is a fence: the transaction commits only if this runner still holds the job.
    """

    def __call__(self, percent: int, message: str = "") -> None: ...


class Result:
    """What a job hands back: a file to fetch, or only a sentence. A large file comes open instead of as bytes; whoever delivers closes it.

    With `refused` the job ends as not successful, while what its last transaction wrote stays.
    """

    def __init__(self, content: bytes | BinaryIO | None = None, name: str = "", media_type: str = "", message: str = "", refused: bool = False):
        self.content, self.name, self.media_type, self.message, self.refused = content, name, media_type, message, refused


Closing = Callable[[], Result]  # run inside the transaction that ends the job: its effect and the end happen both or neither
Work = Callable[[dict, Report], Result | Closing]
KINDS: dict[str, Work] = {}
QUEUE_OF: dict[str, str] = {}
TITLES: dict[str, str] = {}  # kind → what kind of work it is, without anything about whose
DAILY: dict[str, str] = {}  # kind → label of the work that is done once a day


def job_kind(name: str, *, queue: str = "", title: str = "", daily: str = "") -> Callable[[Work], Work]:
    """Register `work(args, report)` under a name; a name is taken once. With a label it is done every day.

    A kind names its queue and its title; `daily` serves as the title too.
    """
    if queue and queue not in QUEUES:
        raise ValueError(f"job kind {name} names a queue that isn't one of {', '.join(QUEUES)}: {queue}")

    def register(work: Work) -> Work:
        if name in KINDS:
            raise ValueError(f"job kind {name} is registered twice")
        KINDS[name] = work
        if queue:
            QUEUE_OF[name] = queue
        if title or daily:
            TITLES[name] = title or daily
        if daily:
            DAILY[name] = daily
        return work

    return register

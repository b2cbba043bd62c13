"""Which function does which kind of job. Rooms above register theirs in AppConfig.ready()."""

from collections.abc import Callable
from typing import BinaryIO, Protocol


class Report(Protocol):
    """How a running job tells how far it is."""

    def __call__(self, percent: int, message: str = "") -> None: ...


class Result:
    """What a job hands back: a file to fetch, or only a sentence. A large file comes open instead of as bytes; whoever delivers closes it."""

    def __init__(self, content: bytes | BinaryIO | None = None, name: str = "", media_type: str = "", message: str = ""):
        self.content, self.name, self.media_type, self.message = content, name, media_type, message


Work = Callable[[dict, Report], Result]
KINDS: dict[str, Work] = {}
DAILY: dict[str, str] = {}  # kind → label of the work that is done once a day


def job_kind(name: str, *, daily: str = "") -> Callable[[Work], Work]:
    """Register `work(args, report) -> Result` under a name; a name is taken once. With a label it is done every day."""

    def register(work: Work) -> Work:
        if name in KINDS:
            raise ValueError(f"job kind {name} is registered twice")
        KINDS[name] = work
        if daily:
            DAILY[name] = daily
        return work

    return register

"""The ledger as PDF: seconds (of the clock and of the processor), pages and the worker's memory at 100, 500 and 2,000 rows. `python benchmarks/ledger_pdf.py [rows …]`"""

import io
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectification.settings")

import django  # noqa: E402

django.setup()

import pypdf  # noqa: E402

from reports.ledger_pdf import COLUMNS  # noqa: E402
from reports.renderers import pdf  # noqa: E402
from reports.sheet import Cell, Sheet  # noqa: E402

TEXTS = {
    "问题": "谈话记录要素不全，没有写明地点和被谈话人意见", "表现": "3 份谈话记录没有写明地点和被谈话人意见，其中 2 份没有签名，事后也没有补正。",
    "整改措施": "1. 补正 3 份记录\n2. 每周抽查，发现一份改一份\n3. 统一记录格式", "责任领导": "唐克勤", "责任部门/单位": "云澜区石桥街道纪工委", "责任人": "林知夏",
    "整改时限": "2026年12月31日", "完成情况": "整改中：2026年11月20日，3 份记录已补正，格式已统一", "销号": "",
}  # fmt: skip


def ledger(count: int) -> Sheet:
    columns = COLUMNS["ledger"]
    rows = tuple(tuple(Cell(str(n) if name == "序号" else TEXTS[name]) for name in columns) for n in range(1, count + 1))
    return Sheet("问题整改台账", tuple(w for _h, w in columns.values()), (tuple(Cell(h, kind="label") for h, _w in columns.values()),), rows, landscape=True)


def memory(pid: int) -> int:
    """The most the process has had at once, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def cpu(pid: int) -> float:
    """Seconds of processor time the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(counts: list[int]) -> None:
    for count in counts:
        pdf.LONG.close()
        pdf.render_sheet(ledger(1))  # the worker is warm, as after the first file of a day
        worker, begun = pdf.LONG.worker.process.pid, time.perf_counter()
        before = cpu(worker)
        content = pdf.render_sheet(ledger(count), timeout=900)
        seconds = time.perf_counter() - begun
        pages = len(pypdf.PdfReader(io.BytesIO(content)).pages)
        used = cpu(worker) - before
        print(f"{count:>6,} rows  {seconds:6.1f} s ({used:.1f} s processor)  {pages:>4} pages  {len(content) // 1024:>6,} KB  {memory(worker):>5,} MB")


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [100, 500, 2000])

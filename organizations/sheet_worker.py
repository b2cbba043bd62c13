"""Reads the first sheet of a workbook from standard input and prints it packed.

A process of its own with little memory: a few crafted bytes can make the reader ask for hundreds of gigabytes, which
would end the web process. It imports nothing of the project. Exit codes are read by organizations.sheets.
"""

import gc
import io
import json
import os
import resource
import sys
from array import array
from collections.abc import Sequence
from itertools import count, zip_longest

NOT_A_WORKBOOK, TOO_MANY_ROWS, LOCKED, TOO_WIDE = 3, 4, 5, 6
MEMORY = 1536 * 1024 * 1024  # bytes of address space
SECONDS = 60


def text(value: object) -> str:
    """A cell as its reader sees it: 1001.0 is 1001, TRUE is 是."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def texts(row: list) -> list[str]:
    """A row's cells as text; of an empty row nothing."""
    try:
        return row if "".join(row) else []
    except TypeError:  # not all of them are text
        return [text(cell) for cell in row]


def packed(cells: Sequence[str]) -> tuple[list[str], array]:
    """A column's different cells, and which of them stands in each row: most columns of a long sheet hold a few."""
    number = dict(zip(dict.fromkeys(cells), count()))
    return list(number), array("I", map(number.__getitem__, cells))


def parted(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[tuple[list[str], array]]]:
    """The headers in the first row, and the columns below them packed, all of one length."""
    columns = list(zip_longest(*rows, fillvalue=""))
    return [cells[0] for cells in columns], [packed(cells[1:]) for cells in columns]


def printed(headers: list[str], columns: Sequence[tuple[list[str], array]]) -> bytes:
    """A line of JSON with the headers and the different cells of each column below; after it, column by column, the numbers of the cells in its rows, four bytes each."""
    first = json.dumps([headers, [cells for cells, _numbers in columns]])
    return b"".join([first.encode(), b"\n", *(numbers.tobytes() for _cells, numbers in columns)])


def main(limit: int, columns: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # rows are no garbage, and the process ends with them
    import python_calamine

    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
        if sheet.total_width > columns:
            return TOO_WIDE
        rows, filled = [], 0
        for row in sheet.iter_rows():
            rows.append(texts(row))
            filled += bool(rows[-1])
            if filled > limit:
                return TOO_MANY_ROWS
    except python_calamine.PasswordError:
        return LOCKED
    except (python_calamine.CalamineError, python_calamine.WorksheetNotFound, IndexError, ValueError):
        return NOT_A_WORKBOOK
    while rows and not rows[-1]:
        rows.pop()
    sys.stdout.buffer.write(printed(*parted(rows)))
    return 0


if __name__ == "__main__":
    outcome = main(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.flush()
    os._exit(outcome)  # at once: taking a million cells apart takes longer than packing them

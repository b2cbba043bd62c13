"""Reads the first sheet of a workbook from standard input and prints it as JSON: of each column its different cells, and which stands in each row.

A process of its own with little memory: a few crafted bytes can make the reader ask for hundreds of gigabytes, which
would end the web process. It imports nothing of the project. Exit codes are read by organizations.sheets.
"""

import gc
import io
import json
import resource
import sys
from itertools import zip_longest

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


def packed(cells: tuple[str, ...]) -> tuple[list[str], list[int]]:
    """Most columns of a long sheet hold a few different cells; those are sent once."""
    number = {cell: n for n, cell in enumerate(dict.fromkeys(cells))}
    return list(number), [number[cell] for cell in cells]


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
    sys.stdout.write(json.dumps([packed(cells) for cells in zip_longest(*rows, fillvalue="")]))  # in one go: json.dump would write cell by cell
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

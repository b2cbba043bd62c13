"""Reads the first sheet of a workbook from standard input and prints its rows as JSON.

A process of its own with little memory: a few crafted bytes can make the reader ask for hundreds of gigabytes, which
would end the web process. It imports nothing of the project. Exit codes are read by organizations.sheets.
"""

import io
import json
import resource
import sys

NOT_A_WORKBOOK, TOO_MANY_ROWS, LOCKED = 3, 4, 5
MEMORY = 1536 * 1024 * 1024  # bytes of address space
SECONDS = 60


def text(value: object) -> str:
    """A cell as its reader sees it: 1001.0 is 1001, TRUE is 是."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def main(limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine

    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
        rows, filled = [], 0
        for row in sheet.iter_rows():
            rows.append([text(cell) for cell in row] if any(cell != "" for cell in row) else [])
            filled += bool(rows[-1])
            if filled > limit:
                return TOO_MANY_ROWS
    except python_calamine.PasswordError:
        return LOCKED
    except (python_calamine.CalamineError, python_calamine.WorksheetNotFound, IndexError, ValueError):
        return NOT_A_WORKBOOK
    while rows and not rows[-1]:
        rows.pop()
    json.dump(rows, sys.stdout, ensure_ascii=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

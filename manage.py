#!/usr/bin/env python
"""Django's command line for the project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectification.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"设置有误，没有启动：{error}")
    except OperationalError as error:
        sys.exit(f"数据库用不了，没有执行。请检查 DATABASE_URL 和数据库是否已启动、是否已执行 migrate。原因：{error}")


if __name__ == "__main__":
    main()

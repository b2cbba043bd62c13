"""Which of the packages' static files are served."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class ServedFiles(StaticFilesConfig):
    """Our own files, one Bootstrap style sheet, one Bootstrap script, one htmx: the rest of the packages stays at home."""

    ignore_patterns = [
        "import_export",
        "bootstrap-grid*", "bootstrap-reboot*", "bootstrap-utilities*", "*.rtl.*",
        "bootstrap.css*", "bootstrap.js*", "bootstrap.bundle*", "bootstrap.esm*",
        "ext", "htm*-4*", "htmx-2.js", "django-htmx.js",
    ]

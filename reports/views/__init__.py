"""Pages of reports: the desk, the dashboard, figures, briefings, the log."""

from .audit import audit_log
from .briefing import (
    briefing_compare,
    briefing_detail,
    briefing_edit,
    briefing_file,
    briefing_issue,
    briefing_list,
    briefing_new,
    briefing_restore,
    briefing_return,
    briefing_submit,
)
from .dashboard import dashboard, figure_detail, report_now
from .home import home

__all__ = [
    "audit_log", "briefing_compare", "briefing_detail", "briefing_edit", "briefing_file", "briefing_issue", "briefing_list", "briefing_new",
    "briefing_restore", "briefing_return", "briefing_submit", "dashboard", "figure_detail", "home", "report_now",
]

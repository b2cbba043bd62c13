"""Pages of reports: the desk, the dashboard, figures, briefings, the log."""

from .audit import audit_export, audit_log, audit_verify
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
from .help import help_detail, help_list
from .home import home
from .own_record import own_record, own_record_file
from .papers import ledger_pdf, selfcheck_form
from .search import search
from .styleguide import styleguide

__all__ = [
    "audit_export", "audit_log", "audit_verify", "briefing_compare", "briefing_detail", "briefing_edit", "briefing_file", "briefing_issue", "briefing_list", "briefing_new",
    "briefing_restore", "briefing_return", "briefing_submit", "dashboard", "figure_detail", "help_detail", "help_list", "home", "ledger_pdf", "own_record", "own_record_file", "report_now", "search", "selfcheck_form",
    "styleguide",
]

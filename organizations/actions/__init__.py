"""Deeds on units, cadres, posts, roles and the roster as a whole."""

from .cadre import change_cadre, enter_cadre, link_account
from .role import grant_role, open_staff_account, revoke_role
from .roster import confirm_roster, finish_import, import_roster, upload_roster
from .unit import assign_duty, change_unit, next_child_path, open_unit, withdraw_duty

__all__ = [
    "assign_duty", "change_cadre", "change_unit", "confirm_roster", "enter_cadre", "finish_import", "grant_role", "import_roster", "link_account",
    "next_child_path", "open_staff_account", "open_unit", "revoke_role", "upload_roster", "withdraw_duty",
]

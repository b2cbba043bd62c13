"""Deeds on units, cadres, posts, roles and the roster as a whole."""

from .cadre import change_cadre, enter_cadre, link_account
from .counts import check_counts
from .handover import HandedOver, hand_over
from .role import grant_role, open_staff_account, revoke_role
from .roster import confirm_roster, finish_import, import_roster, upload_roster
from .unit import assign_duty, change_unit, move_unit, next_child_path, open_unit, withdraw_duty

__all__ = [
    "HandedOver", "assign_duty", "change_cadre", "change_unit", "check_counts", "confirm_roster", "enter_cadre", "finish_import", "grant_role", "hand_over", "import_roster",
    "link_account", "move_unit", "next_child_path", "open_staff_account", "open_unit", "revoke_role", "upload_roster", "withdraw_duty",
]

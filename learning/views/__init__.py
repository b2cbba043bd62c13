"""Pages of this room, by noun."""

from .activity import activity_list, activity_new
from .attendance import attendance_form, make_up, reflection_form
from .material import material_file, material_list, material_new
from .session import session_detail, session_export, session_list, session_new
from .test import test_detail, test_list, test_new

__all__ = [
    "activity_list", "activity_new", "attendance_form", "make_up", "material_file", "material_list", "material_new",
    "reflection_form", "session_detail", "session_export", "session_list", "session_new", "test_detail", "test_list", "test_new",
]

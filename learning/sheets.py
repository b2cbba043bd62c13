"""Sheets out of this room."""

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource

from organizations.models import within

from .models import Attendance, StudySession

WIDTHS = [40, 18, 12, 18, 12, 12, 10, 10, 36, 8]  # of the columns below, in half-width characters


class SessionResource(ModelResource):
    """集中学习台账, with the columns offices use. Counts and names are of the cadres in some subtrees."""

    contents = Field(column_name="学习内容")
    unit = Field(column_name="所属组织")
    held_on = Field(column_name="学习时间")
    place = Field(column_name="学习地点", attribute="place")
    form = Field(column_name="学习形式", attribute="form")
    host = Field(column_name="主持人", attribute="host")
    expected = Field(column_name="应到人数", attribute="expected")
    present = Field(column_name="实到人数", attribute="present")
    missing = Field(column_name="缺席人员")
    late = Field(column_name="补录")

    class Meta:
        model = StudySession
        fields = ["contents", "unit", "held_on", "place", "form", "host", "expected", "present", "missing", "late"]
        export_order = fields

    def __init__(self, paths: list[str], **kwargs):
        super().__init__(**kwargs)
        self.paths = paths

    def filter_export(self, queryset, **kwargs):
        absent = Attendance.objects.filter(within(self.paths, "cadre__unit__path")).exclude(status=Attendance.Status.PRESENT)
        return (
            queryset.with_counts(self.paths).select_related("unit").order_by("held_on", "pk")
            .prefetch_related("topics", Prefetch("attendance", absent.select_related("cadre"), to_attr="absent_rows"))
        )

    def dehydrate_contents(self, session) -> str:
        return "；".join([session.title, *(topic.title for topic in session.topics.all() if topic.title != session.title)])

    def dehydrate_unit(self, session) -> str:
        return session.unit.name

    def dehydrate_held_on(self, session) -> str:
        return session.held_on.isoformat() if session.held_on else ""

    def dehydrate_expected(self, session) -> int | str:
        return session.expected or ""

    def dehydrate_present(self, session) -> int | str:
        return session.present if session.expected else ""

    def dehydrate_missing(self, session) -> str:
        return "、".join(f"{row.cadre}（{row.get_status_display()}）" for row in session.absent_rows)

    def dehydrate_late(self, session) -> str:
        return _("补录") if session.is_late_entry else ""

"""The plan as an Excel sheet: 时间、地点、任务、负责人 are the columns every office looks for."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from import_export.widgets import IntegerWidget

from files.workbook import workbook

from .models import Campaign, PlanItem

WIDTHS = [6, 16, 20, 48, 18, 14, 12, 12, 24]  # of the columns below, in half-width characters


class PlanItemResource(resources.ModelResource):
    """Rows out; the plan is not read back from a sheet."""

    number = fields.Field("number", _("序号"), widget=IntegerWidget(coerce_to_string=False))
    when_text = fields.Field("when_text", _("时间"))
    place = fields.Field("place", _("地点"))
    task = fields.Field("task", _("任务"))
    owner = fields.Field("owner_label", _("负责人"))
    work_group = fields.Field("work_group__name", _("责任组"))
    phase = fields.Field("phase__label", _("环节"))
    due_on = fields.Field("due_on", _("完成时限"))
    state = fields.Field(column_name=_("完成情况"))

    class Meta:
        model = PlanItem
        fields = export_order = ["number", "when_text", "place", "task", "owner", "work_group", "phase", "due_on", "state"]

    def get_queryset(self):
        return super().get_queryset().with_tasks().select_related("owner", "work_group", "phase")

    def dehydrate_when_text(self, item: PlanItem) -> str:
        return item.when_text or (f"{item.due_on:%Y-%m-%d}" if item.due_on else "")

    def dehydrate_due_on(self, item: PlanItem) -> str:
        return f"{item.due_on:%Y-%m-%d}" if item.due_on else ""

    def dehydrate_state(self, item: PlanItem) -> str:
        if item.done_on:
            return str(_("%(d)s 完成")) % {"d": item.done_on.isoformat()}
        late = str(_("，已逾期")) if item.is_overdue(timezone.localdate()) else ""
        units = str(_("，已报 %(done)s/%(all)s 个单位")) % {"done": item.reported, "all": item.assigned} if item.assigned else ""
        return str(_("未完成")) + late + units

    def workbook(self, campaign: Campaign) -> tuple[bytes, int]:
        """The file and how many lines it holds."""
        rows = self.export(self.get_queryset().filter(campaign=campaign))
        return workbook(rows, title=str(_("计划安排")), widths=WIDTHS), len(rows)

"""When a problem moved last, so that a desk finds the latest steps of a nation, a city or a unit alike along one index."""

from django.db import migrations, models
from django.db.models import Max, OuterRef, Subquery

BATCH = 20_000


def fill(apps, schema_editor) -> None:
    Problem, StatusChange = apps.get_model("ledger", "Problem"), apps.get_model("ledger", "StatusChange")
    last = Problem.objects.aggregate(last=Max("pk"))["last"] or 0
    steps = StatusChange.objects.filter(problem=OuterRef("pk")).order_by("-at").values("at")
    for start in range(0, last + 1, BATCH):
        Problem.objects.filter(pk__gte=start, pk__lt=start + BATCH, moved_at=None).update(moved_at=Subquery(steps[:1]))


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_recent_changes")]

    operations = [
        migrations.AddField("problem", "moved_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="最近变动时间")),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

"""Counts say where their block stands themselves: the unit's path instead of its number."""

from django.db import migrations, models

MODELS = {
    "SlipCount": ["campaign", "path", "slip"],
    "DeliveryCount": ["campaign", "path"],
}


def begin_anew(apps, _editor) -> None:
    """Counts are made from the rows: the server makes them when it starts and finds none."""
    for name in MODELS:
        apps.get_model("campaigns", name).objects.all().delete()
        apps.get_model("organizations", "KeptCheck").objects.filter(kind=f"campaigns.{name}").delete()


def by_path(name: str) -> list:
    once = f"campaigns_{name.lower()}_once"
    return [
        migrations.RemoveConstraint(name, once),
        migrations.RemoveField(name, "unit"),
        migrations.AddField(name, "path", models.CharField(max_length=16), preserve_default=False),
        migrations.AddConstraint(name, models.UniqueConstraint(fields=MODELS[name], name=once)),
    ]


class Migration(migrations.Migration):
    # contract: no release has read these counts by their unit's number

    dependencies = [("campaigns", "0007_slip_counts"), ("organizations", "0011_counts_by_path")]

    operations = [migrations.RunPython(begin_anew, begin_anew), *(step for name in MODELS for step in by_path(name))]

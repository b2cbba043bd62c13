"""Counts say where their block stands themselves: the unit's path instead of its number."""

from django.db import migrations, models

MODELS = {
    "HeadCount": ["path"],
    "RosterCount": ["path"],
}


def begin_anew(apps, _editor) -> None:
    """Counts are made from the rows: the server makes them when it starts and finds none."""
    for name in MODELS:
        apps.get_model("organizations", name).objects.all().delete()
        apps.get_model("organizations", "KeptCheck").objects.filter(kind=f"organizations.{name}").delete()


def by_path(name: str) -> list:
    once = f"organizations_{name.lower()}_once"
    return [
        migrations.RemoveConstraint(name, once),
        migrations.RemoveField(name, "unit"),
        migrations.AddField(name, "path", models.CharField(max_length=16), preserve_default=False),
        migrations.AddConstraint(name, models.UniqueConstraint(fields=MODELS[name], name=once)),
    ]


class Migration(migrations.Migration):
    # contract: no release has read these counts by their unit's number

    dependencies = [("organizations", "0010_cadre_categories")]

    operations = [migrations.RunPython(begin_anew, begin_anew), *(step for name in MODELS for step in by_path(name))]

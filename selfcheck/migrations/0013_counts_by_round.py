"""Counts of reports by round. They are made anew from the reports (organizations/kept.py), so nothing is carried over.

# contract: the table was never part of a release.
"""

import django.db.models.deletion
from django.db import migrations, models


def forget(apps, schema_editor) -> None:
    """Not built: the server's start or the night counts them through; until then rows are counted."""
    apps.get_model("organizations", "KeptCheck").objects.filter(kind="selfcheck.ReportCount").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0006_kept_counts"),
        ("organizations", "0008_kept_counts"),
        ("selfcheck", "0012_sensitivity_help"),
    ]

    operations = [
        migrations.DeleteModel("ReportCount"),
        migrations.CreateModel(
            name="ReportCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("right_until", models.DateField(blank=True, null=True, verbose_name="有效至")),
                ("due", models.PositiveIntegerField()),
                ("submitted", models.PositiveIntegerField()),
                ("accepted", models.PositiveIntegerField()),
                ("returned", models.PositiveIntegerField()),
                ("overdue", models.PositiveIntegerField()),
                ("unassigned", models.PositiveIntegerField()),
                ("campaign", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.campaign")),
                ("round", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="selfcheck.round")),
                ("unit", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organizations.unit", verbose_name="单位")),
            ],
            options={
                "verbose_name": "自查报告数",
                "constraints": [models.UniqueConstraint(fields=("unit", "campaign", "round"), name="selfcheck_reportcount_once")],
            },
        ),
        migrations.AddIndex("selfcheck", models.Index(fields=["round", "checklist"], name="selfcheck_round_checklist")),
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]

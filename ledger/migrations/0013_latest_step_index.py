from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_latest_step")]

    operations = [migrations.AddIndex("problem", models.Index(fields=["campaign", "-moved_at", "responsible_unit"], name="ledger_problem_by_step"))]

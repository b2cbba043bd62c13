"""Records are counted by kind and level too, as their list shows them, and the list goes along an index."""

import datetime as dt

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

LATEST = Coalesce("held_on", Value(dt.date.min)).desc()


def begin_anew(apps, _editor) -> None:
    """Counts are made from the rows: the server makes them when it starts and finds none."""
    apps.get_model("supervision", "RecordCount").objects.all().delete()
    apps.get_model("organizations", "KeptCheck").objects.filter(kind="supervision.RecordCount").delete()


class Migration(migrations.Migration):
    # contract: the database itself writes 0 for code that does not name these columns, and what that code counted is made anew

    dependencies = [("supervision", "0006_counts_by_path"), ("organizations", "0011_counts_by_path")]

    operations = [
        *(
            migrations.AddField("recordcount", f"{kind}_{level}", models.PositiveIntegerField(db_default=0))
            for kind in ("appraisal", "debriefing", "talk")
            for level in ("work", "thought")
        ),
        migrations.AlterModelOptions("supervisionrecord", {"ordering": [LATEST, "-pk"], "verbose_name": "监督记录"}),
        migrations.AddIndex("supervisionrecord", models.Index("campaign", LATEST, F("id").desc(), name="supervision_record_latest")),
        migrations.RunPython(begin_anew, begin_anew),
    ]

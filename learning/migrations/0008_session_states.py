"""Sessions that wait for their attendance are kept too, and the list goes along an index."""

import datetime as dt

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    # contract: no release has written these counts; their table was emptied by the migration before

    dependencies = [("learning", "0007_counts_by_path")]

    operations = [
        migrations.AddField("sessioncount", "unrecorded", models.PositiveIntegerField(), preserve_default=False),
        migrations.AddField("sessioncount", "listed", models.PositiveIntegerField(), preserve_default=False),
        migrations.AddIndex(
            "studysession",
            models.Index("campaign", Coalesce("held_on", Value(dt.date.min)).desc(), F("id").desc(), name="learning_session_latest"),
        ),
    ]

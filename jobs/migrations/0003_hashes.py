"""Jobs from before hashes were kept get theirs: of their arguments while they wait, of their file while it is there."""

from django.db import migrations

from jobs.models import args_hash
from jobs.results import result_hash


def keep_hashes(apps, schema_editor):
    jobs = apps.get_model("jobs", "Job").objects.using(schema_editor.connection.alias)
    for job in jobs.filter(args_sha256="").iterator():
        job.args_sha256 = args_hash(job.args)
        if job.result and job.result.storage.exists(job.result.name):
            with job.result.open("rb") as handle:
                job.result_sha256 = result_hash(handle)
        job.save(update_fields=["args_sha256", "result_sha256"])


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_execution")]
    operations = [migrations.RunPython(keep_hashes, migrations.RunPython.noop, elidable=True)]

"""Static files named by their content, so that browsers keep them for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class StaticStorage(ManifestStaticFilesStorage):
    """Named by hash; a file that a package's source map names but does not ship is left as it is."""

    manifest_strict = True
    support_js_module_import_aggregation = False

"""Static files named by their content and compressed once, so that browsers keep them for ever."""

from functools import cache

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Named by hash; a file that a package's source map names but does not ship is left as it is."""

    manifest_strict = True
    support_js_module_import_aggregation = False

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.url = cache(self.url)  # the list of names is read once; a page asks for twenty of them

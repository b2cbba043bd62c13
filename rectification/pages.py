"""What every page passes on its way in and out."""

from django.conf import settings
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation


class PlaceMiddleware:
    """Language and time zone are the settings'. Said once, they are at hand; unsaid, each sentence and each time of a page looks for them in vain first."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        translation.activate(settings.LANGUAGE_CODE)
        timezone.activate(settings.TIME_ZONE)
        return self.get_response(request)


class PageGZipMiddleware(GZipMiddleware):
    """Pages are sent compressed; files to download keep their length and their own compression.

    Django pads each answer by a random length, and tokens in pages are masked anew each time (BREACH).
    """

    def process_response(self, request, response):
        kind = response.headers.get("Content-Type", "")
        return super().process_response(request, response) if kind.startswith("text/html") else response

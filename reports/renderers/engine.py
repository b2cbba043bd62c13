"""WeasyPrint, loaded as fast as it can be.

It tries several spellings of each library's name, and for each that fails cffi has ldconfig, gcc and ld look for it: most of the time its import
takes. On Linux every library is found by its soname, one of the spellings, with nobody asked.
"""

import ctypes.util
import sys

_find_library = ctypes.util.find_library
if sys.platform == "linux":
    ctypes.util.find_library = lambda name: None
try:
    from weasyprint import HTML, URLFetcher
    from weasyprint.text import ffi
    from weasyprint.text.fonts import FontConfiguration
finally:
    ctypes.util.find_library = _find_library

__all__ = ["HTML", "FontConfiguration", "URLFetcher", "ffi"]

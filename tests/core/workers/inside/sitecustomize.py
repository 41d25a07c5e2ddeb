"""Python imports this when it starts with this folder on its path: it puts deeds.py into the workers' template."""

import sys

if "core.workers.template" in sys.orig_argv:
    import deeds

    deeds.install()

"""`python -m bench [--quick] [section ...]`: measure, print the table, keep it as JSON and plots.

Without a section all are run. A section's figures stay until it is run again, so the table and the plots
are always whole; how old a figure is stands in its JSON.
"""

import argparse
import time

from bench import (
    coldstart,
    concurrency,
    contention,
    gallery,
    growth,
    metadata,
    plots,
    private,
    reads,
    renditions,
    request,
    results,
    uploads,
)

_ALL = (renditions, request, uploads, concurrency, reads, metadata, private, contention, coldstart, gallery, growth)
SECTIONS = {module.SECTION: module for module in _ALL}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Side by side with what a user would pick.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"only these: {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="fewer inputs and rounds: a look, not a figure")
    parser.add_argument("--table", action="store_true", help="measure nothing; print what the last runs found")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(unknown)}")
    began = time.monotonic()
    for name in [] if options.table else options.sections or SECTIONS:
        print(f"{name}: {(SECTIONS[name].__doc__ or '').splitlines()[0]}")
        found = results.Results(name, options.quick)
        SECTIONS[name].run(found)
        found.save()
    sections = results.load(options.quick, SECTIONS)
    series = {name: values for section in sections for name, values in section["series"].items()}
    drawn = plots.draw(series, results.folder(options.quick))
    print(f"\n{results.table(sections)}\n")
    print(f"{time.monotonic() - began:.0f} s; {len(drawn)} plots and the JSON in {results.folder(options.quick)}")


if __name__ == "__main__":
    main()

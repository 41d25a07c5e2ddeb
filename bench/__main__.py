"""`python -m bench [--quick] [section ...]`: measure, print the table, keep it as JSON and plots."""

import argparse
import time

from bench import coldstart, concurrency, contention, growth, metadata, plots, reads, renditions, request
from bench.results import FOLDER, Results

SECTIONS = {
    module.SECTION: module
    for module in (renditions, request, concurrency, reads, metadata, contention, coldstart, growth)
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Side by side with what a user would pick instead."
    )
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="only these (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer inputs and rounds: a look, not a figure")
    options = parser.parse_args()
    results, began = Results(quick=options.quick), time.monotonic()
    for name in options.sections or SECTIONS:
        print(f"{name}: {(SECTIONS[name].__doc__ or '').splitlines()[0]}")
        SECTIONS[name].run(results)
    path = FOLDER / ("quick.json" if options.quick else "results.json")
    results.save(path)
    drawn = plots.draw(results.series, path.parent / "plots")
    print(f"\n{results.table()}\n\n{time.monotonic() - began:.0f} s; {path}, {len(drawn)} plots")


if __name__ == "__main__":
    main()

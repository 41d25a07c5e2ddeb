"""Compares every project's files with its index, and mends what differs; safe while the service runs.

    python -m core.doctor check|repair|rebuild|sweep|bench [--project P] [--json]
    python -m core.doctor locktest PATH
    python -m core.doctor adopt OLD [--apply]

Nothing that might be an image is destroyed: what is taken out of a project goes to a dated folder of
the quarantine, which `sweep` empties once that date is old enough. What is younger than an upload
may take (Settings.abandoned_after) is somebody's work and is left alone.

    findings.py    the kinds of difference, and what repair does about each
    inventory.py   what lies in a project's folders, by names alone
    survey.py      files against index: the findings of one project
    repair.py      mends one project under its lock
    quarantine.py  the dated folders, and their end
    walk.py        every project, several at a time, in bounded memory
    portions.py    the sweep as a schedule calls it: it looks into few files, ends in time, and goes on the next time
    cursor.py      how far it has come
    shares.py      parts of a project's images, and whose turn it is to be looked into
    adopt.py       copies the projects of an original single-file service, old_tree.py reads them
    locktest.py    whether a mount's locks exclude, between processes and between hosts
    bench.py       what the volume's operations cost
    report.py      text, JSON lines and the progress bar
"""

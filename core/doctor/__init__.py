"""Compares every project's files with its index, and repairs the differences; safe while the service runs.

    python -m core.doctor check|repair|rebuild|sweep|bench [--project P] [--json]
    python -m core.doctor locktest PATH
    python -m core.doctor adopt OLD [--apply]

Nothing that might be an image is destroyed: doctor moves files to a dated folder of the quarantine,
and `sweep` empties that folder once its date is old enough. Files younger than an upload may take
(Settings.abandoned_after) belong to an upload in progress and are left alone.

    commands.py    check, repair, rebuild and sweep, as the command line starts them
    findings.py    the kinds of difference, and how repair treats each
    inventory.py   what a project's folders hold, by names alone
    survey.py      files against index: the findings of one project
    repair.py      repairs one project under its lock
    quarantine.py  the dated folders, and emptying them
    walk.py        every project, several at a time, in bounded memory
    portions.py    the scheduled sweep: checks few files, stops in time, and continues at the next call
    cursor.py      how far the scheduled sweep has come
    shares.py      parts of a project's images, and which part is checked next
    adopt.py       copies the projects of an original single-file service; old_tree.py reads them
    locktest.py    tests whether a mount's locks are exclusive, between processes and between hosts
    bench.py       measures what the volume's operations cost
    report.py      text, JSON lines and the progress bar
"""

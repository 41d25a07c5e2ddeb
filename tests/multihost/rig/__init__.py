"""Several real Linux hosts on one NFS volume, on one machine, without virtualisation hardware.

A host is a User-Mode Linux kernel: an ordinary process. Its root file system is this machine's,
read only, so it runs this machine's Python and this repository at the same paths. One host, the
server, exports an ext4 image through the in-kernel nfsd; the others mount it with the in-kernel
NFSv4.1 client and the options that AWS documents for EFS.

    cluster.py   on this machine: boot, run, kill, freeze, thaw, cut, mend
    kernel.py    where the kernel comes from, how one is started, what must be installed
    network.py   the hosts' cables, in a network namespace that ends with the run
    channel.py   commands over TCP: the caller's end and the guest's end
    guest.py     process 1 of every host
    roles.py     what makes a host the server or a client
    modules.py   loads kernel modules where there is no modprobe
"""

#!/usr/bin/env bash
# boot.sh ROOT CONSOLE: systemd as the first process of a folder, in namespaces of its own (run under unshare --pid).
#
# What a container manager would do, without one: the folder becomes the root, with its own /proc, /run, /tmp and /dev,
# a read-only /sys, and the unified control groups. Nothing of the machine outside can be written but CONSOLE.
set -euo pipefail
root="$1" console="$2"
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/snd"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
touch "$root/dev/console" "$root/dev/snd/pcmC0D0p"  # the unit waits for a sound card; the paced plugin stands for it
mount --bind "$console" "$root/dev/console"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=phalarope-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=no </dev/null

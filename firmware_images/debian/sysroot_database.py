#!/usr/bin/env python3
"""A dpkg database of a cross build's sysroot.

usage: sysroot_database.py SYSROOT DATABASE

  SYSROOT.work/debs/*.deb ──dpkg-deb──▶ DATABASE/status, DATABASE/info/*.list, *.symbols, *.shlibs

A sysroot is unpacked and not installed, so nothing on the build machine knows which package a library in it is from,
and since which version that library has which symbol. With this, dpkg-query and dpkg-shlibdeps answer for a board as
they do for the build machine. Paths in the lists begin with SYSROOT. `status` is written last.
"""
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys

CONTROL_FILES = ("symbols", "shlibs")


def text_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def manifest_of(sysroot):
    """(package, version) of every package that was unpacked."""
    lines = (sysroot / "manifest").read_text("utf-8").splitlines()
    return [line.split()[:2] for line in lines if line and not line.startswith("#")]


def paths_of(deb, sysroot):
    for line in text_of("dpkg-deb", "--contents", str(deb)).splitlines():
        path = line.split(None, 5)[5].split(" -> ")[0].split(" link to ")[0].removeprefix(".").rstrip("/")
        if path:
            # Debian 12's merged /usr: the file is found below /usr whatever the package says.
            yield f"{sysroot}{path}"
            if path.startswith(("/lib/", "/bin/", "/sbin/")):
                yield f"{sysroot}/usr{path}"


def enter(deb, sysroot, info):
    """Puts one package into the database; its stanza of `status`."""
    control = text_of("dpkg-deb", "--field", str(deb))
    field = dict(line.split(": ", 1) for line in control.splitlines() if not line.startswith(" ") and ": " in line)
    name = field["Package"] + (f":{field['Architecture']}" if field.get("Multi-Arch") == "same" else "")
    (info / f"{name}.list").write_text("/.\n" + "".join(f"{path}\n" for path in paths_of(deb, sysroot)), "utf-8")
    for member in CONTROL_FILES:
        found = subprocess.run(["dpkg-deb", "--info", str(deb), member], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            (info / f"{name}.{member}").write_text(found.stdout, "utf-8")
    return control.rstrip("\n").replace("\n", "\nStatus: install ok installed\n", 1) + "\n\n"


def main():
    sysroot, database = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    debs = pathlib.Path(f"{sysroot}.work") / "debs"
    wanted = []
    for package, version in manifest_of(sysroot):
        found = list(debs.glob(f"{package}_{version.replace(':', '%3a')}_*.deb"))
        if not found:
            sys.exit(f"{debs}: no {package} {version}; remove {sysroot}/manifest and make the sysroot again (./dev sysroot)")
        wanted.append(found[0])
    shutil.rmtree(database, ignore_errors=True)
    info = database / "info"
    info.mkdir(parents=True)
    (info / "format").write_text("1\n", "utf-8")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        stanzas = list(pool.map(lambda deb: enter(deb, sysroot, info), wanted))
    (database / "status").write_text("".join(stanzas), "utf-8")


main()

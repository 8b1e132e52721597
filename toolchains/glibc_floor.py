#!/usr/bin/env python3
"""Which systems a program runs on: the versions of glibc and libstdc++ it asks for, and the libraries it names.

usage: glibc_floor.py PROGRAM... [--json]

Read from the ELF dynamic section by readelf, so any processor's program may be asked about. A system passes when it
has every symbol version and every library; what is missing is named with the symbols that ask for it. The exit code
is 1 when one of the systems of SYSTEMS lacks a symbol version or a library.
"""
import json
import re
import subprocess
import sys

# From each distribution's own packages. A library that is in both is not listed; `other` names the ones that differ.
SYSTEMS = {
    "Debian 12, Raspberry Pi OS bookworm": {
        "versions": {"GLIBC": (2, 36), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13)},
        "other": {"libfmt.so.8"},
    },
    "Ubuntu 22.04 (JetPack 6)": {
        "versions": {"GLIBC": (2, 35), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13)},
        "other": {"libfmt.so.9", "libspdlog.so.1.10"},
    },
}
VERSION = re.compile(r"\b(GLIBC|GLIBCXX|CXXABI)_([0-9.]+)\b")
LIBRARY = re.compile(r"\(NEEDED\).*\[(.+)\]")


def readelf(*arguments):
    said = subprocess.run(["readelf", "--wide", *arguments], capture_output=True, text=True, check=False)
    if said.returncode != 0 or not said.stdout:
        sys.exit(f"glibc_floor: readelf cannot read {arguments[-1]}: {said.stderr.strip() or 'not an ELF file'}")
    return said.stdout


def number(text):
    return tuple(int(part) for part in text.strip(".").split("."))


def dotted(version):
    return ".".join(str(part) for part in version)


def asked_by(program):
    """The highest version of each family with the symbols that ask for it, and the libraries."""
    symbols = {}
    for line in readelf("--dyn-syms", program).splitlines():
        match = re.search(r"UND (\S+)@+(\S+)", line)
        found = match and VERSION.fullmatch(match.group(2))
        if found:
            symbols.setdefault(found.group(1), {}).setdefault(number(found.group(2)), []).append(match.group(1))
    highest = {family: max(versions) for family, versions in symbols.items()}
    return {
        "highest": highest,
        "symbols": symbols,
        "libraries": LIBRARY.findall(readelf("--dynamic", program)),
    }


def missing_on(system, asked):
    missing = [f"library {name}" for name in asked["libraries"] if name in system["other"]]
    for family, limit in system["versions"].items():
        for version, names in sorted(asked["symbols"].get(family, {}).items()):
            if version > limit:
                missing.append(f"{family}_{dotted(version)}: {', '.join(sorted(names))}")
    return missing


def main():
    programs = [argument for argument in sys.argv[1:] if argument != "--json"]
    if not programs:
        sys.exit(__doc__.strip().splitlines()[2])
    report, sound = [], True
    for program in programs:
        asked = asked_by(program)
        verdicts = {name: missing_on(system, asked) for name, system in SYSTEMS.items()}
        sound = sound and not any(verdicts.values())
        report.append({"program": program, "highest": {f: dotted(v) for f, v in asked["highest"].items()},
                       "libraries": asked["libraries"], "missing": verdicts})
        if "--json" in sys.argv:
            continue
        print(f"{program}: needs " + ", ".join(f"{f} {dotted(v)}" for f, v in sorted(asked["highest"].items())))
        for family, version in sorted(asked["highest"].items()):
            print(f"  {family}_{dotted(version)}: {', '.join(sorted(asked['symbols'][family][version])[:8])}")
        print(f"  {len(asked['libraries'])} libraries: {' '.join(asked['libraries'])}")
        for name, missing in verdicts.items():
            print(f"  {name}: {'runs' if not missing else 'missing ' + '; '.join(missing)}")
    if "--json" in sys.argv:
        print(json.dumps(report, indent=2))
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()

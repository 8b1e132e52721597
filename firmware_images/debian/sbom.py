#!/usr/bin/env python3
"""The package's bill of materials (SPDX 2.3), and the packages it depends on.

usage: sbom.py --build DIR --version V --architecture A --database DPKG_DIR --libraries 'DIR;DIR' --loaded 'PACKAGE;...'
               --data 'PACKAGE;...' --sbom FILE --depends FILE PROGRAM...

  PROGRAM ── readelf: NEEDED ─────────────▶ library ─┐
  objects ── ninja: headers, static archives ────────┼─ dpkg-query ─▶ package, version ─ copyright ─▶ licence ─▶ SPDX
  PROGRAM ── dlopen (--loaded), data (--data) ───────┘

So nothing is listed by hand: what a program links, loads or compiles in is what its build says. A licence that cannot be
told from the package's copyright file ends the run. The file has no time of its own but SOURCE_DATE_EPOCH.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

# Debian's short names, in SPDX's words.
SPDX_NAMES = {
    "expat": "MIT", "mit": "MIT", "mit/expat": "MIT", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause",
    "bsd-3-clauses": "BSD-3-Clause", "bsd-2-clauses": "BSD-2-Clause", "apache-2.0": "Apache-2.0", "isc": "ISC", "zlib": "Zlib",
    "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2+": "LGPL-2.0-or-later", "curl": "curl",
    "gpl-3+": "GPL-3.0-or-later", "gpl-2+": "GPL-2.0-or-later", "boost": "BSL-1.0", "bsl-1.0": "BSL-1.0",
}
# Copyright files that are prose, read by a person once; the package's source name.
READ_BY_HAND = {
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1", "glibc": "LGPL-2.1-or-later", "alsa-lib": "LGPL-2.1-or-later",
    "flite": "BSD-3-Clause", "flatbuffers": "Apache-2.0", "libcurl4": "curl", "linux": "GPL-2.0-only WITH Linux-syscall-note",
    "sphinxbase": "BSD-2-Clause", "pocketsphinx": "BSD-2-Clause", "speex": "BSD-3-Clause", "speexdsp": "BSD-3-Clause",
    "opus": "BSD-3-Clause", "zlib": "Zlib", "libsodium": "ISC", "webrtc-audio-processing": "BSD-3-Clause", "curl": "curl",
    "libmicrohttpd": "LGPL-2.1-or-later", "mimalloc": "MIT", "yaml-cpp": "MIT", "fmtlib": "MIT", "spdlog": "MIT",
    "concurrentqueue": "BSD-2-Clause", "cli11": "BSD-3-Clause", "nlohmann-json3": "MIT", "libxcrypt": "LGPL-2.1-or-later",
    "lapack": "BSD-3-Clause", "valijson": "BSD-2-Clause", "cross-toolchain-base": "LGPL-2.1-or-later", "gcc-12-cross": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "sqlite3": "blessing",
}


def text_of(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


class Packages:
    """Answers from a dpkg database: the build machine's, or a sysroot's."""

    def __init__(self, database, architecture):
        self.query = ["dpkg-query", f"--admindir={database}"]
        self.architecture = architecture
        self.known = {}

    def owners(self, paths):
        """The packages that these files are from; what nobody owns is returned apart."""
        tries = sorted({candidate for path in paths for candidate in self.names_of(path)})
        found = subprocess.run([*self.query, "--search", *tries], capture_output=True, text=True, check=False).stdout
        owner = {}
        for line in found.splitlines():
            packages, _, path = line.partition(": ")
            if "diversion by" not in line:
                owner[path] = packages.split(", ")[0].split(":")[0]
        named = {path: next((owner[name] for name in self.names_of(path) if name in owner), None) for path in paths}
        return set(named.values()) - {None}, [path for path, package in named.items() if package is None]

    @staticmethod
    def names_of(path):
        """As it was found, where it really is, and where it was before Debian merged /usr."""
        real = os.path.realpath(path)
        return [path, real] + [name.replace("/usr/lib", "/lib", 1) for name in (path, real) if name.startswith("/usr/lib")]

    def facts(self, package):
        if package not in self.known:
            line = text_of(*self.query, "--show", "--showformat=${source:Package}\t${Version}\t${Architecture}\n", package)
            rows = [row.split("\t") for row in line.splitlines()]
            row = next((row for row in rows if row[2] in (self.architecture, "all")), rows[0])
            self.known[package] = {"source": row[0], "version": row[1], "architecture": row[2]}
        return self.known[package]


def licence_of(package, source):
    """From the copyright file of the build machine's package of that name: it is the same source on each processor."""
    if source in READ_BY_HAND:
        return READ_BY_HAND[source]
    path = pathlib.Path("/usr/share/doc") / package / "copyright"
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    stanza = re.search(r"^Files: *\*\s*\n(?:.*\n)*?License: *([^\n]+)", text, re.MULTILINE)
    name = SPDX_NAMES.get(stanza[1].strip().lower()) if stanza else None
    if not name:
        sys.exit(f"sbom: the licence of {package} (source {source}) is not told by {path}; read it and add the source's name "
                 "to READ_BY_HAND in firmware_images/debian/sbom.py")
    return name


def needed_libraries(program, directories):
    for name in re.findall(r"\(NEEDED\).*\[(.+)\]", text_of("readelf", "--dynamic", "--wide", program)):
        path = next((f"{folder}/{name}" for folder in directories if os.path.exists(f"{folder}/{name}")), None)
        if path is None:
            sys.exit(f"sbom: {program} needs {name}, which is in none of {' '.join(directories)}")
        yield path


def compiled_in(build, programs):
    """Headers and archives of other packages that the programs' own objects were made from."""
    inside = str(pathlib.Path(build).resolve().parent.parent)
    wanted, links = set(), []
    for program in programs:
        goal = os.path.relpath(program, build)
        commands = text_of("ninja", "-C", build, "-t", "commands", goal)
        wanted |= set(re.findall(r" -o (\S+\.o) -c ", commands))
        links.append(commands.splitlines()[-1])
    files, take = set(), False
    for line in text_of("ninja", "-C", build, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            take = line.split(":")[0] in wanted
        elif take and line.startswith("    "):
            path = os.path.normpath(os.path.join(build, line.strip()))
            if not path.startswith(inside) or "/sysroot/" in path:
                files.add(path)
    for link in links:
        files |= {word for word in link.split() if word.startswith("/") and word.endswith(".a")}
    return files


def library_directories(given, program):
    if given:
        return given
    triplet = text_of("gcc", "-print-multiarch").strip()
    return [f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib", "/lib64"]


def depends_of(programs, database, architecture, directories):
    """What dpkg-shlibdeps says, from the symbols that are used."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/debian")
        pathlib.Path(f"{folder}/debian/control").write_text(f"Source: phalarope\n\nPackage: phalarope\nArchitecture: {architecture}\n",
                                                            "utf-8")
        command = ["dpkg-shlibdeps", f"--admindir={database}", "-O", *[f"-l{path}" for path in directories],
                   *[f"-e{os.path.abspath(program)}" for program in programs]]
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                              env=dict(os.environ, DEB_HOST_ARCH=architecture))
        if said.returncode != 0:
            sys.exit(f"sbom: dpkg-shlibdeps: {said.stderr}")
        return said.stdout.strip().removeprefix("shlibs:Depends=")


def spdx(version, architecture, rows):
    """rows: (package, facts, licence, relation)."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    packages = [{"SPDXID": "SPDXRef-phalarope", "name": "phalarope", "versionInfo": version, "downloadLocation": "NOASSERTION",
                 "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
                 "copyrightText": "2026 The Phalarope authors"}]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-phalarope"}]
    for package, facts, licence, relation in rows:
        reference = "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package)
        packages.append({
            "SPDXID": reference, "name": package, "versionInfo": facts["version"], "supplier": "Organization: Debian",
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": licence, "licenseDeclared": licence,
            "copyrightText": "NOASSERTION", "sourceInfo": f"Debian source package {facts['source']}",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": f"pkg:deb/debian/{package.replace('+', '%2B')}@"
                                                  f"{facts['version'].replace('+', '%2B').replace(':', '%3A')}?arch={facts['architecture']}"}]})
        ends = ("SPDXRef-phalarope", reference)
        element, related = reversed(ends) if relation.endswith("_OF") else ends
        relations.append({"spdxElementId": element, "relationshipType": relation, "relatedSpdxElement": related})
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                "name": f"phalarope-{version}-{architecture}", "packages": packages, "relationships": relations}
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["documentNamespace"] = f"https://phalarope.invalid/spdx/phalarope-{version}-{architecture}-{digest[:32]}"
    document["creationInfo"] = {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
                                "creators": ["Tool: phalarope-sbom.py"]}
    return document


def main():
    parser = argparse.ArgumentParser()
    for name in ("build", "version", "architecture", "database", "libraries", "loaded", "data", "sbom", "depends"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("programs", nargs="+")
    given = parser.parse_args()
    directories = library_directories([path for path in given.libraries.split(";") if path], given.programs[0])
    packages = Packages(given.database, given.architecture)
    linked, unknown = packages.owners({path for program in given.programs for path in needed_libraries(program, directories)})
    inside, unknown_files = packages.owners(compiled_in(given.build, given.programs))
    if unknown or unknown_files:
        sys.exit(f"sbom: no package owns {' '.join((unknown + unknown_files)[:10])}")
    host = Packages("/var/lib/dpkg", given.architecture)  # loaded and read packages need not be in a sysroot
    rows = []
    for relation, source, names in (("DYNAMIC_LINK", packages, linked), ("STATIC_LINK", packages, inside - linked),
                                    ("RUNTIME_DEPENDENCY_OF", host, given.loaded.split(";")), ("DATA_FILE_OF", host, given.data.split(";"))):
        for package in sorted(names):
            facts = source.facts(package)
            rows.append((package, facts, licence_of(package, facts["source"]), relation))
    with open(given.sbom, "w", encoding="utf-8") as stream:
        json.dump(spdx(given.version, given.architecture, rows), stream, indent=1, sort_keys=True)
        stream.write("\n")
    own = directories if given.libraries else []
    with open(given.depends, "w", encoding="utf-8") as stream:
        stream.write(depends_of(given.programs, given.database, given.architecture, own) + "\n")
    print(f"sbom: {len(rows)} packages: {len(linked)} linked, {len(inside - linked)} compiled in, rest loaded or read")


main()

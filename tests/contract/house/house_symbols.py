"""What the engine's objects really call, read with nm: nothing but what engine_calls.txt allows, with its reason.

The list is closed: a symbol that is neither the engine's own nor on the list is refused, so a new call is a decision
and not an accident. Lines of engine_calls.txt:   SYMBOL | OBJECTS | REASON   where SYMBOL and OBJECTS are shell
patterns; symbols are demangled.
"""
import fnmatch
import os
import pathlib
import subprocess

from house_rules import Finding

# Words for the calls that the heart must never make (design.md, rules of the heart).
BETTER = [
    (("malloc*", "calloc*", "realloc*", "aligned_alloc*", "posix_memalign*", "free", "operator new*", "operator delete*"),
     "takes memory; take it from the arena at start (memory/arena.hpp)"),
    (("pthread_*", "std::mutex*", "std::condition_variable*", "__cxa_guard_*", "sem_*"), "waits for another thread"),
    (("__cxa_*", "_Unwind_*", "std::__throw_*", "std::terminate*"), "errors are values; there are no exceptions here"),
    (("clock_*", "time", "gettimeofday*", "std::chrono::*", "nanosleep"), "time is an argument"),
    (("std::basic_ostream*", "std::ostream*", "std::cout*", "std::ios_base*", "*printf*", "puts", "fwrite"),
     "says something; the engine gives commands, the world speaks"),
    (("read", "write", "open*", "close", "mmap*", "ioctl*", "poll*", "send*", "recv*", "syscall", "getrandom"),
     "asks the kernel; ports do that (hal)"),
    (("rand", "srand", "random"), "randomness is an argument: a seeded generator in the state"),
]


def read_allowed(path):
    allowed = []
    for number, line in enumerate(pathlib.Path(path).read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split(" | ")]
        if len(fields) != 3 or not all(fields):
            raise ValueError(f"{path}:{number}: SYMBOL | OBJECTS | REASON")
        allowed.append(fields[:2])
    return allowed


def nm(objects, *options):
    text = subprocess.run(["nm", "-A", "-C", *options, *objects], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        # PATH:                  U SYMBOL     or     PATH:0000000000000010 T SYMBOL
        where, _, rest = line.partition(":")
        kind, _, name = rest.lstrip("0123456789abcdef ").partition(" ")
        yield where, kind, name.strip()


def short(path):
    """core/engine/lanes/ingress.cpp for .../phalarope_engine.dir/engine/lanes/ingress.cpp.o"""
    inside = os.path.normpath(path.split(".dir/")[-1])
    return ("core/" + inside if inside.startswith("engine/") else os.path.basename(inside)).removesuffix(".o")


def better_than(symbol):
    for patterns, words in BETTER:
        if any(fnmatch.fnmatchcase(symbol, pattern) for pattern in patterns):
            return words
    return "is not on the list of calls of the heart (engine_calls.txt)"


def check_symbols(objects, allowed_path):
    unbuilt = [path for path in objects if not os.path.exists(path)]
    if unbuilt:
        yield from (Finding(short(path), 1, "symbols", "is not built, so nobody knows what it calls") for path in unbuilt)
        return
    own = {name for _, _, name in nm(objects, "--defined-only")}
    allowed = read_allowed(allowed_path)
    used = set()
    for where, _, name in sorted(set(nm(objects, "--undefined-only"))):
        symbol, file = name.split("@")[0], short(where)
        if name in own or name.startswith(("phalarope::", "vtable for phalarope::")):
            continue
        matches = [tuple(entry) for entry in allowed
                   if fnmatch.fnmatchcase(symbol, entry[0]) and fnmatch.fnmatchcase(file, entry[1])]
        used.update(matches)
        if not matches:
            yield Finding(file, 1, "symbols", f"{symbol} {better_than(symbol)}")
    for symbol, file in allowed:
        if file != "*" and (symbol, file) not in used:
            yield Finding(os.path.basename(allowed_path), 1, "symbols", f"`{symbol}` in {file} is called no more: "
                          "take the line out", second_look=True)

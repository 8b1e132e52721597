#!/usr/bin/env python3
"""The life of the package in a clean Debian 12: installed, started, frozen, upgraded, removed, purged.

usage: life_cycle.py DEB LATER_DEB WORK_DIR PACED_PCM

 mmdebstrap ─▶ root ─ apt install ─▶ as the system user: demo, doctor
                    ─ systemd as first process (boot.sh) ─▶ active, fed, MemoryMax of the profile
                         one thread frozen, then the whole process stopped ─▶ listening again within 3 s
                         an edited conffile, a recording ─ upgrade ─▶ both kept, the new version runs
                         remove ─▶ settings and recordings kept;  purge ─▶ nothing left
Root only. The sound card is the paced ALSA plugin of tests/integration/alsa.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

MIRROR = os.environ.get("PHALAROPE_DEBIAN_MIRROR", "http://deb.debian.org")
INCLUDED = "systemd,systemd-sysv,dbus,udev,adduser,procps,apt"
# On a machine that has less work than cores; else time says nothing about a board, and only that it comes back does.
BACK_SECONDS_MAX = 3.0 if os.getloadavg()[0] < (os.cpu_count() or 1) else 20.0
WAIT_SECONDS_MAX = 60.0
HEARD = "/var/lib/phalarope/recordings"
SETTINGS = "/etc/phalarope/phalarope.yaml"
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
ASOUND = """pcm_type.phalarope_paced { lib "/opt/paced.so" }
pcm.!default { type phalarope_paced source silence }
"""


def check(condition, sentence):
    print(f"{'ok' if condition else 'FAILED'}: {sentence}", flush=True)
    if not condition:
        raise SystemExit(1)


class System:
    """A folder with a Debian in it, entered by chroot or, once it is booted, by its namespaces."""

    def __init__(self, work):
        self.root = pathlib.Path(work) / "root"
        self.console = pathlib.Path(work) / "console"
        self.booted = None

    def make(self):
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={INCLUDED}", "bookworm",
                        str(self.root), f"{MIRROR}/debian"], check=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def run(self, *command, good=True, **options):
        enter = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc", "chroot", str(self.root)]
        if self.booted:
            enter = ["nsenter", "-t", str(self.init()), "-m", "-p", "-i", "-u", "-C", "-r", "-w"]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        ended = subprocess.run([*enter, *command], capture_output=True, text=True, check=False, env=env, **options)
        if good and ended.returncode != 0:
            check(False, f"{' '.join(command)} ended with {ended.returncode}: {ended.stdout[-2000:]} {ended.stderr[-2000:]}")
        return ended

    def path(self, name):
        return self.root / name.lstrip("/")

    def boot(self):
        self.console.write_text("")
        boot = pathlib.Path(__file__).with_name("boot.sh")
        self.booted = subprocess.Popen(["unshare", "--pid", "--fork", "--mount", "--ipc", "--uts", "--cgroup", "--kill-child",
                                        str(boot), str(self.root), str(self.console)], stdin=subprocess.DEVNULL)
        self.until(lambda: "running" in self.state() or "degraded" in self.state(), "systemd is up")

    def state(self):
        try:
            return self.run("systemctl", "is-system-running", good=False).stdout
        except (IndexError, OSError):
            return ""

    def init(self):
        """systemd's number outside: the one child of unshare."""
        children = pathlib.Path(f"/proc/{self.booted.pid}/task/{self.booted.pid}/children").read_text("utf-8").split()
        return int(children[0])

    def shut_down(self):
        if self.booted:
            self.booted.kill()
            self.booted.wait()

    @staticmethod
    def until(condition, sentence):
        end = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < end:
            if condition():
                check(True, sentence)
                return
            time.sleep(0.05)
        check(False, f"{sentence} (waited {WAIT_SECONDS_MAX} s)")

    def unit(self, *names):
        said = self.run("systemctl", "show", "phalarope.service", *[f"--property={name}" for name in names], good=False).stdout
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def listens(self):
        facts = self.unit("ActiveState", "StatusText")
        return facts.get("ActiveState") == "active" and facts.get("StatusText") == "listening"

    def outside(self, inner):
        """The number outside of a process of the booted system."""
        space = os.readlink(f"/proc/{self.init()}/ns/pid")
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.readlink(f"/proc/{entry}/ns/pid") == space:
                    status = pathlib.Path(f"/proc/{entry}/status").read_text("utf-8")
                    if f"NSpid:\t{entry}\t{inner}\n" in status:
                        return int(entry)
            except OSError:
                continue
        raise SystemExit(f"FAILED: no process {inner} in the booted system")


def freeze_thread(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        if pathlib.Path(f"/proc/{pid}/task/{task}/comm").read_text("utf-8").strip() == name:
            for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
                check(libc.ptrace(request, int(task), None, None) == 0, f"{name} takes ptrace request {request:#x}")
            return int(task)
    raise SystemExit(f"FAILED: no thread {name}")


def install(system, deb):
    shutil.copy(deb, system.path("/srv/phalarope.deb"))
    system.run("apt-get", "update", "-q")
    system.run("apt-get", "install", "-y", "-q", "/srv/phalarope.deb")
    groups = set(system.run("id", "-nG", "phalarope").stdout.split())
    check({"audio", "gpio", "spi"} <= groups, f"the system user is in its devices' groups: {' '.join(sorted(groups))}")
    folder = system.path("/var/lib/phalarope").stat()
    check(folder.st_mode & 0o777 == 0o700, "what was heard is the system user's alone")
    for file in ("/usr/share/man/man1/phalarope.1.gz", "/usr/share/bash-completion/completions/phalarope", SETTINGS):
        check(system.path(file).exists(), f"{file} is there")


def use(system):
    """As the system user, without systemd, a card or a network of its own."""
    user = ("setpriv", "--reuid=phalarope", "--regid=phalarope", "--init-groups", "env", "HOME=/var/lib/phalarope")
    demo = system.run(*user, "sh", "-c", "cd /var/lib/phalarope && phalarope demo")
    check("identical" in demo.stdout or demo.returncode == 0, f"demo: {demo.stdout.strip().splitlines()[-1]}")
    doctor = system.run(*user, "phalarope", "doctor", good=False)
    check(doctor.returncode == 0, f"doctor: {len(doctor.stdout.splitlines())} lines, nothing bad\n{doctor.stdout}{doctor.stderr}")
    shutil.rmtree(system.path("/var/lib/phalarope/phalarope-demo"), ignore_errors=True)


def serve(system):
    system.boot()
    system.until(system.listens, "phalarope.service is active and listening")
    facts = system.unit("MemoryMax", "WatchdogUSec", "User", "UnitFileState", "NRestarts")
    check(facts["MemoryMax"] not in ("infinity", ""), f"MemoryMax comes from the board's profile: {facts['MemoryMax']}")
    check(facts["UnitFileState"] == "enabled", "it starts at every boot")
    time.sleep(2 * 2.5)
    check(system.unit("NRestarts")["NRestarts"] == "0", "and is fed: two intervals of the watchdog passed without a restart")


def comes_back(system, how, what):
    before = system.unit("MainPID")["MainPID"]
    task = how(system.outside(int(before)))
    began = time.monotonic()
    while time.monotonic() - began < WAIT_SECONDS_MAX:
        if system.unit("MainPID")["MainPID"] not in (before, "0") and system.listens():
            break
        if task:
            try:
                os.waitpid(task, os.WNOHANG | 0x40000000)
            except ChildProcessError:
                task = None
    took = time.monotonic() - began
    check(took <= BACK_SECONDS_MAX, f"{what}: listening again after {took:.2f} s (at most {BACK_SECONDS_MAX})")


def upgrade(system, later):
    text = system.path(SETTINGS).read_text("utf-8") + "\n# edited by hand\n"
    system.path(SETTINGS).write_text(text, "utf-8")
    segments = sorted(path.name for path in system.path(HEARD).iterdir())
    check(bool(segments), f"it recorded: {' '.join(segments)[:80]}")
    before = system.unit("MainPID")["MainPID"]
    shutil.copy(later, system.path("/srv/later.deb"))
    system.run("apt-get", "install", "-y", "-q", "/srv/later.deb")
    version = system.run("dpkg-query", "-W", "-f", "${Version}", "phalarope").stdout
    check(version.endswith("-9"), f"upgraded to {version}")
    check(system.path(SETTINGS).read_text("utf-8") == text, "the edited conffile is kept, without a question")
    check(set(segments) <= {path.name for path in system.path(HEARD).iterdir()}, "the recording is kept")
    system.until(lambda: system.listens() and system.unit("MainPID")["MainPID"] != before, "the new version listens")


def leave(system):
    system.run("apt-get", "remove", "-y", "-q", "phalarope")
    check(system.unit("ActiveState")["ActiveState"] != "active", "removed: it has stopped")
    check(system.path(SETTINGS).exists() and system.path(HEARD).exists(), "settings and recordings are kept")
    said = system.run("apt-get", "purge", "-y", "-q", "phalarope").stdout
    told = [line for line in said.splitlines() if line.startswith("phalarope: deleting")]
    check(bool(told), f"purge says what it deletes: {told}")
    left = [path for path in system.run("find", "/etc", "/usr", "/var/lib", "/lib", "/opt", "-xdev", "-name", "*phalarope*").stdout.split()
            if not path.startswith("/var/lib/systemd/")]
    check(left == [], f"nothing is left {left}")
    check(system.run("getent", "passwd", "phalarope", good=False).returncode != 0, "the system user is gone")


def main():
    deb, later, work, paced = sys.argv[1:5]
    if os.geteuid() != 0:
        sys.exit("the life cycle needs root: it makes a system of its own and boots it")
    system = System(work)
    system.make()
    try:
        install(system, deb)
        use(system)
        shutil.copy(paced, system.path("/opt/paced.so"))
        system.path("/etc/asound.conf").write_text(ASOUND, "utf-8")
        serve(system)
        comes_back(system, lambda pid: freeze_thread(pid, "phal-engine"), "the engine's thread frozen")
        comes_back(system, lambda pid: os.kill(pid, signal.SIGSTOP), "the whole process stopped")
        upgrade(system, later)
        leave(system)
    finally:
        system.shut_down()
    print("PASS life cycle")


main()

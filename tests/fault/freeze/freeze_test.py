#!/usr/bin/env python3
"""One thread of the daemon stands still; a stand-in for systemd watches (reliability goal Q34).

usage: freeze_test.py PHALAROPE SOURCE_DIR WORK_DIR ASOUND_CONF [TIMES]

Four programs at once, each with one frozen thread (ptrace stops that thread and no other), TIMES times (1):
  phal-engine, phal-audio   the watchdog is fed no more; the manager kills and starts again, by the times of
                            phalarope.service; the board is ready and fed again at most 3 s after the freeze (the
                            short form measures up to the last word of the frozen one and reckons with a start of
                            START_SECONDS, since a machine busy with other tests starts nothing in time)
  phal-flush, control       the watchdog is fed on: the turn is not touched
The manager is the receiver of $NOTIFY_SOCKET: READY=1, WATCHDOG=1, STOPPING=1. Exit code 77 (skipped) where ptrace is
not allowed or the speech models are not installed.
"""
import concurrent.futures
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

BACK_SECONDS_MAX = 3.0
START_SECONDS_MAX = 20.0
START_SECONDS = 0.5  # of a board that does nothing else
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # wait for threads too
SKIPPED = 77
MODELS = "/usr/share/pocketsphinx/model/en-us"
RESTARTED = ("phal-engine", "phal-audio")
UNTOUCHED = ("phal-flush", "control")
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def unit_seconds(unit, name):
    value, scale = re.search(rf"^{name}=(\d+)(ms|s)$", unit, re.MULTILINE).groups()
    return int(value) / (1000 if scale == "ms" else 1)


class Failed(Exception):
    pass


class Manager:
    """Starts the daemon as systemd would and hears what it says."""

    def __init__(self, name, program, source, work, asound):
        self.work = pathlib.Path(work) / name
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        unit = (pathlib.Path(source) / "firmware_images/systemd/phalarope.service").read_text("utf-8")
        self.watchdog, self.pause = unit_seconds(unit, "WatchdogSec"), unit_seconds(unit, "RestartSec")
        (self.work / "phalarope.yaml").write_text(
            f"spec: phalarope/v1\nboard: {source}/boards/host.yaml\npipeline: {source}/firmware_images/conf/pipeline.yaml\n"
            f"intents: {source}/firmware_images/conf/intents/home.yaml\nstate_directory: {self.work}/state\n"
            "audio: {capture: phal_pull, playback: phal_pull}\n", "utf-8")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = f"\0phalarope-freeze-{os.getpid()}-{name}"
        self.socket.bind(address)
        self.command = [program, "run", "--config", str(self.work / "phalarope.yaml")]
        self.env = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": "@" + address[1:],
                    "WATCHDOG_USEC": str(int(self.watchdog * 1e6)), "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{asound}"}
        self.child = self.frozen = None

    def start(self):
        with open(self.work / "said", "ab") as said:
            self.child = subprocess.Popen(self.command, env=self.env, stdout=said, stderr=said)
        self.await_word("READY=1", START_SECONDS_MAX)
        self.await_word("WATCHDOG=1", self.watchdog)

    def hear(self, seconds):
        """The next word, or None after so long."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return None

    def await_word(self, word, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (self.hear(end - time.monotonic()) or "").startswith(word):
                return
        raise Failed(f"no {word} within {seconds} s; see {self.work}/said")

    def await_silence(self, seconds):
        """Until nothing was said for so long; when the last word came. Who is frozen has few left to say."""
        last = time.monotonic()
        end = last + 2 * seconds
        while self.hear(seconds) is not None:
            last = time.monotonic()
            if last > end:
                raise Failed("the watchdog is fed on")
        return last

    def freeze(self, thread):
        for task in os.listdir(f"/proc/{self.child.pid}/task"):
            name = pathlib.Path(f"/proc/{self.child.pid}/task/{task}/comm").read_text("utf-8").strip()
            if name == thread or (thread == "control" and int(task) == self.child.pid):
                for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
                    if libc.ptrace(request, int(task), None, None) != 0:
                        raise PermissionError("ptrace is not allowed here")
                self.frozen = int(task)
                return
        raise Failed(f"no thread {thread}")

    def release(self):
        os.waitpid(self.frozen, WALL)  # it has stopped
        libc.ptrace(PTRACE_DETACH, self.frozen, None, None)
        self.frozen = None

    def kill(self):
        """A traced thread is collected by its tracer before the process can be."""
        if self.child is None:
            return
        self.child.send_signal(signal.SIGKILL)
        while self.frozen and not os.WIFSIGNALED(os.waitpid(self.frozen, WALL)[1]):
            pass
        self.child.wait()
        self.child = self.frozen = None


def restarted(manager, thread, short):
    """Seconds from the freeze to the board that is ready and fed again."""
    manager.freeze(thread)
    frozen_at = time.monotonic()
    last_fed_at = manager.await_silence(manager.watchdog)
    manager.kill()
    time.sleep(manager.pause)
    manager.start()
    if short:
        return last_fed_at - frozen_at + manager.watchdog + manager.pause + START_SECONDS
    return time.monotonic() - frozen_at


def untouched(manager, thread):
    manager.freeze(thread)
    end = time.monotonic() + 1.5 * manager.watchdog
    while time.monotonic() < end:
        manager.await_word("WATCHDOG=1", manager.watchdog)
    manager.release()
    manager.await_word("WATCHDOG=1", manager.watchdog)


def rounds(thread, times, arguments):
    manager = Manager(thread, *arguments)
    slowest = 0.0
    try:
        manager.start()
        for _ in range(times):
            if thread in RESTARTED:
                slowest = max(slowest, restarted(manager, thread, short=times == 1))
            else:
                untouched(manager, thread)
        if slowest > BACK_SECONDS_MAX:
            raise Failed(f"back only after {slowest:.2f} s (at most {BACK_SECONDS_MAX})")
    finally:
        manager.kill()
    return slowest


def main():
    program, source, work, asound = sys.argv[1:5]
    times = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    if not os.path.isdir(MODELS):
        print(f"skipped: no {MODELS}")
        sys.exit(SKIPPED)
    told, failed = [], []
    with concurrent.futures.ThreadPoolExecutor(len(RESTARTED + UNTOUCHED)) as pool:
        running = {thread: pool.submit(rounds, thread, times, (program, source, work, asound))
                   for thread in RESTARTED + UNTOUCHED}
        for thread, result in running.items():
            try:
                slowest = result.result()
                told.append(f"{thread} back within {slowest:.2f} s" if thread in RESTARTED else f"{thread} unnoticed")
            except PermissionError as error:
                print(f"skipped: {error}")
                sys.exit(SKIPPED)
            except Failed as error:
                failed.append(f"{thread}: {error}")
    print(f"{'FAIL' if failed else 'PASS'} Q34 {times} times each, {', '.join(told + failed)}")
    sys.exit(1 if failed else 0)


main()

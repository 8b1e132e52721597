#!/usr/bin/env python3
"""Q7 in short form: a real conversation in real time through the paced sound card, with the real-time threads watched.

usage: realtime_test.py PHALAROPE WATCH.so PACED_PCM.so WORK_DIR SOURCE_DIR [PIPELINE]

The microphone is the human clip goforward.raw, answered and then interrupted by a second clip. Asserted: nothing was
allocated and no lock was taken on the audio and engine threads after they began to loop, neither had a page fault, the
system calls they made are on the list below (strace), and the conversation itself went as it should.
With PIPELINE the same holds for a pipeline whose nodes are programs of their own.
Exit code 77 (skipped) when the speech clips are not installed.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from trial import check  # noqa: E402

CLIPS = "/usr/share/pocketsphinx/test/data"
SECONDS = 11
# What the two threads may ask of the system: waiting, waking, and the device (which is a timer here).
ALLOWED = {"poll", "ppoll", "read", "write", "futex", "timerfd_settime", "clock_gettime", "restart_syscall", "lseek"}


def speech(path):
    with open(path, "rb") as clip:
        return clip.read()


def make_microphone(path):
    silence = bytes(2 * 16000)
    with open(path, "wb") as microphone:
        microphone.write(silence + speech(f"{CLIPS}/goforward.raw") + silence * 3)
        microphone.write(speech(f"{CLIPS}/cards/003.wav")[44:] + silence * 10)


def environment(work, watch, paced):
    config = f"{work}/asound.conf"
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'pcm_type.phalarope_paced {{ lib "{paced}" }}\n')
        file.write(f'pcm.phal_card {{ type phalarope_paced source "{work}/microphone.raw" sink "{work}/speaker.raw" }}\n')
    env = dict(os.environ, ALSA_CONFIG_PATH=config, LIBASOUND_THREAD_SAFE="0", REALTIME_WATCH=f"{work}/watched")
    if watch:
        env["LD_PRELOAD"] = watch
    return env


def talk(command, env):
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(SECONDS)
    subprocess.run(["pkill", "-INT", "-P", str(process.pid)], check=False)  # under strace the program is its child
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def command_of(phalarope, source, work):
    pipeline = ["--pipeline", sys.argv[6]] if len(sys.argv) > 6 else []
    subprocess.run(["rm", "-rf", f"{work}/recording"], check=True)
    return [phalarope, "talk", "--capture", "phal_card", "--playback", "phal_card", "--json",
            "--intents", f"{source}/firmware_images/conf/intents/demo.yaml",
            "--recording", f"{work}/recording", *pipeline]


def check_conversation(out):
    turns = json.loads(out[out.index("{"):])["turns"]
    heard = [turn["heard"] for turn in turns]
    check("go forward ten meters" in heard, f"the command was understood (heard {heard})")
    check(any(turn["reason"] == "cancelled" for turn in turns), "the answer was interrupted")
    for turn in turns:
        for doubt in turn["interruptions"]:
            if doubt["verdict"] == "confirmed":
                print(f"    confirm to fence {doubt['confirm_to_fence_ns'] / 1e6:.2f} ms, then "
                      f"{doubt['fence_to_silence_samples']} samples to silence")


def watch_calls(phalarope, watch, paced, work, source):
    code, out, err = talk(command_of(phalarope, source, work), environment(work, watch, paced))
    check(code == 0, f"the program ended well: {err.strip()[-300:]}")
    check_conversation(out)
    with open(f"{work}/watched", encoding="utf-8") as file:
        allocations, locks, waits = map(int, re.findall(r"\d+", file.read()))
    check(waits > 100, f"the real-time threads waited {waits} times")
    check(allocations == 0, f"{allocations} allocations on the real-time threads")
    check(locks == 0, f"{locks} locks on the real-time threads")
    faults = re.search(r"(\d+) and (\d+) page faults", err)
    check(faults is not None and faults.group(1) == "0" and faults.group(2) == "0",
          f"page faults in audio and engine: {faults.groups() if faults else err}")


def watch_system_calls(phalarope, paced, work, source):
    trace = f"{work}/trace"
    strace = ["strace", "-f", "-Y", "-qq", "-o", trace, "-e", "signal=none"]
    if subprocess.run([*strace, "true"], check=False, capture_output=True).returncode != 0:
        print("note: strace may not trace here; system calls are not listed")
        return
    env = environment(work, None, paced)
    _, _, err = talk([*strace, *command_of(phalarope, source, work)], env)
    xruns = re.search(r"(\d+) capture and (\d+) playback xruns", err)
    recovered = xruns is not None and (xruns.group(1), xruns.group(2)) != ("0", "0")
    seen, looping = {}, set()
    pattern = re.compile(r"^(\d+)<(phal-audio|phal-engine)> +(?:<\.\.\. )?(\w+)")
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = pattern.match(line)
            if not found or line.rstrip().endswith("+++"):
                continue
            thread, name, call = found.groups()
            if call in ("poll", "ppoll"):
                looping.add(thread)
            if thread in looping:
                seen.setdefault(name, {}).setdefault(call, 0)
                seen[name][call] += 1
    print(f"    system calls: {seen}")
    check(set(seen) == {"phal-audio", "phal-engine"}, "both threads were traced")
    for name, calls in seen.items():
        # A thread that ends gives back its stack: after the loop, before the end of the thread.
        if name == "phal-audio" and recovered:
            print(f"note: the traced machine was late ({xruns.group(0)}); the device's own recovery is not judged")
            continue
        strange = set(calls) - ALLOWED - {"madvise", "exit", "munmap", "rt_sigprocmask", "getrusage", "set_robust_list", "rseq"}
        check(not strange, f"{name} makes listed system calls only (others: {sorted(strange)})")


def main():
    phalarope, watch, paced, work, source = sys.argv[1:6]
    if not os.path.exists(f"{CLIPS}/goforward.raw"):
        print("skipped: install pocketsphinx-testdata")
        sys.exit(77)
    if len(sys.argv) > 6 and shutil.which("espeak-ng") is None:
        print("skipped: install espeak-ng")
        sys.exit(77)
    os.makedirs(work, exist_ok=True)
    make_microphone(f"{work}/microphone.raw")
    watch_calls(phalarope, watch, paced, work, source)
    watch_system_calls(phalarope, paced, work, source)


main()

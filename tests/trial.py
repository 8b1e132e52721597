"""What every script that tries the program from the outside needs: a claim that is checked, and a world to run it in."""
import os
import sys


def check(condition, sentence):
    """Said at once, so that a script that hangs later has told how far it came."""
    print(f"{'ok' if condition else 'FAILED'}: {sentence}", flush=True)
    if not condition:
        sys.exit(1)


def environment(source=None, work=None, **settings):
    """The environment without what steers the tests (the program refuses PHALAROPE_ variables that it does not know), and
    with each of `settings` as PHALAROPE_NAME. With a source tree: its configuration and boards, as if installed in `work`."""
    made = {name: value for name, value in os.environ.items() if not name.startswith("PHALAROPE_")}
    if source is not None:
        share = f"{work}/share"
        os.makedirs(share, exist_ok=True)
        for name, target in (("conf", f"{source}/firmware_images/conf"), ("boards", f"{source}/boards")):
            if not os.path.lexists(f"{share}/{name}"):
                os.symlink(target, f"{share}/{name}")
        made["PHALAROPE_SHARE"] = share
    return made | {f"PHALAROPE_{name}": value for name, value in settings.items()}

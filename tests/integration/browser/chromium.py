"""Headless Chromium for a test: its DevTools protocol over two pipes, with nothing but the standard library.

    with Browser(binary, folder) as browser:
        page = browser.open("file:///...", width=1400, height=900)
        page.run("document.title"); page.key("]"); page.wheel(600, 300, -240); page.screenshot("a.png")

Messages are JSON ended by a zero byte (--remote-debugging-pipe): the browser reads them from its descriptor 3 and
writes to 4. What a page says on its console and every exception is kept in `page.complaints`, so that a test can ask
for silence.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
ANSWER_SECONDS_MAX = 120
KEY_CODES = {" ": 32, "Escape": 27, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
             "Home": 36, "End": 35, "Tab": 9}


def find_chromium():
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, binary, folder):
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        profile = pathlib.Path(folder) / "profile"
        shutil.rmtree(profile, ignore_errors=True)
        profile.mkdir(parents=True)
        # Opens the browser's own pages to a test; chrome://tracing reads trace files.
        (profile / "Local State").write_text('{"internal_only_uis_enabled": true}')

        def descriptors():
            # Both may stand on 3 or 4 already: move them away first.
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self._process = subprocess.Popen(
            [binary, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
             "--autoplay-policy=no-user-gesture-required", "--mute-audio", "--hide-scrollbars",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=descriptors, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._rest = b""
        self.pages = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (OSError, RuntimeError):
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _next(self):
        while b"\0" not in self._rest:
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise RuntimeError("the browser ended")
            self._rest += piece
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < end:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            page = self.pages.get(answer.get("sessionId"))
            if page:
                page.hear(answer["method"], answer["params"])
        raise RuntimeError(f"{method}: no answer")

    def open(self, address, width=1400, height=1000, dark=False, touch=False):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self.pages[session] = page
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        page.go(address)
        return page


class Page:
    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self._loaded = False
        self.complaints = []

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def hear(self, method, parameters):
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            detail = parameters["exceptionDetails"]
            self.complaints.append(detail.get("exception", {}).get("description") or detail["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.complaints.append(str([one.get("value") for one in parameters["args"]]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])

    def go(self, address):
        self._loaded = False
        self.call("Page.navigate", url=address)
        self.wait_until("document.readyState === 'complete'")

    def run(self, expression):
        """The value of an expression in the page; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True,
                           userGesture=True)
        if "exceptionDetails" in answer:
            detail = answer["exceptionDetails"]
            raise AssertionError(detail.get("exception", {}).get("description") or detail["text"])
        return answer["result"].get("value")

    def wait_until(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(expression):
                return
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s: {expression}")

    def settle(self):
        """Waits until what was asked for is drawn."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def key(self, key, text=None):
        code = KEY_CODES.get(key, ord(key.upper()) if len(key) == 1 else 0)
        plain = text if text is not None else key if len(key) == 1 else ""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=plain)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
        self.settle()

    def type(self, text):
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="char", text=letter)
        self.settle()

    def mouse(self, kind, x, y, buttons=0, modifiers=0):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, modifiers=modifiers, buttons=buttons,
                  button="left" if kind != "mouseMoved" else "none", clickCount=1 if kind != "mouseMoved" else 0)

    def click(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        self.mouse("mouseReleased", x, y)
        self.settle()

    def click_on(self, selector):
        x, y = self.run(f"""(() => {{ const node = document.querySelector({json.dumps(selector)});
            node.scrollIntoView({{block: "nearest"}});
            const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()""")
        self.click(x, y)

    def drag(self, x, y, to_x, to_y, modifiers=0):
        self.mouse("mouseMoved", x, y, 0, modifiers)
        self.mouse("mousePressed", x, y, 1, modifiers)
        for part in (0.3, 0.7, 1):
            self.mouse("mouseMoved", x + (to_x - x) * part, y + (to_y - y) * part, 1, modifiers)
        self.mouse("mouseReleased", to_x, to_y, 0, modifiers)
        self.settle()

    def wheel(self, x, y, delta_y, delta_x=0):
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=delta_x, deltaY=delta_y)
        self.settle()

    def screenshot(self, path, whole=False):
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))

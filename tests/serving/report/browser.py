"""A real Chromium that a test opens pages in, clicks, prints and asks: over its own pipe."""

import base64
import itertools
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = next(
    (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path),
    None,
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium binary on the path")


class Browser:
    """One page of a browser without a window."""

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._numbers = itertools.count(1)
        self._session = None
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for part in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{part}.enable")

    def ask(self, method, **params):
        """Send one command, and return its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            told = self._told()
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                return told["result"]
            self.events.append(told)

    def _told(self):
        signs = bytearray()
        while (sign := self._from.read(1)) != b"\0":
            assert sign, "the browser is gone"
            signs += sign
        return json.loads(signs)

    def open(self, path, fragment=""):
        """Open a file, and wait until its script says that it is ready."""
        self.events.clear()
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=f"{Path(path).as_uri()}{fragment}")
        return self.run("""new Promise((done) => {
            const ready = () => document.readyState === "complete" && document.body.dataset.ready;
            const look = () => ready() ? done(ready()) : setTimeout(look, 10);
            look();
        })""")

    def run(self, code):
        """Return what an expression gives; a promise is waited for."""
        told = self.ask("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def settled(self):
        """Wait until the page has shown what its address asks for."""
        return self.run("""new Promise((done) => {
            const look = () => document.body.dataset.shown === location.hash
                ? done(location.hash) : setTimeout(look, 10);
            look();
        })""")

    def go(self, fragment):
        """Follow a link inside the page."""
        self.run(f"location.hash = {json.dumps(fragment)}")
        return self.settled()

    def type_into(self, name, value):
        """Fill a field of the filters as a reader does."""
        self.run(f"""(() => {{
            const field = document.querySelector('#filters [name={name}]');
            field.value = {json.dumps(value)};
            field.dispatchEvent(new Event('input', {{ bubbles: true }}));
        }})()""")

    def click(self, selector):
        """Click the first element of a selector."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key):
        """Press and let go a key where the focus is."""
        code = {"Enter": 13, "Tab": 9, " ": 32}[key]
        pressed = {"key": key, "windowsVirtualKeyCode": code, "text": {"Enter": "\r"}.get(key, "")}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **pressed)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def texts(self, selector):
        """Return the texts of all elements of a selector, as they are shown."""
        return self.run(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".filter((one) => one.checkVisibility())"
            ".map((one) => one.innerText.trim())"
        )

    def pdf(self):
        """Return the page as it is printed, and on how many sheets."""
        printed = self.ask("Page.printToPDF", preferCSSPageSize=True)
        content = base64.b64decode(printed["data"])
        return content, content.count(b"/Type /Page\n") + content.count(b"/Type /Page ")

    def picture(self, path, width, height):
        """Write a picture of the page at a size."""
        self.size(width, height)
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=False)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def size(self, width, height):
        """Give the page a size."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def colours(self, scheme):
        """Ask for ``dark`` or ``light`` colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)

    def requests(self):
        """Return the addresses that the page asked for, without itself."""
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        urls = [event["params"]["request"]["url"] for event in sent]
        return [url for url in urls if not url.startswith(("file:///", "about:"))]

    def complaints(self):
        """Return what the console says."""
        told = [event["params"] for event in self.events if event["method"] == "Log.entryAdded"]
        thrown = [e["params"] for e in self.events if e["method"] == "Runtime.exceptionThrown"]
        return [entry["entry"]["text"] for entry in told] + [str(entry) for entry in thrown]


@contextmanager
def browser(folder):
    """Start a browser with a profile of its own, and end it."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    command = [
        *("bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--disable-background-networking", "--no-first-run", "--remote-debugging-pipe"),
        f"--user-data-dir={folder}",
    ]
    process = subprocess.Popen(
        command,
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_out, "wb") as to_browser, os.fdopen(ours_in, "rb") as from_browser:
        try:
            yield Browser(to_browser, from_browser)
        finally:
            process.terminate()
            process.wait(timeout=30)

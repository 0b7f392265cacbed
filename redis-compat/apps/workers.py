"""Worker processes of a program: commands that run until they are told to end, started again as a supervisor would do if
they end by themselves (rq's do when they are told -READONLY)."""

import os
import signal
import subprocess
import threading

DIRECTORY = os.environ.get("APPS_DIRECTORY", "/tmp")


class Worker:
    def __init__(self, name, command):
        self.log_path = os.path.join(DIRECTORY, name + ".log")
        self.command = command
        self.is_wanted = True
        self.process = self._start()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _start(self):
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd=os.path.dirname(os.path.abspath(__file__)))

    def _watch(self):
        while True:
            self.process.wait()
            if not self.is_wanted:
                return
            self.process = self._start()

    def is_expected_to_end(self):
        self.is_wanted = False

    def stop(self):
        """Returns when it has ended in order."""
        self.is_expected_to_end()
        self.process.send_signal(signal.SIGTERM)
        self.join()

    def kill(self):
        self.is_expected_to_end()
        self.process.kill()
        self.join()

    def join(self):
        self.thread.join()

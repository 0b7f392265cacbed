"""One measurement: a system is started with empty data, filled, loaded, and ended. How busy the rest of the machine was
meanwhile is measured too: a ratio taken on a machine that others use means little, and the table says so."""

import json
import os
import subprocess
import time


def machine_busy_s():
    with open('/proc/stat') as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / os.sysconf('SC_CLK_TCK')


class Measurer:
    def __init__(self, catalogue, data, seconds, warmup):
        self.catalogue, self.data, self.seconds, self.warmup = catalogue, data, seconds, warmup
        self.commands = {}       # system -> how it was started

    def load_command(self, system, options):
        generator = os.path.join(self.catalogue.build, 'bench', 'quorate-bench')
        return [generator, '--port', str(system.client_port), '--seconds', str(self.seconds), '--warmup', str(self.warmup), *options]

    def load(self, system, options):
        words = self.load_command(system, options)
        busy, cpu, began = machine_busy_s(), system.cpu_s(), time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f'{system.name}: {done.stderr.strip()}')
        result = json.loads(done.stdout)
        used = [after - before for before, after in zip(cpu, system.cpu_s())]
        elapsed = time.monotonic() - began
        result['cpu_us'] = sum(used) * 1e6 / max(result['total'], 1)
        result['cpu_us_each'] = [value * 1e6 / max(result['total'], 1) for value in used]
        others = machine_busy_s() - busy - sum(used) - result['generator_cpu_s']
        result['others'] = max(0.0, others / (elapsed * os.cpu_count()))
        result['command'] = ' '.join(words)
        return result

    def run(self, name, option_sets):
        """Starts the system, measures each set of options, ends it; results in the same order."""
        system = self.catalogue.make(name)
        self.commands[name] = [' '.join(line) for line in system.command_lines]
        try:
            system.start(os.path.join(self.data, name))
            filling = self.load_command(system, (*option_sets[0], '--fill'))
            filling[filling.index('--seconds') + 1] = '0.1'
            subprocess.run(filling, capture_output=True, check=False)
            return [self.load(system, options) for options in option_sets]
        finally:
            system.stop()

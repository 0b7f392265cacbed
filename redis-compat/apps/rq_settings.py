"""What `rq worker -c` is told of the sentinels of rq_queue.py."""

import os

SENTINEL = {"INSTANCES": [("127.0.0.1", int(port)) for port in os.environ["APPS_SENTINELS"].split()], "MASTER_NAME": "mymaster",
            "SOCKET_TIMEOUT": None}

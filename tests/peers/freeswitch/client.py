"""A client of FreeSWITCH's event socket, with greenswitch: a question per line of JSON on stdin, an answer per
line on stdout."""

import json
import sys

import gevent
import gevent.event
from greenswitch import InboundESL

WAIT_SECS = 30


class Client:
    def __init__(self):
        self.esl = None
        self.events = []
        self.came = gevent.event.Event()

    def saw(self, event):
        self.events.append(event.headers)
        self.came.set()

    def connect(self, port, password):
        self.esl = InboundESL(host="127.0.0.1", port=port, password=password)
        self.esl.connect()
        self.esl.register_handle("*", self.saw)
        return {"reply": self.esl.send("event plain ALL").data}

    def send(self, command):
        return {"data": self.esl.send(command).data.strip()}

    def hears(self, name, id):
        with gevent.Timeout(WAIT_SECS):
            while True:
                self.came.clear()
                for headers in self.events:
                    if headers.get("Event-Name") == name and headers.get("Unique-ID") == id:
                        return {"headers": headers}
                self.came.wait()


client = Client()
while line := gevent.get_hub().threadpool.apply(sys.stdin.readline):
    question = json.loads(line)
    try:
        answer = getattr(client, question.pop("do"))(**question)
    except BaseException as error:  # told to the test
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)

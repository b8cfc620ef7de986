"""A person on XMPP, with slixmpp: a command per line of JSON on stdin, an answer per line on stdout."""

import asyncio
import json
import sys

import slixmpp

WAIT_SECS = 30


class Person(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in ("xep_0030", "xep_0085", "xep_0184", "xep_0199", "xep_0308", "xep_0333"):
            self.register_plugin(plugin)
        # The test says when.
        self["xep_0184"].auto_request = False
        self.messages = []
        self.states = []
        self.receipts = []
        self.changed = asyncio.Condition()
        self.add_event_handler("message", self.saw)
        self.add_event_handler("message_error", self.saw)
        self.add_event_handler("receipt_received", self.receipt)
        self.add_event_handler("chatstate_composing", self.composing)
        self.add_event_handler("marker_displayed", self.displayed)

    async def note(self, kept, what):
        async with self.changed:
            kept.append(what)
            self.changed.notify_all()

    async def saw(self, message):
        replaced = message["replace"]["id"] if message.get_plugin("replace", check=True) else None
        if message["type"] == "error" or message["body"]:
            await self.note(self.messages, {
                "id": message["id"], "from": str(message["from"]), "type": message["type"],
                "body": message["body"], "replaces": replaced,
                "error": message["error"]["condition"] if message["type"] == "error" else None,
            })

    async def receipt(self, message):
        await self.note(self.receipts, {"id": message["receipt"], "from": str(message["from"])})

    async def composing(self, message):
        await self.note(self.states, {"from": str(message["from"]), "state": "composing"})

    async def displayed(self, message):
        await self.note(self.states, {"id": message["displayed"]["id"], "state": "displayed"})

    async def until(self, look):
        async with self.changed:
            async def wait():
                while (found := look()) is None:
                    await self.changed.wait()
                return found
            return await asyncio.wait_for(wait(), WAIT_SECS)

    async def says(self, to, body, id, replaces=None):
        message = self.make_message(mto=to, mbody=body, mtype="chat")
        message["id"] = id
        message["request_receipt"] = True
        if replaces:
            message["replace"]["id"] = replaces
        message.send()
        return {}

    async def types(self, to):
        message = self.make_message(mto=to, mtype="chat")
        message["chat_state"] = "composing"
        message.send()
        return {}

    async def reads(self, to, id):
        self["xep_0333"].send_marker(to, id, "displayed", mtype="chat")
        return {}

    async def hears(self, body):
        return await self.until(lambda: next((m for m in self.messages if body in m["body"] and m["type"] != "error"), None))

    async def hears_error(self, id):
        return await self.until(lambda: next((m for m in self.messages if m["id"] == id and m["type"] == "error"), None))

    async def heard(self):
        return {"messages": self.messages, "receipts": self.receipts}

    async def has_receipt(self, id):
        return await self.until(lambda: next((r for r in self.receipts if r["id"] == id), None))

    async def sees(self, state):
        return await self.until(lambda: next((s for s in self.states if s["state"] == state), None))


async def log_in(jid, password, host, port):
    person = Person(jid, password)
    started = asyncio.get_running_loop().create_future()
    person.add_event_handler("session_start", lambda _event: started.done() or started.set_result(None))
    # Within the test nothing is encrypted.
    person.enable_starttls = False
    person.enable_direct_tls = False
    person.enable_plaintext = True
    person["feature_mechanisms"].unencrypted_plain = True
    person["feature_mechanisms"].unencrypted_scram = True
    person.connect(host=host, port=port)
    await asyncio.wait_for(started, WAIT_SECS)
    person.send_presence()
    await person.get_roster()
    return person


async def main():
    person = None
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        do = command.pop("do")
        try:
            if do == "log_in":
                person = await log_in(**command)
                answer = {}
            else:
                answer = await getattr(person, do)(**command)
        except Exception as error:  # told to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main())

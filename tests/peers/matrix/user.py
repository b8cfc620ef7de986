"""A person on Matrix, with matrix-nio: a command per line of JSON on stdin, an answer per line on stdout.

Everything that other people did in this person's rooms is kept, so that a test can wait for it.
"""

import asyncio
import base64
import io
import json
import sys

import nio

# A gateway that dies with a message in hand holds it up until its claim runs out.
WAIT_SECS = 120
LINE_BYTES_MAX = 1 << 20


class Person:
    def __init__(self):
        self.client = None
        self.events = []
        self.typing = {}
        self.receipts = []
        self.changed = asyncio.Condition()

    async def login(self, homeserver, user, password):
        self.client = nio.AsyncClient(homeserver, user)
        answer = await self.client.login(password)
        good(answer, nio.LoginResponse)
        self.client.add_event_callback(self.saw, nio.Event)
        self.client.add_ephemeral_callback(self.passed, (nio.TypingNoticeEvent, nio.ReceiptEvent))
        await self.client.sync(timeout=0, full_state=True)
        self.syncing = asyncio.create_task(self.client.sync_forever(timeout=10_000))
        return {"user": answer.user_id}

    async def saw(self, room, event):
        async with self.changed:
            self.events.append({"room": room.room_id, **event.source})
            self.changed.notify_all()

    async def passed(self, room, event):
        async with self.changed:
            if isinstance(event, nio.TypingNoticeEvent):
                self.typing[room.room_id] = event.users
            else:
                for receipt in event.receipts:
                    self.receipts.append({"event": receipt.event_id, "user": receipt.user_id})
            self.changed.notify_all()

    async def until(self, look):
        async with self.changed:
            async def wait():
                while (found := look()) is None:
                    await self.changed.wait()
                return found
            return await asyncio.wait_for(wait(), WAIT_SECS)

    async def create_room(self, invite, direct=True, name=None):
        answer = await self.client.room_create(
            invite=invite, is_direct=direct, name=name,
            preset=nio.RoomPreset.trusted_private_chat if direct else nio.RoomPreset.private_chat,
        )
        return {"room": good(answer, nio.RoomCreateResponse).room_id}

    async def joined(self, room, user):
        """Waits until somebody is in the room."""
        def look():
            for event in self.events:
                if (event["room"] == room and event["type"] == "m.room.member"
                        and event["state_key"] == user and event["content"]["membership"] == "join"):
                    return {}
            return None
        return await self.until(look)

    async def join(self, room):
        good(await self.client.join(room), nio.JoinResponse)
        return {}

    async def leave(self, room):
        good(await self.client.room_leave(room), nio.RoomLeaveResponse)
        return {}

    async def kick(self, room, user):
        good(await self.client.room_kick(room, user), nio.RoomKickResponse)
        return {}

    async def invite(self, room, user):
        good(await self.client.room_invite(room, user), nio.RoomInviteResponse)
        return {}

    async def send(self, room, content, type="m.room.message"):
        answer = await self.client.room_send(room, type, content)
        return {"event": good(answer, nio.RoomSendResponse).event_id}

    async def send_file(self, room, name, media_type, msgtype, text="", data=None, info=None):
        """A file of this text, or of these bytes in base64."""
        data = text.encode() if data is None else base64.b64decode(data)
        answer, _keys = await self.client.upload(
            io.BytesIO(data), content_type=media_type, filename=name, filesize=len(data))
        content = {"msgtype": msgtype, "body": name, "url": good(answer, nio.UploadResponse).content_uri,
                   "info": {"mimetype": media_type, "size": len(data), **(info or {})}}
        return await self.send(room, content)

    async def redact(self, room, event):
        answer = await self.client.room_redact(room, event)
        return {"event": good(answer, nio.RoomRedactResponse).event_id}

    async def reads(self, room, event):
        answer = await self.client.update_receipt_marker(room, event)
        good(answer, nio.UpdateReceiptMarkerResponse)
        return {}

    async def types(self, room):
        good(await self.client.room_typing(room, True), nio.RoomTypingResponse)
        return {}

    async def hears(self, room, sender, contains="", type="m.room.message", count=1):
        """Waits until the sender said so many things that contain this, and tells all of them."""
        def look():
            found = [event for event in self.events
                     if event["room"] == room and event["sender"] == sender and event["type"] == type
                     and contains in json.dumps(event["content"], ensure_ascii=False)]
            return {"events": found} if len(found) >= count else None
        return await self.until(look)

    async def sees_typing(self, room, user):
        return await self.until(lambda: {} if user in self.typing.get(room, []) else None)

    async def sees_receipt(self, event, user):
        receipt = {"event": event, "user": user}
        return await self.until(lambda: {} if receipt in self.receipts else None)

    async def download(self, url):
        answer = await self.client.download(mxc=url)
        return {"text": good(answer, nio.DownloadResponse).body.decode(), "type": answer.content_type}

    async def displayname(self, user):
        answer = await self.client.get_displayname(user)
        return {"name": good(answer, nio.ProfileGetDisplayNameResponse).displayname}

    async def invited(self):
        """Waits for an invitation."""
        deadline = asyncio.get_running_loop().time() + WAIT_SECS
        while not self.client.invited_rooms:
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError("no invitation")
            await self.client.synced.wait()
        return {"rooms": list(self.client.invited_rooms)}


def good(answer, wanted):
    if not isinstance(answer, wanted):
        raise RuntimeError(str(answer))
    return answer


async def main():
    person = Person()
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        try:
            answer = await getattr(person, command.pop("do"))(**command)
        except Exception as error:  # told to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main())

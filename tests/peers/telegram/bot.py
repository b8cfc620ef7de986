"""python-telegram-bot as a judge: does it take the stand-in for Telegram, and what does it see in an update?

What to do comes as a line of JSON on stdin; the answer leaves as one on stdout.
"""

import asyncio
import json
import sys

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, Update
from telegram.error import BadRequest, Forbidden, RetryAfter
from telegram.request import HTTPXRequest


class Judge:
    def __init__(self):
        self.bot = None

    async def open(self, question):
        url, token = question["url"], question["token"]
        request = HTTPXRequest(read_timeout=10)
        self.bot = Bot(token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot",
                       request=request, get_updates_request=HTTPXRequest(read_timeout=10))
        await self.bot.initialize()
        return {"username": self.bot.username, "id": self.bot.id}

    async def updates(self, question):
        updates = await self.bot.get_updates(offset=question.get("offset"), timeout=1)
        return {"updates": [{"id": u.update_id, "text": u.effective_message.text,
                             "name": u.effective_user.full_name} for u in updates]}

    async def send(self, question):
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("好", callback_data="rate:5")]])
        try:
            sent = await self.bot.send_message(question["chat"], question["text"], reply_markup=keyboard)
        except Forbidden as error:
            return {"forbidden": error.message}
        except RetryAfter as error:
            return {"retry_after": int(error._retry_after.total_seconds())
                    if hasattr(error._retry_after, "total_seconds") else int(error._retry_after)}
        except BadRequest as error:
            return {"bad": error.message}
        return {"id": sent.message_id, "chat": sent.chat.id, "text": sent.text}

    async def rest(self, question):
        """Everything else that the adapter calls."""
        chat = question["chat"]
        done = [
            await self.bot.delete_webhook(),
            await self.bot.send_chat_action(chat, "typing"),
            await self.bot.set_message_reaction(chat, 7, "👍"),
            await self.bot.delete_message(chat, 7),
            await self.bot.answer_callback_query("43"),
        ]
        await self.bot.edit_message_text("other", chat, 7)
        await self.bot.send_document(chat, b"0123456789", filename="申请表.pdf")
        file = await self.bot.get_file("f1")
        content = await file.download_as_bytearray()
        info = await self.bot.get_webhook_info()
        return {"done": all(done), "bytes": len(content), "pending": info.pending_update_count}

    async def read(self, question):
        """An update as this library reads it."""
        update = Update.de_json(question["update"], Bot("1:x"))
        message = update.message or update.edited_message
        mentions = []
        if message:
            kinds = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION, MessageEntity.BOT_COMMAND,
                     MessageEntity.TEXT_LINK]
            text, caption = message.parse_entities(kinds), message.parse_caption_entities(kinds)
            mentions = list(text.values()) + list(caption.values())
        seen = {"id": update.update_id, "parts": mentions}
        if update.effective_user:
            seen["user"], seen["name"] = update.effective_user.id, update.effective_user.full_name
        if update.effective_chat:
            seen["chat"] = update.effective_chat.id
        if message and message.photo:
            seen["photo"] = max(message.photo, key=lambda size: size.width).file_id
        if update.callback_query:
            seen["data"] = update.callback_query.data
        return seen


async def main():
    judge, loop = Judge(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        question = json.loads(line)
        try:
            answer = await getattr(judge, question["do"])(question)
        except Exception as error:  # whatever it is, the test shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


asyncio.run(main())

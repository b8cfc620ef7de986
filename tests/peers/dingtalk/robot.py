"""A robot built with DingTalk's own kit (dingtalk-stream). It prints what it hears, one JSON a line,
answers by the session webhook, and asks where a picture lies. Its servers are named by
DINGTALK_OPENAPI_ENDPOINT."""

import asyncio
import json
import sys

import dingtalk_stream
from dingtalk_stream import AckMessage, ChatbotMessage


def tell(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


class Robot(dingtalk_stream.ChatbotHandler):
    async def process(self, callback):
        message = ChatbotMessage.from_dict(callback.data)
        texts, pictures = message.get_text_list() or [], message.get_image_list() or []
        tell(id=message.message_id, texts=texts, sender=message.sender_staff_id)
        for code in pictures:
            tell(picture=self.get_image_download_url(code))
        if message.session_webhook:
            tell(replied=self.reply_text("已收到", message))
        return AckMessage.STATUS_OK, "OK"


credential = dingtalk_stream.Credential(sys.argv[1], sys.argv[2])
client = dingtalk_stream.DingTalkStreamClient(credential)
client.register_callback_handler(ChatbotMessage.TOPIC, Robot())
asyncio.run(client.start())

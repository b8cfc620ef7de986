"""A robot built with Feishu's own kit (lark-oapi) over the long connection. It prints what it hears, one
JSON a line."""

import json
import sys

import lark_oapi as lark
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse


def tell(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


def heard(data):
    message = data.event.message
    tell(id=message.message_id, content=message.content, sender=data.event.sender.sender_id.open_id)


def pressed(data):
    tell(pressed=data.event.action.value)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "已收到"}})


domain, app, secret = sys.argv[1:]
handler = lark.EventDispatcherHandler.builder("", "").register_p2_im_message_receive_v1(heard)
handler = handler.register_p2_card_action_trigger(pressed).build()
lark.ws.Client(app, secret, event_handler=handler, domain=domain).start()
